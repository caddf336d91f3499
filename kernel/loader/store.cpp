// loader/store.cpp: see store.hpp.
#include "loader/store.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>

#include "base/file.hpp"
#include "base/hash.hpp"

namespace socle::loader {
namespace {

namespace fs = std::filesystem;

// Of the process, not of the Store: a name must never come twice while its library may still be mapped.
std::atomic<std::uint64_t> next_sequence{1};

Error failure(const fs::path& path, std::string_view doing, const std::error_code& error) {
  return Error{Code::internal, std::string(doing) + " '" + path.string() + "': " + error.message()};
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Status make_private(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return failure(folder, "make the folder", error);
  return {};
}

// Deletes the entries of a folder that `is_left_over` names; only regular files and links, never folders.
template <class Predicate>
Status sweep(const fs::path& folder, Predicate is_left_over) {
  std::error_code error;
  std::vector<fs::path> left;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_left_over(entry->path().filename().string())) left.push_back(entry->path());
  }
  for (const fs::path& path : left) {
    if (!error && !fs::is_directory(fs::symlink_status(path, error))) fs::remove(path, error);
  }
  if (error) return failure(folder, "clean the folder", error);
  return {};
}

}  // namespace

Result<Store> Store::open(const fs::path& data) {
  std::error_code error;
  for (const char* name : {"store", "gen"}) {
    if (auto made = make_private(data / name); !made) return made.error();
  }
  // Canonical, because the process map names files so.
  Store store(fs::canonical(data, error));
  if (error) return failure(data, "resolve the data folder", error);
  if (auto swept = sweep(store.data_ / "gen", [](const std::string&) { return true; }); !swept) return swept.error();
  const auto temporary = [](const std::string& name) { return name.find(".tmp-") != std::string::npos; };
  if (auto swept = sweep(store.data_ / "store", temporary); !swept) return swept.error();
  return store;
}

fs::path Store::file(const std::string& sha256, const char* extension) const {
  return data_ / "store" / (sha256 + extension);
}

Status Store::put(const Verified& verified) const {
  const fs::path library = file(verified.sha256, ".so");
  if (!base::holds(library, verified.bytes)) {
    if (auto wrote = base::write_file_atomic(library, verified.bytes, 0400); !wrote) return wrote;
  }
  if (!verified.signature) return {};
  return base::write_file_atomic(file(verified.sha256, ".sig"), *verified.signature, 0400);
}

Result<Verified> Store::get(const std::string& sha256, const Expected& expected, const Policy& policy) const {
  if (!is_hash(sha256)) return Error{Code::invalid, "'" + sha256 + "' is no SHA-256; wanted 64 lower-case hex digits"};
  auto bytes = base::read_file(file(sha256, ".so"), max_library_size);
  if (!bytes) return std::move(bytes).error().context("read the stored library");
  const auto hash = base::sha256_hex(*bytes);
  if (!hash) return hash.error();
  if (*hash != sha256) {
    return Error{Code::data_loss, "stored library " + sha256 + " is damaged: its bytes have SHA-256 " + *hash +
                                      "; load the plugin again from its folder"};
  }
  std::optional<std::string> signature;
  if (auto text = base::read_file(file(sha256, ".sig"), 4096)) signature = std::move(*text);
  Report report = inspect(std::move(*bytes), signature, expected, policy);
  if (!report.verified) return to_error(report.findings, expected.plugin);
  return std::move(*report.verified);
}

Status Store::keep_only(const std::set<std::string>& needed) const {
  return sweep(data_ / "store", [&](const std::string& name) {
    const std::string hash = name.substr(0, name.find('.'));
    return is_hash(hash) && !needed.contains(hash);
  });
}

Result<Copy> Store::copy(const Verified& verified) const {
  if (!is_hash(verified.sha256)) return Error{Code::internal, "copy a library that was never verified"};
  Copy copy;
  copy.sequence = next_sequence.fetch_add(1);
  copy.sha256 = verified.sha256;
  copy.path = data_ / "gen" / (std::to_string(copy.sequence) + "-" + verified.sha256.substr(0, 12) + ".so");
  if (auto made = base::create_file(copy.path, verified.bytes, 0500); !made) return made.error();
  return copy;
}

}  // namespace socle::loader
