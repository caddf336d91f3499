// hand_over.cpp: what an instance holds goes from the old generation to the new one.
//
//   cache      EXPORT while serving ─▶ IMPORT; it may be stale when the routes flip
//   exclusive  dry run ─▶ park new calls ─▶ those in flight end ─▶ EXPORT ─▶ IMPORT ─▶ the routes flip, parked calls go
//   on
//              longer than swap.pause: the routes go back as they were and the old generation serves on
#include <algorithm>
#include <array>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds transfer_timeout{10'000};
constexpr std::chrono::microseconds look_every{200};

std::string printed(std::chrono::nanoseconds d) { return manifest::to_string(manifest::Duration(d)); }
std::chrono::nanoseconds since(int64_t begun) { return std::chrono::nanoseconds(telemetry::monotonic_now() - begun); }

Error too_slow(const std::string& name, std::chrono::nanoseconds pause) {
  return Error{Code::deadline, "plugin '" + name + "' took longer than " + printed(pause) +
                                   " (swap.pause) to hand its state over; the swap was aborted and the old generation "
                                   "goes on"};
}

}  // namespace

Status Lifecycle::transfer(const GenerationRecord& from, GenerationRecord& to, bool dry_run, milliseconds timeout) {
  const std::string& name = from.name();
  const socle_pair dry{bus::str("dry-run"), bus::str(dry_run ? "true" : "false")};
  const bus::Answer exported =
      bus_->run_hook(*from.runtime, bus_->staging(), SOCLE_HOOK_EXPORT,
                     bus::PayloadRef(bus::Payload::make({}, SOCLE_MEDIA_NONE, {&dry, 1})), timeout);
  if (exported.status == SOCLE_UNSUPPORTED) return {};  // nothing to hand over
  if (exported.status == SOCLE_DEADLINE)
    return Error{Code::deadline,
                 "plugin '" + name + "': export of its state " + "did not end within " + printed(timeout)};
  if (exported.status != SOCLE_OK)
    return Error{Code::invalid, "plugin '" + name + "': export of its state failed: " + exported.message};
  const uint64_t limit = to.package.manifest->state_limit.bytes;
  if (exported.text.size() > limit) {
    return Error{Code::too_large, "plugin '" + name + "' exports " + std::to_string(exported.text.size()) +
                                      " bytes of state, the limit is " + std::to_string(limit) +
                                      " (state_limit in its manifest)"};
  }
  const std::string version =
      exported.state_version.empty() ? std::to_string(from.package.manifest->state_version) : exported.state_version;
  const std::array<socle_pair, 2> in{dry, socle_pair{bus::str("state-version"), bus::str(version)}};
  const bus::Answer imported =
      bus_->run_hook(*to.runtime, bus_->staging(), SOCLE_HOOK_IMPORT,
                     bus::PayloadRef(bus::Payload::make(exported.text, SOCLE_MEDIA_OTHER, in)), timeout);
  if (imported.status == SOCLE_OK) return {};
  const std::string who = "plugin '" + name + "' " + to.runtime->version;
  if (imported.hung) {
    bus::Generation& g = *to.runtime;
    bus_->on_each_worker([&g](bus::Worker& w) { w.forget(g); }, milliseconds(1));
    set_state(to, State::retained, "import did not give its thread back");
  }
  if (imported.status == SOCLE_DEADLINE)
    return Error{Code::deadline, who + ": import of the state did not end within " + printed(timeout)};
  std::string why = imported.message;
  if (why.empty()) why = imported.status == SOCLE_UNSUPPORTED ? "its import is not implemented" : "its import failed";
  return Error{Code::invalid, who + " does not take over state version " + version + ": " + why};
}

Status Lifecycle::hand_over_cache(Staged& staged) {
  if (staged.old == nullptr || staged.record->package.manifest->state != manifest::State::cache) return {};
  return transfer(*staged.old, *staged.record, false, transfer_timeout);
}

Status Lifecycle::await_quiet(Staged& staged, std::chrono::nanoseconds pause, int64_t begun) {
  bus::Generation& g = *staged.old->runtime;
  bus_->on_each_worker([this, &g](bus::Worker& w) { bus_->park_idempotent(w, g); },
                       duration_cast<milliseconds>(pause) + milliseconds(1), false);
  while (bus_->busy_calls(g) > 0 && since(begun) < pause) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, look_every);
  }
  const int64_t busy = bus_->busy_calls(g);
  if (busy <= 0) return {};
  return Error{Code::unavailable, "plugin '" + staged.name + "' still had " + std::to_string(busy) +
                                      " calls in flight after " + printed(pause) +
                                      " (swap.pause); the swap was aborted and the old generation goes on; try again "
                                      "when it is less busy"};
}

Status Lifecycle::hand_over_exclusive(std::vector<Staged>& staged, Outcome& outcome) {
  std::vector<Staged*> exclusive;
  std::chrono::nanoseconds pause = std::chrono::nanoseconds::max();
  for (Staged& s : staged) {
    const auto& m = *s.record->package.manifest;
    if (s.old == nullptr || m.state != manifest::State::exclusive) continue;
    exclusive.push_back(&s);
    pause = std::min<std::chrono::nanoseconds>(pause, m.swap_pause.value_or(system().swap.pause));
    if (auto dry = transfer(*s.old, *s.record, true, transfer_timeout); !dry)
      return std::move(dry).error().context("dry run");
  }
  if (exclusive.empty()) return {};
  const Members before = members_copy();
  Members parked = before;
  for (const Staged* s : exclusive) parked[s->name].parked = true;
  const int64_t begun = telemetry::monotonic_now();
  install(parked, system());
  Status status;
  for (Staged* s : exclusive) {
    if (status = await_quiet(*s, pause, begun); !status) break;
    const auto left = std::max(milliseconds(1), duration_cast<milliseconds>(pause - since(begun)));
    status = transfer(*s->old, *s->record, false, left);
    if ((!status && status.error().code == Code::deadline) || (status && since(begun) > pause))
      status = too_slow(s->name, pause);
    if (!status) break;
  }
  outcome.pause_ms = static_cast<double>(since(begun).count()) / 1e6;
  if (!status) install(before, system());
  return status;
}

}  // namespace socle::lifecycle
