// change.cpp: a change set, all or nothing. The caller holds change_mutex_.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

constexpr std::chrono::seconds stop_allowance{15};  // for STOP, destroy and unmapping behind a drain

double ms_since(int64_t begun) { return static_cast<double>(telemetry::monotonic_now() - begun) / 1e6; }

int64_t kernel_errors(bus::Generation& g) {
  int64_t sum = 0;
  for (uint32_t w = 0; w < g.counter_sets(); ++w) {
    for (const bus::MethodStats& m : g.at(w).methods) sum += m.kernel_errors.get();
  }
  return sum;
}

// Of Context::buckets, those whose calls a canary gets.
uint16_t share_of(const SwapOptions& options) {
  return static_cast<uint16_t>(options.canary_percent.value_or(0) * bus::Context::buckets / 100);
}

// A canary that can get no calls, or leaves none beside it, would only be sent back when its time is over.
Status check_trial(const Package& package, const SwapOptions& options) {
  const manifest::PluginManifest& fresh = *package.manifest;
  const uint16_t share = share_of(options);
  if (share == 0 && options.canary_tenants.empty())
    return Error{Code::invalid, fmt::format("a canary of {:g}% meets nobody, so it cannot be judged; wanted from 0.01% "
                                            "to 99.99%",
                                            options.canary_percent.value_or(0))};
  if (share >= bus::Context::buckets)
    return Error{Code::invalid,
                 "a canary of 100% leaves no calls beside it to be judged by; wanted from 0.01% to 99.99%, or swap '" +
                     fresh.plugin + "' without a canary"};
  if (!package.entry.listen.empty() && fresh.provides.empty())
    return Error{Code::unsupported, "plugin '" + fresh.plugin +
                                        "' answers on listeners and provides no service: connections are no calls, so "
                                        "a canary of it meets nobody and cannot be judged; swap it without a canary"};
  return {};
}

}  // namespace

// What a set may not touch: plans that tenants have, and a canary's verdict must find both generations where it left
// them. A canary that it begins must be one that can be judged.
Status Lifecycle::check(const ChangeSet& set, const Members& now) const {
  if (set.system && may_apply) {
    if (auto allowed = may_apply(*set.system); !allowed) return allowed;
  }
  for (const auto& entry : now) {  // no structured binding: clang 14 does not let a lambda capture one
    const std::string& name = entry.first;
    const Member& member = entry.second;
    const bool tried = std::any_of(set.canaries.begin(), set.canaries.end(),
                                   [&](const Trial& t) { return t.package.manifest->plugin == name; });
    const bool touched = tried || puts(set.put, name) || std::count(set.remove.begin(), set.remove.end(), name) > 0;
    if (touched && member.canary != nullptr) {
      std::string why =
          "plugin '" + name + "' has a canary running; wait for its verdict, or end it with `socle plugin ";
      why.append("rollback ").append(name).append("`");
      return Error{Code::conflict, std::move(why)};
    }
  }
  for (const Trial& trial : set.canaries) {
    if (auto judged = check_trial(trial.package, trial.options); !judged) return judged;
    const manifest::PluginManifest& fresh = *trial.package.manifest;
    const auto it = now.find(fresh.plugin);
    const bool exclusive =
        fresh.state == manifest::State::exclusive ||
        (it != now.end() && it->second.primary->package.manifest->state == manifest::State::exclusive);
    if (exclusive)
      return Error{Code::unsupported, "plugin '" + fresh.plugin +
                                          "' has state: exclusive, so two generations cannot serve side by side; swap "
                                          "it without a canary"};
  }
  return {};
}

Result<std::vector<const Package*>> Lifecycle::order_of(const ChangeSet& set, const Members& now) const {
  std::vector<const Package*> wanted;
  for (const auto& [name, member] : now) {
    const bool removed = std::count(set.remove.begin(), set.remove.end(), name) > 0;
    if (!removed && !puts(set.put, name)) wanted.push_back(&member.primary->package);
  }
  for (const Package& p : set.put) wanted.push_back(&p);
  add_house(wanted);
  if (auto fit = check_fit(wanted); !fit) return std::move(fit).error();
  if (!set.canaries.empty()) {
    std::vector<const Package*> promoted = wanted;
    for (const Trial& t : set.canaries) {
      for (const Package*& p : promoted) p = p->manifest->plugin == t.package.manifest->plugin ? &t.package : p;
    }
    if (auto fit = check_fit(promoted); !fit) return std::move(fit).error();
  }
  // A canary may be promoted any time, so what changes beside it has to fit with it, too.
  for (const auto& [name, member] : now) {
    if (member.canary == nullptr) continue;
    std::vector<const Package*> promoted = wanted;
    for (const Package*& p : promoted) p = p == &member.primary->package ? &member.canary->package : p;
    if (auto fit = check_fit(promoted); !fit)
      return std::move(fit).error().context("with the running canary of plugin '" + name + "'");
  }
  return start_order(wanted);
}

// Whether what serves is still a system with the canary in its primary's place.
Status Lifecycle::check_promotion(const Members& members, const Package& canary) const {
  std::vector<const Package*> packages;
  for (const auto& [name, member] : members)
    packages.push_back(name == canary.manifest->plugin ? &canary : &member.primary->package);
  add_house(packages);
  return check_fit(packages);
}

// Generations that could not be unmapped are bounded.
Status Lifecycle::check_budget() const {
  const std::lock_guard lock(mutex_);
  const auto retained = static_cast<uint64_t>(
      std::count_if(records_.begin(), records_.end(), [](const RecordPtr& r) { return r->state == State::retained; }));
  if (retained >= system_.swap.retained_budget) {
    return Error{Code::exhausted, std::to_string(retained) +
                                      " generations are retained, which is the budget (swap.retained_budget); `socle "
                                      "plugin list` says why each is still mapped; restart the kernel to free them"};
  }
  return {};
}

// REQUIRES: mutex_. The first plugin of the set of which as many generations drain as may, "" when all have room.
std::string Lifecycle::without_room(const ChangeSet& set) const {
  const auto full = [this](const std::string& name) {
    return static_cast<uint64_t>(std::count_if(records_.begin(), records_.end(), [&](const RecordPtr& r) {
             return r->name() == name && (r->state == State::draining || r->state == State::retired);
           })) >= system_.swap.max_draining;
  };
  for (const Package& p : set.put) {
    if (full(p.manifest->plugin)) return p.manifest->plugin;
  }
  for (const Trial& t : set.canaries) {
    if (full(t.package.manifest->plugin)) return t.package.manifest->plugin;
  }
  return {};
}

bool Lifecycle::has_room(const ChangeSet& set) const {
  const std::lock_guard lock(mutex_);
  return without_room(set).empty();
}

// Waits without the change lock, so that a slow drain holds up its own plugin only; the set is made anew afterwards.
Result<Lifecycle::ChangeSet> Lifecycle::prepare(std::unique_lock<std::mutex>& change_lock,
                                                const std::function<Result<ChangeSet>()>& make) {
  const auto end = std::chrono::steady_clock::now() + system().swap.drain + std::chrono::seconds(2);
  for (bool told = false;;) {
    change_lock.lock();
    auto set = make();
    if (!set || has_room(*set)) return set;
    change_lock.unlock();
    std::unique_lock lock(mutex_);
    if (const std::string full = without_room(*set); !full.empty() && !std::exchange(told, true)) {
      const std::string limit = std::to_string(system_.swap.max_draining);
      lock.unlock();
      telemetry::Log::get().write(telemetry::Level::info,
                                  "a change waits for generations that drain (swap.max_draining)",
                                  {{"plugin", full}, {"limit", limit}});
      lock.lock();
    }
    if (changed_.wait_until(lock, end, [&] { return stopping_ || without_room(*set).empty(); })) {
      if (stopping_) return Error{Code::unavailable, "the kernel stops"};
      continue;
    }
    return Error{Code::unavailable, "plugin '" + without_room(*set) + "' has " +
                                        std::to_string(system_.swap.max_draining) +
                                        " generations draining, which is the limit (swap.max_draining); wait for them"};
  }
}

Result<Lifecycle::Outcome> Lifecycle::change(ChangeSet set) {
  const Members now = members_copy();
  const manifest::SystemManifest after = set.system ? *set.system : system();
  if (auto allowed = check(set, now); !allowed) return std::move(allowed).error();
  Members next = now;
  for (const std::string& name : set.remove) next.erase(name);
  const auto order = order_of(set, now);
  if (!order) return order.error();
  if (!set.put.empty() || !set.canaries.empty()) {
    if (auto budget = check_budget(); !budget) return std::move(budget).error();
  }

  Outcome outcome;
  const auto undo = [&](Error why) -> Error {
    preview(now, system());  // before anything is unmapped that staged code could still call
    for (auto it = outcome.staged.rbegin(); it != outcome.staged.rend(); ++it) discard(it->record);
    return why;
  };
  for (const Package* p : *order) {
    const std::string& name = p->manifest->plugin;
    if (std::none_of(set.put.begin(), set.put.end(), [p](const Package& q) { return &q == p; })) continue;
    auto record = stage(*p, after);
    if (!record) return undo(std::move(record).error());
    Member& member = next[name];
    outcome.staged.push_back({name, *record, member.primary, {}});
    member = Member{*record, nullptr, 0, nullptr, false};
    preview(next, after);
  }
  for (const Trial& t : set.canaries) {
    const std::string& name = t.package.manifest->plugin;
    auto record = stage(t.package, after);
    if (!record) return undo(std::move(record).error().context("canary"));
    Member& member = next[name];
    outcome.staged.push_back({name, *record, member.primary, t.options});
    member.canary = *record;
    member.canary_share = share_of(t.options);
    member.canary_tenants = std::make_shared<const std::set<std::string, std::less<>>>(t.options.canary_tenants.begin(),
                                                                                       t.options.canary_tenants.end());
    preview(next, after);
  }
  for (Staged& s : outcome.staged) {
    if (auto moved = hand_over_cache(s); !moved) return undo(std::move(moved).error());
  }
  const auto count_errors = [&outcome](const RecordPtr& old) {
    if (old != nullptr) outcome.errors_before[old.get()] = kernel_errors(*old->runtime);
  };
  for (const Staged& s : outcome.staged) count_errors(s.old);
  const int64_t begun = telemetry::monotonic_now();
  if (auto moved = hand_over_exclusive(outcome.staged, outcome); !moved) return undo(std::move(moved).error());
  for (const std::string& name : set.remove) {
    if (const auto it = now.find(name); it != now.end()) outcome.removed.push_back(it->second.primary);
  }
  for (const RecordPtr& gone : outcome.removed) count_errors(gone);
  const int64_t flip = telemetry::monotonic_now();
  install(next, after);
  outcome.flip_ms = ms_since(flip);
  if (outcome.pause_ms > 0) outcome.pause_ms = ms_since(begun);
  for (const Staged& s : outcome.staged) set_state(*s.record, s.canary ? State::canary : State::active);
  if (set.system) {
    {
      const std::lock_guard lock(mutex_);
      system_ = after;
    }
    basis_ = basis_of(after);
    if (on_applied) on_applied(after);
  }
  return outcome;
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
  GenerationRecord& old = *staged.old;
  report.terms = changed_terms(old.package, staged.record->package);
  report.from = old.seq;
  std::unique_lock lock(mutex_);
  const auto patience = old.package.manifest->drain.value_or(system_.swap.drain) + stop_allowance;
  changed_.wait_for(lock, patience, [&] { return old.state == State::unmapped || old.state == State::retained; });
  if (const auto before = outcome.errors_before.find(&old); before != outcome.errors_before.end())
    report.failed = kernel_errors(*old.runtime) - before->second;
  report.drain_ms = static_cast<double>(old.drain_time.count()) / 1e3;
  report.old_state = std::string(to_string(old.state));
  if (!old.reason.empty()) report.old_state += "(" + old.reason + ")";
  return report;
}

}  // namespace socle::lifecycle
