// follow.cpp: the plugins follow the folders under `watch.directories`. A folder's package is on the terms of its entry
// in the system manifest when it has one; else on those of `socle plugin load`: naming the folder under
// `watch.directories` is the operator's word. Acts on what changed in the folders only, so that a swap or rollback by
// hand stands until the folder changes again. What does not verify or fit is left out, the rest is one change set.
#include <algorithm>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

namespace fs = std::filesystem;

const manifest::PluginEntry* entry_of(const manifest::SystemManifest& system, const fs::path& folder) {
  for (const auto& entry : system.plugins) {
    if (entry.path.lexically_normal() == folder) return &entry;
  }
  return nullptr;
}

void say(const std::string& text, const std::string& plugin, const fs::path& folder) {
  telemetry::Log::get().write(telemetry::Level::info, text, {{"plugin", plugin}, {"path", folder.string()}});
}

}  // namespace

bool dropped_in(const Package& package, const manifest::SystemManifest& system) {
  const auto& folders = system.watch.directories;
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    return without_last_slash(folder) == package.entry.path.parent_path();
  });
}

void Lifecycle::refuse_folder(const fs::path& folder, const std::string& plugin, const Error& why) {
  if (!drop_in_.is_news(folder.string(), why.message)) return;
  telemetry::Log::get().write(telemetry::Level::warn, "watched directory: refused: " + why.message,
                              {{"plugin", plugin}, {"path", folder.string()}, {"code", to_string(why.code)}});
}

Result<Package> Lifecycle::read_dropped_package(const fs::path& folder, const manifest::SystemManifest& system,
                                                const Members& now) const {
  const manifest::PluginEntry* entry = entry_of(system, folder);
  auto package = read_package(folder, entry != nullptr ? *entry : manifest::PluginEntry{}, system, entry == nullptr);
  if (!package) return package;
  const std::string& name = package->manifest->plugin;
  if (const fs::path rival = drop_in_.rival(folder, name); !rival.empty())
    return Error{Code::conflict, "plugin '" + name + "' lies in both " + rival.string() + " and " + folder.string() +
                                     "; keep one of the two folders"};
  const auto it = now.find(name);
  if (it == now.end()) return package;
  const fs::path served = it->second.primary->package.entry.path.lexically_normal();
  if (served != folder && entry_of(system, served) != nullptr)
    return Error{Code::conflict, "plugin '" + name + "' has an entry in the system manifest, with path " +
                                     served.string() + "; change that entry, or remove this folder"};
  return package;
}

std::vector<Lifecycle::Taken> Lifecycle::read_dropped(DropIn::Round& round, const manifest::SystemManifest& system,
                                                      const Members& now) {
  std::vector<Taken> out;
  for (const fs::path& folder : round.changed) {
    auto package = read_dropped_package(folder, system, now);
    if (!drop_in_.same_still(folder)) {
      round.again = true;  // replaced while it was read: neither good nor bad yet
      continue;
    }
    if (!package) {
      refuse_folder(folder, "", package.error());
      continue;
    }
    const std::string name = package->manifest->plugin;
    const auto twin =
        std::find_if(out.begin(), out.end(), [&](const Taken& t) { return t.package.manifest->plugin == name; });
    if (twin != out.end()) {
      refuse_folder(folder, name,
                    {Code::conflict, "plugin '" + name + "' lies in both " + twin->folder.string() + " and " +
                                         folder.string() + "; keep one of the two folders"});
      continue;
    }
    const auto it = now.find(name);
    if (it != now.end() && same_package(it->second.primary->package, *package)) {
      drop_in_.taken(folder, name);
      continue;
    }
    if (it != now.end() && it->second.canary != nullptr) {
      round.again = true;  // its verdict first
      continue;
    }
    out.push_back({folder, std::move(*package)});
  }
  return out;
}

std::vector<std::string> Lifecycle::removed_folders(const DropIn::Round& round, const manifest::SystemManifest& system,
                                                    const Members& now) {
  std::vector<std::string> removed;
  for (const auto& [name, member] : now) {
    const fs::path folder = member.primary->package.entry.path.lexically_normal();
    if (round.readable.contains(folder.parent_path()) && !round.present.contains(folder) &&
        entry_of(system, folder) == nullptr && member.canary == nullptr)
      removed.push_back(name);
  }
  // One that stays keeps what it needs.
  for (bool again = true; again;) {
    again = false;
    for (auto it = removed.begin(); it != removed.end() && !again;) {
      const std::string needed = dependants(now, *it, removed);
      if (needed.empty()) {
        ++it;
        continue;
      }
      refuse_folder(now.at(*it).primary->package.entry.path, *it,
                    {Code::conflict, "plugin '" + *it + "' is required by " + needed +
                                         "; it serves on although its folder was removed; remove them first"});
      removed.erase(it);
      again = true;
    }
  }
  return removed;
}

// All candidates where they make a system together; else as many as do, each left out with its own reason.
void Lifecycle::add_what_fits(ChangeSet& set, std::vector<Taken>& candidates, const Members& now) {
  ChangeSet whole = set;
  for (const Taken& t : candidates) whole.put.push_back(t.package);
  if (plan(whole, now)) {
    set = std::move(whole);
    return;
  }
  std::vector<Taken> left = std::move(candidates);
  candidates.clear();
  std::string why;
  for (bool progress = true; progress;) {
    progress = false;
    for (auto it = left.begin(); it != left.end();) {
      set.put.push_back(it->package);
      if (plan(set, now)) {
        candidates.push_back(std::move(*it));
        it = left.erase(it);
        progress = true;
      } else {
        set.put.pop_back();
        ++it;
      }
    }
  }
  for (const Taken& t : left) {
    ChangeSet with = set;
    with.put.push_back(t.package);
    if (const auto fit = plan(with, now); !fit) refuse_folder(t.folder, t.package.manifest->plugin, fit.error());
  }
}

void Lifecycle::take_over(const std::vector<Taken>& candidates) {
  for (const Taken& t : candidates) drop_in_.taken(t.folder, t.package.manifest->plugin);
}

bool Lifecycle::follow_directories() {
  const std::lock_guard change_lock(change_mutex_);
  if (stopping_) return false;
  const manifest::SystemManifest system = this->system();
  const Members now = members_copy();
  DropIn::Round round = drop_in_.look(system.watch.directories);
  for (const std::string& problem : round.problems) {
    if (drop_in_.is_news(problem, problem)) telemetry::Log::get().write(telemetry::Level::warn, problem);
  }
  std::vector<Taken> candidates = read_dropped(round, system, now);
  ChangeSet set;
  set.remove = removed_folders(round, system, now);
  for (const Taken& t : candidates) std::erase(set.remove, t.package.manifest->plugin);  // it has moved
  add_what_fits(set, candidates, now);
  if (set.put.empty() && set.remove.empty()) return round.again;
  if (!has_room(set)) return true;
  std::string names;
  for (const Taken& t : candidates) names += (names.empty() ? "" : ", ") + t.package.manifest->plugin;
  for (const std::string& name : set.remove) names += (names.empty() ? "" : ", ") + name;
  auto outcome = change(std::move(set));
  if (!outcome) {
    const Error& why = outcome.error();
    if (drop_in_.is_news("change set", why.message))
      telemetry::Log::get().write(telemetry::Level::warn,
                                  "watched directory: change set refused, nothing was changed: " + why.message,
                                  {{"plugins", names}, {"code", to_string(why.code)}});
    return round.again;
  }
  drop_in_.forget_news("change set");
  take_over(candidates);
  settle_all(*outcome);
  for (const Staged& s : outcome->staged)
    say("watched directory: " + std::string(s.old == nullptr ? "loaded" : "swapped"), s.name,
        s.record->package.entry.path);
  for (const RecordPtr& gone : outcome->removed) {
    drop_in_.forget_news(gone->package.entry.path.string());
    say("watched directory: unloaded", gone->name(), gone->package.entry.path);
  }
  return round.again;
}

}  // namespace socle::lifecycle
