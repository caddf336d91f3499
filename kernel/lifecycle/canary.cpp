// canary.cpp: two generations side by side for a while, then a verdict. The gate (design, section 5): at least 200
// calls a side; the kernel's error codes at most the baseline's + 0.1 %; p95 at most 1.25 times the baseline's. Too few
// calls at the end means revert. A tenant's own 4xx never count. Each canary has one judge: the command that began it,
// or a background task after apply. Only the judge ends it; who wants it ended earlier leaves word (GenerationRecord::
// abandoned; canary_end.cpp), so that gate, promotion and rollback cannot both have their way.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lifecycle/lifecycle.hpp"
#include "lifecycle/refusal.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

constexpr int64_t least_calls = 200;
constexpr double error_margin = 0.001;
constexpr double latency_factor = 1.25;

struct Totals {
  int64_t calls = 0;
  int64_t errors = 0;
  std::array<int64_t, 160> latency{};

  [[nodiscard]] Totals minus(const Totals& before) const {
    Totals out = *this;
    out.calls -= before.calls;
    out.errors -= before.errors;
    for (size_t i = 0; i < latency.size(); ++i) out.latency[i] -= before.latency[i];
    return out;
  }
  [[nodiscard]] double error_rate() const {
    return calls > 0 ? static_cast<double>(errors) / static_cast<double>(calls) : 0;
  }
  // 95th percentile in nanoseconds, interpolated inside its bucket; 0 without samples.
  [[nodiscard]] double p95() const {
    int64_t samples = 0;
    for (const int64_t n : latency) samples += n;
    double rank = static_cast<double>(samples) * 0.95;
    for (size_t i = 0; i < latency.size(); ++i) {
      const auto n = static_cast<double>(latency[i]);
      if (rank <= n && n > 0) {
        const double low = bus::MethodStats::edge(i);
        return low + (bus::MethodStats::edge(i + 1) - low) * rank / n;
      }
      rank -= n;
    }
    return 0;
  }
};

Totals totals(bus::Generation& g) {
  Totals t;
  for (uint32_t w = 0; w < g.counter_sets(); ++w) {
    for (const bus::MethodStats& m : g.at(w).methods) {
      t.calls += m.calls.get();
      t.errors += m.kernel_errors.get();
      for (size_t i = 0; i < t.latency.size(); ++i) t.latency[i] += m.latency[i].get();
    }
  }
  return t;
}

// Empty: promote.
std::string verdict(const Totals& base, const Totals& canary) {
  if (base.calls < least_calls || canary.calls < least_calls) {
    return fmt::format("too few calls to judge: {} at the canary, {} beside it, {} wanted on each side", canary.calls,
                       base.calls, least_calls);
  }
  if (canary.error_rate() > base.error_rate() + error_margin) {
    return fmt::format("errors {:.2f} % at the canary, {:.2f} % beside it", canary.error_rate() * 100,
                       base.error_rate() * 100);
  }
  if (canary.p95() > base.p95() * latency_factor) {
    return fmt::format("p95 {:.0f} µs at the canary, {:.0f} µs beside it", canary.p95() / 1e3, base.p95() / 1e3);
  }
  return {};
}

}  // namespace

// Waits the canary's time and judges it. One log line tells the verdict.
Result<SwapReport> Lifecycle::run_canary(const Staged& staged, const Outcome& outcome) {
  const std::string& name = staged.name;
  bus::Generation& base = *staged.old->runtime;
  bus::Generation& fresh = *staged.record->runtime;
  base.sample_all = fresh.sample_all = true;
  const Totals before = totals(base);
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, staged.canary->canary_for, [&] { return stopping_ || staged.record->abandoned; });
  }
  std::string why = stopping_ ? "the kernel stops" : verdict(totals(base).minus(before), totals(fresh));
  base.sample_all = fresh.sample_all = false;

  std::unique_lock change_lock(change_mutex_);
  Members next = members_copy();
  const auto it = next.find(name);
  const bool taken_away = it == next.end() || it->second.canary != staged.record;
  bool by_hand = false;
  {
    const std::lock_guard lock(mutex_);
    if (taken_away) staged.record->judged.verdict = std::string(Judged::as_reverted) + "its plugin was taken away";
    by_hand = staged.record->abandoned;
  }
  if (taken_away) {
    changed_.notify_all();
    return Error{Code::conflict, "plugin '" + name + "' was changed while its canary ran"};
  }
  if (by_hand) why = "ended by `socle plugin rollback " + name + "`";
  if (why.empty()) {
    if (auto fit = check_promotion(next, staged.record->package); !fit)
      why = "it no longer fits with what serves: " + fit.error().message;
  }
  const RecordPtr winner = why.empty() ? staged.record : staged.old;
  const RecordPtr loser = why.empty() ? staged.old : staged.record;
  it->second = Member{winner, nullptr, 0, nullptr, false};
  Outcome times;
  times.flip_ms = outcome.flip_ms;
  const int64_t errors = times.errors_before[loser.get()] = totals(*loser->runtime).errors;
  const int64_t flip = telemetry::monotonic_now();
  install(next, system());
  const double flip_ms = static_cast<double>(telemetry::monotonic_now() - flip) / 1e6;
  if (winner == staged.record) set_state(*winner, State::active);  // the other has been so all along
  const std::string told = why.empty() ? std::string(Judged::as_promoted) : std::string(Judged::as_reverted) + why;
  {
    const std::lock_guard lock(mutex_);
    staged.record->judged = {told, flip_ms, errors, by_hand};
    if (why.empty()) {
      previous_[name] = staged.old->package;
      sent_back_.erase(name);
    } else {
      sent_back_.insert_or_assign(name, SentBack{staged.record, winner->seq, std::chrono::steady_clock::now()});
    }
  }
  changed_.notify_all();
  if (why.empty()) keep_last_good();
  telemetry::Log::get().write(
      why.empty() ? telemetry::Level::info : telemetry::Level::warn, "canary " + told,
      {{"plugin", name}, {"generation", std::to_string(staged.record->seq)}, {"code", why.empty() ? "" : "canary"}});
  retire(loser);
  change_lock.unlock();
  Staged ended = staged;
  ended.old = loser;
  SwapReport report = finish(ended, times, told);
  report.from = staged.old->seq;
  return report;
}

void Lifecycle::judge_in_background(const Staged& staged, const Outcome& outcome) {
  Outcome times;
  times.flip_ms = outcome.flip_ms;
  background_.run([this, staged, times] {
    if (const auto report = run_canary(staged, times); !report && !stopping_)
      log_refused("canary", report.error(), staged.name, "");
  });
}

}  // namespace socle::lifecycle
