// commands.cpp: what an operator may ask for; each is one change set.
#include <algorithm>

#include "crash/record.hpp"
#include "lifecycle/lifecycle.hpp"

namespace socle::lifecycle {
namespace {

Error not_loaded(const std::string& name) {
  return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin list` names those that are"};
}

bool same_package(const Package& a, const Package& b) {
  return a.sha256 == b.sha256 && a.manifest_text == b.manifest_text && a.config == b.config &&
         a.entry.grants == b.entry.grants && a.entry.listen == b.entry.listen;
}

}  // namespace

// After a successful change: what was replaced is remembered, retired in the background and, with the change lock given
// back, waited for. The report is of the set's first package.
SwapReport Lifecycle::settle(std::unique_lock<std::mutex> change_lock, const Outcome& outcome, std::string verdict) {
  const Staged& staged = outcome.staged.front();
  if (staged.old != nullptr) {
    const std::lock_guard lock(mutex_);
    previous_[staged.name] = staged.old->package;
  }
  keep_last_good();
  // The operator has decided anew about it.
  if (auto record = crash::Record::open(system().data); record.forget(staged.name)) static_cast<void>(record.keep());
  if (staged.old != nullptr) retire(staged.old);
  change_lock.unlock();
  return finish(staged, outcome, std::move(verdict));
}

Result<SwapReport> Lifecycle::load(const std::filesystem::path& folder, std::optional<manifest::Home> home) {
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

Result<SwapReport> Lifecycle::unload(const std::string& name) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end()) return not_loaded(name);
  std::string dependants;
  for (const auto& [other, member] : now) {
    for (const auto& need : member.primary->package.manifest->requires_) {
      if (other != name && !need.optional &&
          it->second.primary->package.manifest->find_service(need.service) != nullptr)
        dependants += (dependants.empty() ? "'" : ", '") + other + "' (needs " + to_string(need.service) + ")";
    }
  }
  if (!dependants.empty())
    return Error{Code::conflict, "plugin '" + name + "' is required by " + dependants + "; unload them first"};
  ChangeSet set;
  set.remove.push_back(name);
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  const RecordPtr gone = it->second.primary;
  {
    const std::lock_guard lock(mutex_);
    previous_.erase(name);
  }
  keep_last_good();
  retire(gone);
  change_lock.unlock();
  SwapReport report = finish({name, gone, gone}, *outcome, "unloaded");
  report.to = 0;
  return report;
}

Result<Package> Lifecycle::package_for_swap(const std::string& name, const std::filesystem::path& folder,
                                            const SwapOptions& options) const {
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end())
    return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin load PATH` loads one"};
  const Package& present = it->second.primary->package;
  manifest::PluginEntry entry = present.entry;
  entry.name = name;
  auto package = read_package(folder, entry, system(), present.granted_by_load);
  if (!package) return std::move(package).error();
  const bool canary = options.canary_percent.has_value() || !options.canary_tenants.empty();
  const bool exclusive =
      package->manifest->state == manifest::State::exclusive || present.manifest->state == manifest::State::exclusive;
  if (canary && exclusive)
    return Error{Code::unsupported,
                 "plugin '" + name +
                     "' has state: exclusive, so two generations cannot serve side by side; swap it without --canary"};
  return package;
}

Result<SwapReport> Lifecycle::swap(const std::string& name, const std::filesystem::path& folder,
                                   const SwapOptions& options) {
  std::unique_lock change_lock(change_mutex_);
  auto package = package_for_swap(name, folder, options);
  if (!package) return std::move(package).error();
  ChangeSet set;
  set.put.push_back(std::move(*package));
  const bool canary = options.canary_percent.has_value() || !options.canary_tenants.empty();
  if (canary) set.canary = options;
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  if (!canary) return settle(std::move(change_lock), *outcome, "active");
  change_lock.unlock();
  return run_canary(name, options, std::move(*outcome));
}

Result<SwapReport> Lifecycle::rollback(const std::string& name) {
  std::unique_lock change_lock(change_mutex_);
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
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  return settle(std::move(change_lock), *outcome, "rolled back");
}

Result<Lifecycle::ChangeSet> Lifecycle::difference(const manifest::SystemManifest& next, const Members& now) const {
  ChangeSet set;
  std::set<std::string> kept;
  for (const auto& entry : next.plugins) {
    auto package = read_package(entry.path, entry, next);
    if (!package) return std::move(package).error();
    const std::string name = package->manifest->plugin;
    if (!kept.insert(name).second)
      return Error{Code::invalid, "the system manifest names plugin '" + name + "' twice; keep one entry"};
    const auto it = now.find(name);
    if (it == now.end() || !same_package(it->second.primary->package, *package)) set.put.push_back(std::move(*package));
  }
  for (const auto& [name, member] : now) {
    if (!kept.contains(name)) set.remove.push_back(name);
  }
  set.system = next;
  return set;
}

Result<std::vector<SwapReport>> Lifecycle::plan(const ChangeSet& set, const Members& now) const {
  const auto put = [&](const std::string& name) {
    return std::any_of(set.put.begin(), set.put.end(), [&](const Package& p) { return p.manifest->plugin == name; });
  };
  if (auto allowed = check(set, now); !allowed) return std::move(allowed).error();
  std::vector<const Package*> wanted;
  for (const Package& p : set.put) wanted.push_back(&p);
  for (const auto& [name, member] : now) {
    const bool removed = std::count(set.remove.begin(), set.remove.end(), name) > 0;
    if (!removed && !put(name)) wanted.push_back(&member.primary->package);
  }
  if (auto fit = check_fit(wanted); !fit) return std::move(fit).error();
  if (auto order = start_order(wanted); !order) return order.error();
  std::vector<SwapReport> reports;
  for (const Package& p : set.put) {
    SwapReport r;
    r.plugin = p.manifest->plugin;
    r.version = to_string(p.manifest->version);
    const auto it = now.find(r.plugin);
    r.outcome = it == now.end() ? "load" : p.manifest->irreversible ? "swap, irreversible" : "swap";
    if (it != now.end()) r.from = it->second.primary->seq;
    reports.push_back(std::move(r));
  }
  for (const std::string& name : set.remove) {
    SwapReport r;
    r.plugin = name;
    r.version = now.at(name).primary->runtime->version;
    r.outcome = "unload";
    r.from = now.at(name).primary->seq;
    reports.push_back(std::move(r));
  }
  return reports;
}

Result<std::vector<SwapReport>> Lifecycle::apply(const manifest::SystemManifest& next, bool dry) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  auto set = difference(next, now);
  if (!set) return std::move(set).error();
  if (dry) return plan(*set, now);
  auto outcome = change(std::move(*set));
  if (!outcome) return std::move(outcome).error();
  {
    const std::lock_guard lock(mutex_);
    for (const Staged& s : outcome->staged) {
      if (s.old != nullptr) previous_[s.name] = s.old->package;
    }
    for (const RecordPtr& gone : outcome->removed) previous_.erase(gone->name());
  }
  keep_last_good();
  for (const Staged& s : outcome->staged) {
    if (s.old != nullptr) retire(s.old);
  }
  for (const RecordPtr& gone : outcome->removed) retire(gone);
  change_lock.unlock();
  std::vector<SwapReport> reports;
  for (const Staged& s : outcome->staged)
    reports.push_back(finish(s, *outcome, s.old == nullptr ? "loaded" : "active"));
  for (const RecordPtr& gone : outcome->removed) {
    SwapReport r = finish({gone->name(), gone, gone}, *outcome, "unloaded");
    r.to = 0;
    reports.push_back(std::move(r));
  }
  return reports;
}

}  // namespace socle::lifecycle
