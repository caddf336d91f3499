#include "lifecycle/drop_in.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "base/file.hpp"
#include "manifest/plugin_manifest.hpp"
#include "telemetry/clock.hpp"

namespace socle::lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_files = 1024;  // of a package that are looked at
constexpr int64_t old_enough = 1'000'000'000;
constexpr int misses_until_gone = 2;  // `rm -r X; cp -r new X` is a replacement

// Whoever may write into a watched folder decides what code runs in the kernel.
std::string unfit(const fs::path& folder) {
  struct stat facts {};
  const std::string name = "watched directory '" + folder.string() + "'";
  if (::stat(folder.c_str(), &facts) != 0) return name + ": " + std::generic_category().message(errno);
  if (!S_ISDIR(facts.st_mode)) return name + " is not a directory";
  if ((facts.st_mode & S_IWOTH) != 0)
    return name + " may be written by everybody, who would so load code into the kernel; do: chmod o-w";
  return {};
}

}  // namespace

fs::path without_last_slash(const fs::path& folder) {
  const fs::path normal = folder.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

DropIn::Files DropIn::files_of(const fs::path& folder) {
  Files files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && files.size() < most_files;
       entry.increment(error)) {
    std::error_code ignored;  // it may vanish meanwhile
    if (!entry->is_regular_file(ignored)) continue;
    if (const auto look = manifest::look_at(entry->path()); look) files[entry->path().filename().string()] = *look;
  }
  return files;
}

void DropIn::look_into(const fs::path& folder, Round& round) {
  Files files = files_of(folder);
  if (!files.contains(std::string(manifest::plugin_manifest_name))) return;
  round.present.insert(folder);
  Known& known = known_[folder];
  known.missed = 0;
  const bool seen_before = known.seen == files;
  known.seen = std::move(files);
  if (known.seen == known.taken) return;
  const int64_t now = telemetry::utc_now();
  const auto whole = [&](const auto& file) {
    const auto& [name, look] = file;
    return (seen_before || now - look.changed_at > old_enough) && !base::is_being_written(folder / name);
  };
  if (std::all_of(known.seen.begin(), known.seen.end(), whole)) {
    round.changed.push_back(folder);
  } else {
    round.again = true;
  }
}

DropIn::Round DropIn::look(const std::vector<fs::path>& folders) {
  Round round;
  for (const fs::path& given : folders) {
    const fs::path folder = without_last_slash(given);
    if (std::string why = unfit(folder); !why.empty()) {
      round.problems.push_back(std::move(why));
      continue;
    }
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (!entry->path().filename().string().starts_with('.') && entry->is_directory(ignored))
        found.push_back(entry->path());
    }
    if (error) {
      round.problems.push_back("watched directory '" + folder.string() + "': " + error.message());
      continue;
    }
    round.readable.insert(folder);
    std::sort(found.begin(), found.end());
    for (const fs::path& package : found) look_into(package, round);
  }
  for (auto it = known_.begin(); it != known_.end();) {
    const auto& [folder, known] = *it;
    if (round.present.contains(folder) || !round.readable.contains(folder.parent_path())) {
      ++it;
    } else if (++it->second.missed < misses_until_gone) {
      round.present.insert(folder);
      round.again = true;
      ++it;
    } else {
      told_.erase(folder.string());
      it = known_.erase(it);
    }
  }
  return round;
}

bool DropIn::same_still(const fs::path& folder) const {
  const auto it = known_.find(folder);
  return it != known_.end() && files_of(folder) == it->second.seen;
}

void DropIn::taken(const fs::path& folder, const std::string& plugin) {
  Known& known = known_[folder];
  known.taken = known.seen;
  known.plugin = plugin;
  told_.erase(folder.string());
}

fs::path DropIn::rival(const fs::path& folder, const std::string& plugin) const {
  for (const auto& [other, known] : known_) {
    if (other != folder && known.missed == 0 && known.plugin == plugin) return other;
  }
  return {};
}

bool DropIn::is_news(const std::string& subject, const std::string& text) {
  std::string& told = told_[subject];
  if (told == text) return false;
  told = text;
  return true;
}

}  // namespace socle::lifecycle
