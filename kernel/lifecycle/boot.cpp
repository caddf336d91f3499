// boot.cpp: the first change set of a process, and the end of all plugins. Called by main().
#include <algorithm>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {

// A canary that was promoted before the restart stays; one that was not begins with the next `socle apply`.
Result<Package> Lifecycle::boot_package(const manifest::PluginEntry& entry, const manifest::SystemManifest& system,
                                        const LastGood* kept) const {
  auto first = read_package(entry.path, entry, system);
  if (!first || !entry.canary) return first;
  manifest::PluginEntry terms = entry;
  terms.name = first->manifest->plugin;
  auto second = read_package(entry.canary->path, terms, system);
  const auto served = [&](const Package& p) { return second && same_package(p, *second); };
  if (kept != nullptr && std::any_of(kept->set.begin(), kept->set.end(), served)) return second;
  telemetry::Log::get().write(telemetry::Level::info, "a canary is not begun by a start; `socle apply` begins it",
                              {{"plugin", *terms.name}, {"path", entry.canary->path.string()}});
  return first;
}

// The entries of the system manifest and, where that is possible, what lies in the watched folders; what does not start
// there is left out and met again by follow_directories().
Status Lifecycle::boot_from(const manifest::SystemManifest& system, const LastGood* kept) {
  ChangeSet set;
  std::string problems;
  for (const auto& entry : system.plugins) {
    auto package = boot_package(entry, system, kept);
    if (package) {
      set.put.push_back(std::move(*package));
    } else {
      problems += (problems.empty() ? "" : "\n") + package.error().message;
    }
  }
  if (!problems.empty()) return Error{Code::invalid, problems};
  settle_crashed(set.put);
  DropIn::Round round = drop_in_.look(system.watch.directories);
  std::vector<Taken> dropped = read_dropped(round, system, {});
  std::erase_if(dropped, [&](const Taken& t) { return puts(set.put, t.package.manifest->plugin); });
  ChangeSet with = set;
  if (!dropped.empty()) add_what_fits(with, dropped, {});
  if (!dropped.empty()) {
    settle_crashed(with.put);
    const auto done = change(std::move(with));
    if (done) {
      take_over(dropped);
      return {};
    }
    telemetry::Log::get().write(
        telemetry::Level::error,
        "the plugins of the watched directories do not start and are left out: " + done.error().message,
        {{"code", to_string(done.error().code)}});
  }
  if (auto done = change(std::move(set)); !done) return std::move(done).error();
  return {};
}

Status Lifecycle::boot() {
  const std::lock_guard change_lock(change_mutex_);
  const auto kept = last_good();
  const Status booted = boot_from(system(), kept ? &*kept : nullptr);
  if (booted) {
    if (kept) remember_previous(*kept);
    keep_last_good();
    return {};
  }
  const std::string problems = booted.error().message;
  if (!kept) return Error{Code::invalid, problems};
  telemetry::Log::get().write(telemetry::Level::error,
                              "the system manifest's plugins do not start; using the last good set",
                              {{"reason", problems}});
  ChangeSet good;
  good.put = kept->set;
  settle_crashed(good.put);
  if (auto done = change(std::move(good)); !done)
    return Error{Code::invalid, problems + "\nand the last good set does not start either: " + done.error().message};
  remember_previous(*kept);
  return {};
}

void Lifecycle::shut_down() {
  if (stopping_.exchange(true)) return;
  changed_.notify_all();
  if (health_.joinable()) health_.join();
  std::unique_lock change_lock(change_mutex_);
  Members left = members_copy();
  const auto packages = packages_of(left);
  auto order = start_order(packages);
  std::vector<std::string> names;
  for (const Package* p : order ? *order : packages) names.push_back(p->manifest->plugin);
  // What serves a listener goes first, so that requests under way still meet the services they call.
  std::stable_partition(names.begin(), names.end(),
                        [&left](const std::string& name) { return left[name].primary->package.entry.listen.empty(); });
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    const Member gone = left[*it];
    left.erase(*it);
    install(left, system());
    for (const RecordPtr& record : {gone.canary, gone.primary}) {
      if (record == nullptr) continue;
      retire(record);
      await_retired(*record);
    }
  }
  change_lock.unlock();  // judges of canaries need it to see that theirs is gone
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return retiring_ == 0 && judging_ == 0; });
  }
  for (const Resident& handle : handles_) {
    telemetry::Log::get().write(telemetry::Level::warn, "a resident handle stays: its plugin could not be stopped",
                                {{"plugin", handle.plugin}, {"handle", handle.name}});
  }
}

}  // namespace socle::lifecycle
