#include "cli/scaffold.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/file.hpp"
#include "manifest/names.hpp"
#include "manifest/problems.hpp"

namespace socle::cli {
namespace {

namespace fs = std::filesystem;
constexpr size_t file_limit = size_t{1} << 20;

// A name whose parts make a C++ class: a1-b2, not a--b or a-.
bool is_joined_words(const std::string& name) {
  return manifest::is_name(name) && !name.ends_with('-') && name.find("--") == std::string::npos;
}

// The plugin is a CMake target of its name, and these are CMake's own (`test` with CTest, `package` with CPack).
bool is_taken_by_cmake(std::string_view name) {
  constexpr std::array<std::string_view, 7> taken{"all", "clean", "help", "install", "package", "preinstall", "test"};
  return std::find(taken.begin(), taken.end(), name) != taken.end();
}

struct Names {
  std::string name, file, type;
};

Names names_of(const std::string& name) {
  Names names{name, name, {}};
  std::replace(names.file.begin(), names.file.end(), '-', '_');
  bool first = true;
  for (const char c : name) {
    if (c != '-') names.type += first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    first = c == '-';
  }
  return names;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

Status write_files(const fs::path& scaffold, const Names& names, Scaffolded& made) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(scaffold, error)) {
    auto text = base::read_file(entry.path(), file_limit);
    if (!text) return std::move(text).error().context("read the template");
    replace_all(*text, "@name@", names.name);
    replace_all(*text, "@file@", names.file);
    replace_all(*text, "@Class@", names.type);
    std::string file = entry.path().filename().string();
    if (file.starts_with("plugin")) file = names.file + file.substr(6);
    if (auto written = base::create_file(made.folder / file, *text, 0644); !written) return written;
    made.files.push_back(file);
  }
  if (error) return Error{Code::unavailable, "read the template " + scaffold.string() + ": " + error.message()};
  std::sort(made.files.begin(), made.files.end());
  return {};
}

}  // namespace

Result<fs::path> find_scaffold(const fs::path& executable) {
  const fs::path installed = executable.parent_path().parent_path() / "share" / "socle" / "scaffold";
  std::error_code error;
  for (const fs::path& candidate : {installed, fs::path(SOCLE_SCAFFOLD)}) {
    if (fs::is_regular_file(candidate / "plugin.cpp", error)) return candidate;
  }
  return Error{Code::not_found, "no plugin template found in " + installed.string() +
                                    "; install the SDK into the same prefix as socle (cmake --install BUILD)"};
}

Result<Scaffolded> make_plugin(const fs::path& scaffold, const std::string& name, const fs::path& folder) {
  if (!is_joined_words(name))
    return Error{Code::invalid, "plugin name: found " + manifest::in_quotes(name) +
                                    ", wanted lower-case words joined by '-', at most 64 characters, such as "
                                    "stock-keeper"};
  if (is_taken_by_cmake(name))
    return Error{Code::invalid, "plugin name: " + manifest::in_quotes(name) +
                                    " is a target of CMake itself, so no plugin's build can have it; wanted another, "
                                    "such as " +
                                    name + "-records"};
  std::error_code error;
  const bool there = fs::exists(folder, error);
  if (there && !fs::is_directory(folder, error))
    return Error{Code::conflict,
                 folder.string() + ": found a file, wanted a new or empty folder; choose another --dir"};
  if (there && !fs::is_empty(folder, error))
    return Error{Code::conflict,
                 folder.string() + ": found files in it, wanted a new or empty folder; choose another --dir"};
  fs::create_directories(folder, error);
  if (error) return Error{Code::unavailable, "make the folder " + folder.string() + ": " + error.message()};
  Scaffolded made{folder, {}};
  if (auto written = write_files(scaffold, names_of(name), made); !written) {
    for (const std::string& file : made.files) fs::remove(folder / file, error);
    if (!there) fs::remove(folder, error);
    return std::move(written).error();
  }
  return made;
}

}  // namespace socle::cli
