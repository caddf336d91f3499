// boot.cpp: the first change set of a process, and the end of all plugins. Called by main().
#include <algorithm>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {

// The entries of the system manifest and, where that is possible, what lies in the watched folders; what does not start
// there is left out and met again by follow_directories().
Status Lifecycle::boot_from(const manifest::SystemManifest& system) {
  ChangeSet set;
  std::string problems;
  for (const auto& entry : system.plugins) {
    auto package = read_package(entry.path, entry, system);
    if (package) {
      set.put.push_back(std::move(*package));
    } else {
      problems += (problems.empty() ? "" : "\n") + package.error().message;
    }
  }
  if (!problems.empty()) return Error{Code::invalid, problems};
  DropIn::Round round = drop_in_.look(system.watch.directories);
  std::vector<Taken> dropped = read_dropped(round, system, {});
  std::erase_if(dropped, [&](const Taken& t) { return puts(set.put, t.package.manifest->plugin); });
  ChangeSet with = set;
  if (!dropped.empty()) add_what_fits(with, dropped, {});
  if (!dropped.empty()) {
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
  const Status booted = boot_from(system());
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
  if (auto done = change(std::move(good)); !done)
    return Error{Code::invalid, problems + "\nand the last good set does not start either: " + done.error().message};
  remember_previous(*kept);
  return {};
}

void Lifecycle::shut_down() {
  if (stopping_.exchange(true)) return;
  changed_.notify_all();
  if (health_.joinable()) health_.join();
  const std::lock_guard change_lock(change_mutex_);
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
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return retiring_ == 0; });
  }
  for (const Resident& handle : handles_) {
    telemetry::Log::get().write(telemetry::Level::warn, "a resident handle stays: its plugin could not be stopped",
                                {{"plugin", handle.plugin}, {"handle", handle.name}});
  }
}

}  // namespace socle::lifecycle
