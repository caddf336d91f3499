// commands.cpp: what an operator may ask for; each is one change set.
#include <algorithm>

#include "crash/record.hpp"
#include "lifecycle/lifecycle.hpp"
#include "lifecycle/refusal.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

Error not_loaded(const std::string& name) {
  return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin list` names those that are"};
}

Result<SwapReport> logged(std::string_view command, const std::string& plugin, const std::string& path,
                          Result<SwapReport> result) {
  if (!result) log_refused(command, result.error(), plugin, path);
  return result;
}

}  // namespace

void log_refused(std::string_view command, const Error& why, const std::string& plugin, const std::string& path) {
  telemetry::Log::get().write(telemetry::Level::warn,
                              "change set refused: " + std::string(command) + ": " + why.message,
                              {{"plugin", plugin}, {"path", path}, {"code", to_string(why.code)}});
}

Result<SwapReport> Lifecycle::load(const std::filesystem::path& folder, std::optional<manifest::Home> home) {
  return logged("load", "", folder.string(), try_load(folder, home));
}

Result<SwapReport> Lifecycle::unload(const std::string& name) { return logged("unload", name, "", try_unload(name)); }

Result<SwapReport> Lifecycle::swap(const std::string& name, const std::filesystem::path& folder,
                                   const SwapOptions& options) {
  return logged("swap", name, folder.string(), try_swap(name, folder, options));
}

Result<SwapReport> Lifecycle::rollback(const std::string& name) {
  return logged("rollback", name, "", try_rollback(name));
}

// Then, with the change lock given back, waits for the old generation's end. The report is of the set's first package.
SwapReport Lifecycle::settle(std::unique_lock<std::mutex> change_lock, const Outcome& outcome, std::string verdict) {
  settle_all(outcome);
  // The operator has decided anew about it.
  if (auto record = crash::Record::open(system().data); record.forget(outcome.staged.front().name))
    static_cast<void>(record.keep());
  change_lock.unlock();
  return finish(outcome.staged.front(), outcome, std::move(verdict));
}

Result<SwapReport> Lifecycle::try_load(const std::filesystem::path& folder, std::optional<manifest::Home> home) {
  std::unique_lock change_lock(change_mutex_);
  manifest::PluginEntry entry;
  entry.home = home;
  auto package = read_package(folder, entry, system(), true);
  if (!package) return std::move(package).error();
  const std::string name = package->manifest->plugin;
  if (members_copy().contains(name))
    return Error{Code::conflict, "plugin '" + name + "' is loaded already; `socle plugin swap " + name +
                                     " PATH` puts a new generation in its place"};
  ChangeSet set;
  set.put.push_back(std::move(*package));
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  return settle(std::move(change_lock), *outcome, "active");
}

Result<SwapReport> Lifecycle::try_unload(const std::string& name) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end()) return not_loaded(name);
  if (const std::string needed = dependants(now, name); !needed.empty())
    return Error{Code::conflict, "plugin '" + name + "' is required by " + needed + "; unload them first"};
  ChangeSet set;
  set.remove.push_back(name);
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  const RecordPtr gone = it->second.primary;
  settle_all(*outcome);
  change_lock.unlock();
  SwapReport report = finish({name, gone, gone, {}}, *outcome, "unloaded");
  report.to = 0;
  return report;
}

Result<Package> Lifecycle::package_for_swap(const std::string& name, const std::filesystem::path& folder) const {
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end())
    return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin load PATH` loads one"};
  const Package& present = it->second.primary->package;
  manifest::PluginEntry entry = present.entry;
  entry.name = name;
  auto package = read_package(folder, entry, system(), present.granted_by_load);
  if (package) return package;
  const std::string other = plugin_held_at(folder);
  if (other.empty() || other == name) return package;
  return Error{Code::invalid, folder.string() + " holds plugin '" + other + "', and a version of '" + name +
                                  "' is wanted; give the folder of one, or `socle plugin " +
                                  (now.contains(other) ? "swap " + other + " PATH` if it is '" + other + "' you mean"
                                                       : "load PATH` to add '" + other + "' beside it")};
}

Result<SwapReport> Lifecycle::try_swap(const std::string& name, const std::filesystem::path& folder,
                                       const SwapOptions& options) {
  const bool canary = options.canary_percent.has_value() || !options.canary_tenants.empty();
  std::unique_lock change_lock(change_mutex_, std::defer_lock);
  auto set = prepare(change_lock, [&]() -> Result<ChangeSet> {
    auto package = package_for_swap(name, folder);
    if (!package) return std::move(package).error();
    ChangeSet wanted;
    if (canary) {
      wanted.canaries.push_back({std::move(*package), options});
    } else {
      wanted.put.push_back(std::move(*package));
    }
    return wanted;
  });
  if (!set) return std::move(set).error();
  auto outcome = change(std::move(*set));
  if (!outcome) return std::move(outcome).error();
  if (!canary) return settle(std::move(change_lock), *outcome, "active");
  change_lock.unlock();
  return run_canary(outcome->staged.front(), *outcome);
}

Result<Lifecycle::ChangeSet> Lifecycle::set_back(const std::string& name) const {
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end()) return not_loaded(name);
  Package before;
  {
    const std::lock_guard lock(mutex_);
    const auto found = previous_.find(name);
    if (found == previous_.end())
      return Error{Code::not_found, "plugin '" + name + "' has no earlier generation to go back to"};
    before = found->second;
  }
  if (it->second.primary->package.manifest->irreversible) {
    return Error{Code::conflict, "plugin '" + name + "' " + it->second.primary->runtime->version +
                                     " is declared `irreversible`: it writes a format that " +
                                     to_string(before.manifest->version) +
                                     " does not read; go forward with a new version instead"};
  }
  ChangeSet set;
  set.put.push_back(std::move(before));
  return set;
}

Result<SwapReport> Lifecycle::try_rollback(const std::string& name) {
  const uint64_t known = last_sent_back(name);
  for (;;) {
    if (auto ended = end_canary(name)) return std::move(*ended);
    std::unique_lock change_lock(change_mutex_, std::defer_lock);
    auto set = prepare(change_lock, [&] { return set_back(name); });
    // One that began while this waited for its turn is ended, too.
    if (change_lock.owns_lock() && canary_of(name) != nullptr) continue;
    // So is one that was being judged: it had left the routes when this came, and its judge held the change lock.
    if (change_lock.owns_lock()) {
      const Members now = members_copy();
      const auto it = now.find(name);
      if (const RecordPtr canary = sent_back_since(name, known); canary != nullptr && it != now.end()) {
        change_lock.unlock();
        return over(canary, it->second.primary);
      }
    }
    if (!set) return std::move(set).error();
    if (auto rested = check_rest(name); !rested) return std::move(rested).error();
    auto outcome = change(std::move(*set));
    if (!outcome) return std::move(outcome).error();
    return settle(std::move(change_lock), *outcome, "rolled back");
  }
}

}  // namespace socle::lifecycle
