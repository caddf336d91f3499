// apply.cpp: the system manifest's plugins in place of the present ones, as one change set; and what that would be.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "lifecycle/lifecycle.hpp"
#include "lifecycle/refusal.hpp"

namespace socle::lifecycle {
namespace {

SwapOptions options_of(const manifest::Canary& canary) {
  SwapOptions options;
  if (canary.tenants.empty()) options.canary_percent = canary.weight.percent;
  options.canary_tenants = canary.tenants;
  options.canary_for = std::chrono::duration_cast<std::chrono::milliseconds>(canary.for_);
  return options;
}

std::string in_words(const SwapOptions& options) {
  std::string out = "canary";
  if (options.canary_percent) out += fmt::format(" {:g}%", *options.canary_percent);
  for (const std::string& tenant : options.canary_tenants)
    out += (&tenant == options.canary_tenants.data() ? " of tenants " : ", ") + tenant;
  return out + " for " + manifest::to_string(manifest::Duration(options.canary_for));
}

// What becomes of what serves: a move is the same plugin elsewhere, anything else another one in its place.
std::string in_place_of(const Package& serves, const Package& next) {
  const bool same = serves.sha256 == next.sha256 && serves.manifest_text == next.manifest_text;
  if (same && serves.home() != next.home()) return "move";
  return next.manifest->irreversible ? "swap, irreversible" : "swap";
}

SwapReport note(const Package& package, uint64_t from, std::string outcome) {
  SwapReport r;
  r.plugin = package.manifest->plugin;
  r.version = to_string(package.manifest->version);
  r.from = from;
  r.outcome = std::move(outcome);
  return r;
}

// Half of a file would be a state that no file describes, so one key that needs a restart refuses all of it.
Status check_live(const manifest::SystemManifest& running, const manifest::SystemManifest& next) {
  std::string keys;
  for (const auto& change : manifest::difference(running, next)) {
    if (!manifest::needs_restart(change.key)) continue;
    const auto value = [](const std::string& text) { return text.empty() ? std::string("(default)") : text; };
    keys += (keys.empty() ? "" : ", ") + change.key + ": " + value(change.before) + " → " + value(change.after);
  }
  if (keys.empty()) return {};
  return Error{Code::unsupported,
               "a running kernel cannot change " + keys +
                   "; nothing was applied; restart `socle run` with this file, or undo these keys and "
                   "apply the rest"};
}

}  // namespace

// After a successful change set: what was replaced is remembered, what serves is kept on disk, the old ones go.
void Lifecycle::settle_all(const Outcome& outcome) {
  {
    const std::lock_guard lock(mutex_);
    for (const Staged& s : outcome.staged) {
      if (s.old != nullptr && !s.canary) previous_[s.name] = s.old->package;
    }
    for (const RecordPtr& gone : outcome.removed) previous_.erase(gone->name());
  }
  keep_last_good();
  for (const Staged& s : outcome.staged) {
    if (s.old != nullptr && !s.canary) retire(s.old);
  }
  for (const RecordPtr& gone : outcome.removed) retire(gone);
}

// The part of an entry with `canary:`: a second version beside the first, unless it was promoted, is being judged, or
// was sent back before. A verdict stands until the package or its terms change; `socle plugin swap --canary` asks anew.
Status Lifecycle::add_canary(ChangeSet& set, const manifest::PluginEntry& entry, Package first,
                             const manifest::SystemManifest& next, const Members& now) const {
  const std::string name = first.manifest->plugin;
  manifest::PluginEntry terms = entry;
  terms.name = name;
  auto second = read_package(entry.canary->path, terms, next);
  if (!second) return std::move(second).error().context("canary");
  const auto it = now.find(name);
  const Package* serves = it != now.end() ? &it->second.primary->package : nullptr;
  const uint64_t seq = serves != nullptr ? it->second.primary->seq : 0;
  if (serves != nullptr && same_package(*serves, *second)) {
    set.notes.push_back(note(*second, seq, "the canary was promoted; make its path the entry's `path`"));
    return {};
  }
  const bool judging = serves != nullptr && it->second.canary != nullptr &&
                       same_package(it->second.canary->package, *second) && same_package(*serves, first);
  if (serves == nullptr || !same_package(*serves, first)) set.put.push_back(std::move(first));
  if (judging) return {};
  {
    const std::lock_guard lock(mutex_);
    const auto verdict = sent_back_.find(name);
    if (verdict != sent_back_.end() && same_package(verdict->second.canary->package, *second)) {
      set.notes.push_back(note(*second, seq,
                               "its canary is not started again, it was " + verdict->second.canary->judged.verdict +
                                   "; change it, or `socle plugin swap " + name + " PATH --canary`"));
      return {};
    }
  }
  set.canaries.push_back({std::move(*second), options_of(*entry.canary)});
  return {};
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
    if (entry.canary) {
      if (auto added = add_canary(set, entry, std::move(*package), next, now); !added) return std::move(added).error();
      continue;
    }
    const auto it = now.find(name);
    if (it == now.end() || !same_package(it->second.primary->package, *package)) set.put.push_back(std::move(*package));
  }
  for (const auto& [name, member] : now) {
    if (!kept.contains(name) && !dropped_in(member.primary->package, next)) set.remove.push_back(name);
  }
  set.system = next;
  return set;
}

Result<std::vector<SwapReport>> Lifecycle::plan(const ChangeSet& set, const Members& now) const {
  if (auto allowed = check(set, now); !allowed) return std::move(allowed).error();
  if (auto order = order_of(set, now); !order) return order.error();
  std::vector<SwapReport> reports;
  const auto seq = [&](const std::string& name) { return now.contains(name) ? now.at(name).primary->seq : 0; };
  for (const Package& p : set.put) {
    const auto it = now.find(p.manifest->plugin);
    if (it == now.end()) {
      reports.push_back(note(p, 0, "load"));
      continue;
    }
    const Package& serves = it->second.primary->package;
    reports.push_back(note(p, it->second.primary->seq, in_place_of(serves, p)));
    reports.back().terms = changed_terms(serves, p);
  }
  for (const Trial& t : set.canaries)
    reports.push_back(note(t.package, seq(t.package.manifest->plugin), in_words(t.options)));
  for (const std::string& name : set.remove)
    reports.push_back(note(now.at(name).primary->package, seq(name), "unload"));
  reports.insert(reports.end(), set.notes.begin(), set.notes.end());
  return reports;
}

Result<std::vector<SwapReport>> Lifecycle::apply(const manifest::SystemManifest& next, bool dry) {
  if (!dry) {
    auto done = try_apply(next);
    if (!done) log_refused("apply", done.error(), "", next.file.string());
    return done;
  }
  const std::lock_guard change_lock(change_mutex_);
  const Members now = members_copy();
  const auto set = difference(next, now);
  return set ? plan(*set, now) : set.error();
}

Result<std::vector<SwapReport>> Lifecycle::try_apply(const manifest::SystemManifest& next) {
  if (auto live = check_live(system(), next); !live) return std::move(live).error();
  std::unique_lock change_lock(change_mutex_, std::defer_lock);
  auto set = prepare(change_lock, [&] { return difference(next, members_copy()); });
  if (!set) return std::move(set).error();
  std::vector<SwapReport> reports = set->notes;
  auto outcome = change(std::move(*set));
  if (!outcome) return std::move(outcome).error();
  settle_all(*outcome);
  for (const Staged& s : outcome->staged) {
    if (s.canary) judge_in_background(s, *outcome);
  }
  change_lock.unlock();
  for (const Staged& s : outcome->staged) {
    if (s.canary) {
      reports.push_back(note(s.record->package, s.old->seq, in_words(*s.canary) + " begun; the log tells its verdict"));
      reports.back().to = s.record->seq;
    } else {
      reports.push_back(finish(s, *outcome, s.old == nullptr ? "loaded" : "active"));
    }
  }
  for (const RecordPtr& gone : outcome->removed) {
    SwapReport r = finish({gone->name(), gone, gone, {}}, *outcome, "unloaded");
    r.to = 0;
    reports.push_back(std::move(r));
  }
  return reports;
}

}  // namespace socle::lifecycle
