#include "cli/model_files.hpp"

#include <algorithm>
#include <map>

#include "base/file.hpp"
#include "socle/json/document.hpp"

namespace socle::cli {
namespace {

constexpr std::size_t max_file = std::size_t{1} << 19U;
constexpr std::size_t max_files = 10'000;

// A form or a policy may have `rules` too, so these keys come first.
constexpr std::pair<std::string_view, std::string_view> name_keys[] = {
    {"form", "forms"}, {"policy", "policies"}, {"rules", "rules"}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\"'";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// The value of a top-level key with a plain value, "" when there is none.
std::string_view yaml_value(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(key) || line.substr(key.size(), 1) != ":") continue;
    line.remove_prefix(key.size() + 1);
    if (const auto comment = line.find(" #"); comment != std::string_view::npos) line = line.substr(0, comment);
    return trimmed(line);
  }
  return {};
}

int rank(const ModelFile& file) { return file.kind == "forms" ? 1 : 0; }

}  // namespace

void identify(ModelFile& file) {
  const auto document = file.json ? json::Document::parse(file.text) : Result<json::Document>(json::Document());
  for (const auto& [key, kind] : name_keys) {
    const std::string_view value =
        file.json ? (document ? document->root().find(key).as_string() : "") : yaml_value(file.text, key);
    if (value.empty() || value.front() == '[' || value.front() == '{') continue;
    file.kind = kind;
    file.name = value;
    return;
  }
}

Result<std::vector<ModelFile>> read_models(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (auto at = std::filesystem::recursive_directory_iterator(folder, error);
       !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    const std::string extension = at->path().extension().string();
    if (at->is_regular_file(error) && (extension == ".yaml" || extension == ".yml" || extension == ".json"))
      paths.push_back(at->path());
    if (paths.size() > max_files) return Error{Code::too_large, folder.string() + " holds more than 10,000 files"};
  }
  if (error) return Error{Code::not_found, "read folder " + folder.string() + ": " + error.message()};
  std::sort(paths.begin(), paths.end());
  std::vector<ModelFile> models;
  std::map<std::string, std::string> seen;
  std::string problems;
  for (const auto& path : paths) {
    auto text = base::read_file(path, max_file);
    if (!text) return text.error();
    ModelFile file{path.lexically_relative(folder), {}, {}, std::move(*text), path.extension() == ".json"};
    identify(file);
    if (file.kind.empty()) {
      problems += file.path.string() + ": no top-level key says which model it is; wanted form, rules or policy\n";
    } else if (const auto [first, fresh] = seen.emplace(file.key(), file.path.string()); !fresh) {
      problems += file.path.string() + ": " + file.key() + " is in " + first->second + " already\n";
    } else {
      models.push_back(std::move(file));
    }
  }
  if (!problems.empty()) return Error{Code::invalid, problems.substr(0, problems.size() - 1)};
  if (models.empty()) return Error{Code::not_found, folder.string() + " holds no model (*.yaml, *.yml, *.json)"};
  std::stable_sort(models.begin(), models.end(),
                   [](const ModelFile& a, const ModelFile& b) { return rank(a) < rank(b); });
  return models;
}

Status write_model(const std::filesystem::path& folder, const ModelFile& model) {
  const auto below = folder / model.kind;
  std::error_code error;
  std::filesystem::create_directories(below, error);
  if (error) return Error{Code::unavailable, "make folder " + below.string() + ": " + error.message()};
  return base::write_file_atomic(below / (model.name + (model.json ? ".json" : ".yaml")), model.text);
}

}  // namespace socle::cli
