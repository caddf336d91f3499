// change.cpp: a change set, all or nothing, and the commands that are change sets.
#include <algorithm>
#include <array>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

double ms_since(int64_t begun) { return static_cast<double>(telemetry::monotonic_now() - begun) / 1e6; }

constexpr milliseconds transfer_timeout{10'000};

int64_t kernel_errors(const bus::Generation& g) {
  int64_t sum = 0;
  for (size_t w = 0; w < g.counter_sets(); ++w) {
    for (const bus::MethodStats& m : const_cast<bus::Generation&>(g).at(static_cast<uint32_t>(w)).methods)
      sum += m.kernel_errors.get();
  }
  return sum;
}

}  // namespace

// At most swap.max_draining generations of a plugin drain; a further swap waits for one to end.
Status Lifecycle::await_room(const std::string& name) {
  std::unique_lock lock(mutex_);
  const auto draining = [&] {
    return static_cast<uint64_t>(std::count_if(records_.begin(), records_.end(), [&](const RecordPtr& r) {
      return r->name() == name && (r->state == State::draining || r->state == State::retired);
    }));
  };
  const auto retained = static_cast<uint64_t>(
      std::count_if(records_.begin(), records_.end(), [](const RecordPtr& r) { return r->state == State::retained; }));
  if (retained >= system_.swap.retained_budget) {
    return Error{Code::exhausted, std::to_string(retained) +
                                      " generations are retained, which is the budget (swap.retained_budget); `socle "
                                      "plugin list` says why each is still mapped; restart the kernel to free them"};
  }
  if (changed_.wait_for(lock, system_.swap.drain + std::chrono::seconds(2),
                        [&] { return stopping_ || draining() < system_.swap.max_draining; }))
    return {};
  return Error{Code::unavailable, "plugin '" + name + "' has " + std::to_string(draining()) +
                                      " generations draining, which is the limit (swap.max_draining); wait for them"};
}

Result<Lifecycle::Outcome> Lifecycle::change(ChangeSet set) {
  Members next = members_copy();
  for (const std::string& name : set.remove) next.erase(name);
  std::vector<const Package*> wanted;
  for (const auto& [name, member] : next) {
    const bool replaced =
        std::any_of(set.put.begin(), set.put.end(), [&n = name](const Package& p) { return p.manifest->plugin == n; });
    if (!replaced) wanted.push_back(&member.primary->package);
  }
  for (const Package& p : set.put) wanted.push_back(&p);
  if (auto fit = check_fit(wanted); !fit) return std::move(fit).error();
  const auto order = start_order(wanted);
  if (!order) return order.error();
  for (const Package& p : set.put) {
    if (auto room = await_room(p.manifest->plugin); !room) return std::move(room).error();
  }

  Outcome outcome;
  const auto undo = [&](Error why) -> Error {
    for (auto it = outcome.staged.rbegin(); it != outcome.staged.rend(); ++it)
      discard(it->record, "change set refused");
    preview(members_copy());
    return why;
  };
  for (const Package* p : *order) {
    const bool ours = std::any_of(set.put.begin(), set.put.end(), [p](const Package& q) { return &q == p; });
    if (!ours) continue;
    auto record = stage(*p);
    if (!record) return undo(std::move(record).error());
    const std::string& name = p->manifest->plugin;
    Staged staged{name, *record, nullptr};
    Member& member = next[name];
    staged.old = member.primary;
    if (set.canary) {
      member.canary = *record;
      member.canary_share = static_cast<uint16_t>(set.canary->canary_percent.value_or(0) * bus::Context::buckets / 100);
      member.canary_tenants = std::make_shared<const std::set<std::string, std::less<>>>(
          set.canary->canary_tenants.begin(), set.canary->canary_tenants.end());
    } else {
      member = Member{*record, nullptr, 0, nullptr, false};
    }
    outcome.staged.push_back(std::move(staged));
    preview(next);
  }
  for (Staged& s : outcome.staged) {
    if (auto moved = hand_over_cache(s); !moved) return undo(std::move(moved).error());
  }
  const int64_t begun = telemetry::monotonic_now();
  if (auto moved = hand_over_exclusive(outcome.staged, next, outcome); !moved) return undo(std::move(moved).error());
  for (const std::string& name : set.remove) {
    const Members now = members_copy();
    if (const auto it = now.find(name); it != now.end()) outcome.removed.push_back(it->second.primary);
  }
  for (const Staged& s : outcome.staged) {
    s.record->active_since = telemetry::utc_now();
    set_state(*s.record, set.canary ? State::canary : State::active);
  }
  if (auto installed = install(next); !installed) return undo(std::move(installed).error());
  outcome.flip_ms = ms_since(begun);
  return outcome;
}

Status Lifecycle::transfer(RecordPtr& from, RecordPtr& to, bool dry_run) {
  const std::array<socle_pair, 2> meta{socle_pair{bus::str("dry-run"), bus::str(dry_run ? "true" : "false")},
                                       socle_pair{bus::str("state-version"), bus::str("")}};
  const std::string name = from->name();
  const bus::Answer exported =
      bus_->run_hook(*from->runtime, bus_->staging(), SOCLE_HOOK_EXPORT,
                     bus::PayloadRef(bus::Payload::make({}, SOCLE_MEDIA_NONE, {meta.data(), 1})), transfer_timeout);
  if (exported.status == SOCLE_UNSUPPORTED) return {};  // nothing to hand over
  if (exported.status != SOCLE_OK)
    return Error{Code::invalid, "plugin '" + name + "': export of its state failed: " + exported.message};
  const uint64_t limit = to->package.manifest->state_limit.bytes;
  if (exported.text.size() > limit) {
    return Error{Code::too_large, "plugin '" + name + "' exports " + std::to_string(exported.text.size()) +
                                      " bytes of state, the limit is " + std::to_string(limit) +
                                      " (state_limit in its manifest)"};
  }
  const std::string version =
      exported.state_version.empty() ? std::to_string(from->package.manifest->state_version) : exported.state_version;
  const std::array<socle_pair, 2> in{socle_pair{bus::str("dry-run"), bus::str(dry_run ? "true" : "false")},
                                     socle_pair{bus::str("state-version"), bus::str(version)}};
  const bus::Answer imported =
      bus_->run_hook(*to->runtime, bus_->staging(), SOCLE_HOOK_IMPORT,
                     bus::PayloadRef(bus::Payload::make(exported.text, SOCLE_MEDIA_OTHER, in)), transfer_timeout);
  if (imported.status == SOCLE_OK) return {};
  return Error{Code::invalid,
               "plugin '" + name + "' " + to->runtime->version + " does not take over state version " + version + ": " +
                   (imported.message.empty() ? std::string("its import is not implemented") : imported.message)};
}

Status Lifecycle::hand_over_cache(Staged& staged) {
  if (staged.old == nullptr || staged.record->package.manifest->state != manifest::State::cache) return {};
  return transfer(staged.old, staged.record, false);
}

// Parks new calls of the plugins concerned, waits for those in flight, moves the state, and leaves the rest to
// install(). Longer than the pause: routes go back as they were.
Status Lifecycle::hand_over_exclusive(std::vector<Staged>& staged, const Members& next, Outcome& outcome) {
  std::vector<Staged*> exclusive;
  auto pause = system().swap.pause;
  for (Staged& s : staged) {
    if (s.old == nullptr || s.record->package.manifest->state != manifest::State::exclusive) continue;
    exclusive.push_back(&s);
    pause = s.record->package.manifest->swap_pause.value_or(pause);
    if (auto dry = transfer(s.old, s.record, true); !dry) return std::move(dry).error().context("dry run");
  }
  if (exclusive.empty()) return {};
  const Members before = members_copy();
  Members parked = before;
  for (Staged* s : exclusive) parked[s->name].parked = true;
  const int64_t begun = telemetry::monotonic_now();
  const auto elapsed = [begun] { return std::chrono::nanoseconds(telemetry::monotonic_now() - begun); };
  static_cast<void>(install(parked));
  Status status;
  for (Staged* s : exclusive) {
    bus::Generation& g = *s->old->runtime;
    bus_->on_each_worker([this, &g](bus::Worker& w) { bus_->park_idempotent(w, g); },
                         duration_cast<milliseconds>(pause) + milliseconds(1));
    while (bus_->busy_calls(g) > 0 && elapsed() < pause) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::microseconds(200));
    }
    if (bus_->busy_calls(g) > 0) {
      status = Error{
          Code::unavailable,
          "plugin '" + s->name + "' still had " + std::to_string(bus_->busy_calls(g)) + " calls in flight after " +
              manifest::to_string(manifest::Duration(pause)) +
              " (swap.pause); the swap was aborted and the old generation goes on; try again when it is less busy"};
      break;
    }
    if (status = transfer(s->old, s->record, false); !status) break;
    if (elapsed() > pause) {
      status = Error{Code::deadline,
                     "plugin '" + s->name + "' took longer than " + manifest::to_string(manifest::Duration(pause)) +
                         " (swap.pause) to hand its state over; the swap was aborted and the old generation goes on"};
      break;
    }
  }
  outcome.pause_ms = ms_since(begun);
  if (!status) static_cast<void>(install(before));
  static_cast<void>(next);
  return status;
}

SwapReport Lifecycle::finish(const Staged& staged, const Outcome& outcome, std::string verdict) {
  SwapReport report;
  report.plugin = staged.name;
  report.version = staged.record->runtime->version;
  report.outcome = std::move(verdict);
  report.to = staged.record->seq;
  report.load_ms = static_cast<double>(staged.record->load_time.count()) / 1e3;
  report.flip_ms = outcome.flip_ms;
  report.pause_ms = outcome.pause_ms;
  if (staged.old == nullptr) return report;
  report.from = staged.old->seq;
  const int64_t errors = kernel_errors(*staged.old->runtime);
  std::unique_lock lock(mutex_);
  const auto over = [&] { return staged.old->state == State::unmapped || staged.old->state == State::retained; };
  const auto patience = staged.old->package.manifest->drain.value_or(system_.swap.drain) + std::chrono::seconds(15);
  changed_.wait_for(lock, patience, over);
  report.failed = kernel_errors(*staged.old->runtime) - errors;
  report.drain_ms = static_cast<double>(staged.old->drain_time.count()) / 1e3;
  report.old_state = std::string(to_string(staged.old->state));
  if (!staged.old->reason.empty()) report.old_state += "(" + staged.old->reason + ")";
  return report;
}

Result<SwapReport> Lifecycle::load(const std::filesystem::path& folder, std::optional<manifest::Home> home) {
  std::unique_lock change_lock(change_mutex_);
  manifest::PluginEntry entry;
  entry.home = home;
  auto package = read_package(folder, entry, system());
  if (!package) return std::move(package).error();
  const std::string name = package->manifest->plugin;
  if (members_copy().contains(name))
    return Error{Code::conflict, "plugin '" + name + "' is loaded already; `socle plugin swap " + name +
                                     " PATH` puts a new generation in its place"};
  ChangeSet set;
  set.put.push_back(std::move(*package));
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  keep_last_good();
  change_lock.unlock();
  return finish(outcome->staged.front(), *outcome, "active");
}

Result<SwapReport> Lifecycle::unload(const std::string& name) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end())
    return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin list` names those that are"};
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
  keep_last_good();
  const Staged gone{name, it->second.primary, it->second.primary};
  {
    const std::lock_guard lock(mutex_);
    previous_[name] = it->second.primary->package;
  }
  retire(it->second.primary);
  change_lock.unlock();
  SwapReport report = finish(gone, *outcome, "unloaded");
  report.to = 0;
  return report;
}

Result<SwapReport> Lifecycle::swap(const std::string& name, const std::filesystem::path& folder,
                                   const SwapOptions& options) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end())
    return Error{Code::not_found, "no plugin '" + name + "' is loaded; `socle plugin load PATH` loads one"};
  if (it->second.canary != nullptr)
    return Error{Code::conflict, "plugin '" + name + "' has a canary running; wait for its verdict"};
  manifest::PluginEntry entry = it->second.primary->package.entry;
  entry.name = name;
  auto package = read_package(folder, entry, system());
  if (!package) return std::move(package).error();
  const bool canary = options.canary_percent.has_value() || !options.canary_tenants.empty();
  if (canary && package->manifest->state == manifest::State::exclusive)
    return Error{Code::unsupported,
                 "plugin '" + name +
                     "' has state: exclusive, so two generations cannot serve side by side; swap it without --canary"};
  ChangeSet set;
  set.put.push_back(std::move(*package));
  if (canary) set.canary = options;
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  if (canary) {
    change_lock.unlock();
    return run_canary(name, options, std::move(*outcome));
  }
  const Staged staged = outcome->staged.front();
  {
    const std::lock_guard lock(mutex_);
    previous_[name] = staged.old->package;
  }
  keep_last_good();
  retire(staged.old);
  change_lock.unlock();
  return finish(staged, *outcome, "active");
}

Result<SwapReport> Lifecycle::rollback(const std::string& name) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  const auto it = now.find(name);
  if (it == now.end()) return Error{Code::not_found, "no plugin '" + name + "' is loaded"};
  Package before;
  {
    const std::lock_guard lock(mutex_);
    const auto found = previous_.find(name);
    if (found == previous_.end())
      return Error{Code::not_found,
                   "plugin '" + name + "' has no earlier generation to go back to in this kernel's life"};
    before = found->second;
  }
  if (it->second.primary->package.manifest->irreversible) {
    return Error{Code::conflict, "plugin '" + name + "' " + it->second.primary->runtime->version +
                                     " is declared `irreversible`: it writes a format that " +
                                     to_string(before.manifest->version) +
                                     " does not read; go forward with a new version instead"};
  }
  ChangeSet set;
  set.put.push_back(before);
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  const Staged staged = outcome->staged.front();
  {
    const std::lock_guard lock(mutex_);
    previous_[name] = staged.old->package;
  }
  keep_last_good();
  retire(staged.old);
  change_lock.unlock();
  return finish(staged, *outcome, "rolled back");
}

Result<std::vector<SwapReport>> Lifecycle::apply(const manifest::SystemManifest& next, bool dry) {
  std::unique_lock change_lock(change_mutex_);
  const Members now = members_copy();
  ChangeSet set;
  std::set<std::string> kept;
  std::vector<const Package*> wanted;
  for (const auto& entry : next.plugins) {
    auto package = read_package(entry.path, entry, next);
    if (!package) return std::move(package).error();
    const std::string name = package->manifest->plugin;
    if (!kept.insert(name).second)
      return Error{Code::invalid, "the system manifest names plugin '" + name + "' twice; keep one entry"};
    const auto it = now.find(name);
    const bool same = it != now.end() && it->second.primary->package.sha256 == package->sha256 &&
                      it->second.primary->package.manifest_text == package->manifest_text &&
                      it->second.primary->package.config == package->config &&
                      it->second.primary->package.entry.grants == package->entry.grants &&
                      it->second.primary->package.entry.listen == package->entry.listen;
    if (!same) set.put.push_back(std::move(*package));
  }
  for (const auto& [name, member] : now) {
    if (!kept.contains(name)) set.remove.push_back(name);
  }
  std::vector<SwapReport> reports;
  if (dry) {
    for (const Package& p : set.put) wanted.push_back(&p);
    for (const auto& [name, member] : now) {
      if (kept.contains(name) && std::none_of(set.put.begin(), set.put.end(),
                                              [&n = name](const Package& p) { return p.manifest->plugin == n; }))
        wanted.push_back(&member.primary->package);
    }
    if (auto fit = check_fit(wanted); !fit) return std::move(fit).error();
    if (auto order = start_order(wanted); !order) return order.error();
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
      r.outcome = "unload";
      r.from = now.at(name).primary->seq;
      reports.push_back(std::move(r));
    }
    return reports;
  }
  auto outcome = change(std::move(set));
  if (!outcome) return std::move(outcome).error();
  {
    const std::lock_guard lock(mutex_);
    system_ = next;
    for (const Staged& s : outcome->staged) {
      if (s.old != nullptr) previous_[s.name] = s.old->package;
    }
  }
  static_cast<void>(install(members_copy()));  // tenants, plans and listener settings of the new manifest
  keep_last_good();
  for (const Staged& s : outcome->staged) {
    if (s.old != nullptr) retire(s.old);
  }
  for (const RecordPtr& gone : outcome->removed) retire(gone);
  change_lock.unlock();
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
