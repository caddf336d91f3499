// retire.cpp: the end of a generation that nothing is routed to any more: DRAIN on every worker, wait until nothing of
// it is in flight, STOP, say what it left, destroy, unmap, and look whether that is true. Runs on a thread of its own.
#include <algorithm>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::lifecycle {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds answer_patience{5'000};
constexpr milliseconds unwind{1'000};  // for frames after their operations were cancelled
constexpr milliseconds look_every{1};

}  // namespace

void Lifecycle::retire(RecordPtr record) {
  set_state(*record, State::draining);
  record->runtime->draining = true;
  {
    const std::lock_guard lock(mutex_);
    ++retiring_;
  }
  std::thread([this, record = std::move(record)]() mutable {
    drain(*record);
    bury(*record);
    record.reset();
    const std::lock_guard lock(mutex_);
    --retiring_;
    changed_.notify_all();
  }).detach();  // shut_down() waits for retiring_ to fall to zero
}

void Lifecycle::await_retired(const GenerationRecord& record) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return record.state == State::unmapped || record.state == State::retained; });
}

bool Lifecycle::drained(bus::Generation& g) const {
  return g.sum(&bus::WorkerCounters::in_flight) == 0 && g.sum(&bus::WorkerCounters::frames) == 0 &&
         g.sum(&bus::WorkerCounters::waiting) == 0 && g.sum(&bus::WorkerCounters::connections) == 0 &&
         g.posted.load() == 0;
}

void Lifecycle::drain(GenerationRecord& record) {
  if (record.runtime == nullptr || record.runtime->instance == nullptr) return;
  bus::Generation& g = *record.runtime;
  const int64_t begun = telemetry::monotonic_now();
  const auto elapsed = [begun] { return std::chrono::nanoseconds(telemetry::monotonic_now() - begun); };
  const auto limit = record.package.manifest->drain.value_or(system().swap.drain);
  for (uint32_t i = 0; i < bus_->worker_count(); ++i) {
    const bus::Answer answer = bus_->run_hook(g, bus_->worker(i), SOCLE_HOOK_DRAIN, {}, answer_patience);
    if (answer.hung)
      telemetry::Log::get().write(telemetry::Level::error, "drain hook does not return", {{"plugin", g.plugin}});
  }
  const auto wait_until = [&](std::chrono::nanoseconds end) {
    // Read between two turns of every worker, so that no frame of this generation is on a stack when the counts are
    // zero.
    while (!drained(g) && elapsed() < end) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, look_every);
    }
    return bus_->on_each_worker([](bus::Worker&) {}, answer_patience) && drained(g);
  };
  if (!wait_until(limit)) {
    bus_->on_each_worker(
        [&g, this](bus::Worker& w) {
          w.cancel_all(g);
          bus_->channels().cancel_all(w, g);
        },
        answer_patience);
    wait_until(elapsed() + unwind);
  }
  record.drain_time = duration_cast<std::chrono::microseconds>(elapsed());
}

std::string Lifecycle::leftovers(bus::Generation& g) const {
  auto found = std::make_shared<std::pair<std::mutex, std::vector<std::string>>>();
  const bool all = bus_->on_each_worker(
      [&g, found](bus::Worker& w) {
        const bus::Leftovers left = w.leftovers(g);
        const std::lock_guard lock(found->first);
        found->second.insert(found->second.end(), left.items.begin(), left.items.end());
      },
      answer_patience);
  const std::lock_guard lock(found->first);
  auto items = found->second;
  if (!all) items.emplace_back("a worker that does not come back");
  if (const int64_t n = g.sum(&bus::WorkerCounters::frames); n > 0)
    items.push_back(std::to_string(n) + " coroutine frame(s)");
  if (const int64_t n = g.sum(&bus::WorkerCounters::connections); n > 0)
    items.push_back(std::to_string(n) + " connection(s)");
  if (const int64_t n = g.posted.load(); n > 0) items.push_back(std::to_string(n) + " posted message(s)");
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(items.size(), 8); ++i) text += (i > 0 ? ", " : "") + items[i];
  if (items.size() > 8) text += " and " + std::to_string(items.size() - 8) + " more";
  return text;
}

void Lifecycle::bury(GenerationRecord& record) {
  if (record.runtime != nullptr && record.runtime->instance != nullptr) {
    bus::Generation& g = *record.runtime;
    const auto timeout = duration_cast<milliseconds>(record.package.manifest->stop_timeout);
    const bus::Answer stopped = bus_->run_hook(g, bus_->staging(), SOCLE_HOOK_STOP, {}, timeout);
    if (stopped.hung)
      return set_state(record, State::retained,
                       "stop did not return within " + manifest::to_string(manifest::Duration(timeout)));
    if (stopped.status == SOCLE_DEADLINE)
      return set_state(record, State::retained,
                       "stop gave no answer within " + manifest::to_string(manifest::Duration(timeout)));
    if (const std::string left = leftovers(g); !left.empty()) {
      bus_->on_each_worker([&g](bus::Worker& w) { w.forget(g); }, answer_patience);
      return set_state(record, State::retained, "after stop it left " + left);
    }
    const auto descriptor = g.descriptor;
    void* instance = std::exchange(g.instance, nullptr);
    if (descriptor->destroy != nullptr &&
        !bus_->run_staged([descriptor, instance] { descriptor->destroy(instance); }, timeout)) {
      return set_state(record, State::retained, "destroy() did not return");
    }
  }
  set_state(record, State::retired);
  if (!record.library) return set_state(record, State::unmapped);
  auto fate = std::make_shared<loader::Fate>();
  if (!bus_->run_staged([fate, &record] { *fate = record.library->close(); }, answer_patience)) {
    return set_state(record, State::retained, "its static destructors did not return");
  }
  if (fate->unmapped) {
    set_state(record, State::unmapped);
  } else {
    set_state(record, State::retained, fate->reason);
  }
}

}  // namespace socle::lifecycle
