// health.cpp: asks every serving generation HEALTH each `health.interval`, workers in turn, and keeps the last answer
// for health_json() (readiness), `plugin list` and the log. Asking is pinned: a generation that begins to drain is
// waited for (GenerationRecord::guests) and not asked again. One thread; a slow plugin delays the others' questions by
// at most its own time-out. It also counts the deaths of cells, for the metrics.
#include <algorithm>

#include "lifecycle/json_text.hpp"
#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr int64_t longest_sleep = 1'000'000'000;  // new generations are seen at least this often

std::string complaint(const bus::Answer& answer, std::chrono::nanoseconds timeout) {
  if (answer.status == SOCLE_DEADLINE) return "no answer within " + manifest::to_string(manifest::Duration(timeout));
  if (!answer.message.empty()) return answer.message;
  return std::string(to_string(static_cast<Code>(answer.status)));
}

}  // namespace

// REQUIRES: mutex_. The generation to ask now, or nullptr and when to look again.
RecordPtr Lifecycle::next_due(int64_t& wake) const {
  const int64_t now = telemetry::monotonic_now();
  wake = now + longest_sleep;
  for (const RecordPtr& r : records_) {
    if (r->state != State::active && r->state != State::canary) continue;
    if (r->health.due <= now) return r;
    wake = std::min(wake, r->health.due);
  }
  return nullptr;
}

void Lifecycle::ask_health(GenerationRecord& record) {
  const manifest::Health& terms = record.package.manifest->health;
  const auto timeout = duration_cast<milliseconds>(terms.timeout);
  const auto turn = static_cast<uint32_t>(telemetry::monotonic_now() / 1'000'000) % bus_->worker_count();
  const bus::Answer answer = bus_->run_hook(*record.runtime, bus_->worker(turn), SOCLE_HOOK_HEALTH, {}, timeout);
  const bool well = answer.status == SOCLE_OK || answer.status == SOCLE_UNSUPPORTED;
  const std::string text = well ? answer.text.substr(0, 1024) : complaint(answer, timeout);
  bool turned = false;
  {
    const std::lock_guard lock(mutex_);
    HealthState& health = record.health;
    turned = health.ill == well;
    health.ill = !well;
    health.text = text;
    health.due = telemetry::monotonic_now() + std::chrono::nanoseconds(terms.interval).count();
    if (turned) health.ill_since = well ? 0 : telemetry::utc_now();
    --record.guests;
  }
  changed_.notify_all();
  if (turned)
    telemetry::Log::get().write(well ? telemetry::Level::info : telemetry::Level::warn,
                                well ? "plugin is well again" : "plugin is ill: " + text,
                                {{"plugin", record.name()}, {"generation", std::to_string(record.seq)}});
}

// REQUIRES: mutex_. Deaths since the last time; what a generation has counted stays when it ends.
void Lifecycle::count_crashes() {
  for (const RecordPtr& r : records_) {
    if (r->link == nullptr) continue;
    uint64_t deaths = r->link->past_deaths();
    for (const cell::CellFacts& c : r->link->facts()) deaths += c.deaths;
    if (deaths <= r->crashes_counted) continue;
    bus_->metrics().observe(r->crashes_series, static_cast<double>(deaths - r->crashes_counted));
    r->crashes_counted = deaths;
  }
}

void Lifecycle::health_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    count_crashes();
    int64_t wake = 0;
    if (const RecordPtr due = next_due(wake); due != nullptr) {
      ++due->guests;
      lock.unlock();
      ask_health(*due);
      lock.lock();
      continue;
    }
    const int64_t now = telemetry::monotonic_now();
    if (wake > now) changed_.wait_for(lock, std::chrono::nanoseconds(wake - now));
  }
}

std::string Lifecycle::health_json() {
  const std::lock_guard lock(mutex_);
  JsonText json;
  std::string_view status = "ok";
  JsonText ill;
  ill.begin_array();
  for (const RecordPtr& r : records_) {
    if (!r->health.ill || (r->state != State::active && r->state != State::canary)) continue;
    status = "ill";
    ill.begin_object()
        .string("plugin", r->name())
        .number("generation", r->seq)
        .string("text", r->health.text)
        .string("since", telemetry::iso8601(r->health.ill_since))
        .end_object();
  }
  if (members_.empty()) status = "starting";
  if (stopping_) status = "stopping";
  json.begin_object().string("status", status).boolean("ready", status == "ok").number("plugins", members_.size());
  return json.raw("ill", ill.end_array().take()).end_object().take();
}

}  // namespace socle::lifecycle
