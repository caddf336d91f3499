// retire.cpp: the end of a generation that nothing is routed to any more: DRAIN on every worker, wait until nothing of
// it is in flight, STOP, say what it left, destroy, unmap, and look whether that is true. Runs on a thread of its own.
// Whatever does not end makes the generation retained, with the reason; nothing of it is ever torn down from outside.
#include <algorithm>

#include "crash/handler.hpp"
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
constexpr size_t most_named = 8;

// Exact between two turns of every worker, once nothing is routed to g.
bool drained(bus::Generation& g) {
  using C = bus::WorkerCounters;
  return g.sum(&C::in_flight) == 0 && g.sum(&C::frames) == 0 && g.sum(&C::waiting) == 0 &&
         g.sum(&C::connections) == 0 && g.posted.load() == 0;
}

std::string printed(std::chrono::nanoseconds d) { return manifest::to_string(manifest::Duration(d)); }

}  // namespace

void Lifecycle::retire(RecordPtr record) {
  set_state(*record, State::draining);
  record->runtime->draining = true;
  background_.run([this, record = std::move(record)] {
    const auto limit = record->package.manifest->drain.value_or(system().swap.drain);
    if (const std::string held = drain(*record, limit); held.empty() || record->link != nullptr) {
      bury(*record);  // a cell that does not let go is killed
    } else {
      set_state(*record, State::retained, held);
    }
  });
}

void Lifecycle::await_retired(const GenerationRecord& record) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return record.state == State::unmapped || record.state == State::retained; });
}

std::string Lifecycle::drain(GenerationRecord& record, std::chrono::nanoseconds limit) {
  bus::Generation& g = *record.runtime;
  const int64_t begun = telemetry::monotonic_now();
  const auto elapsed = [begun] { return std::chrono::nanoseconds(telemetry::monotonic_now() - begun); };
  const auto forget = [&g, this](milliseconds patience) {
    bus_->on_each_worker([&g](bus::Worker& w) { w.forget(g); }, patience);
  };
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return record.guests == 0; });
  }
  const std::vector<bus::Answer> answers = bus_->run_hook_on_workers(
      g, SOCLE_HOOK_DRAIN, duration_cast<milliseconds>(record.package.manifest->stop_timeout));
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].hung) {
      forget(milliseconds(1));  // a worker that hangs does it when it comes back
      return "its drain hook did not return on worker " + std::to_string(i);
    }
  }
  const auto wait_until = [&](std::chrono::nanoseconds end) {
    for (;;) {
      while (!drained(g) && elapsed() < end) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, look_every);
      }
      // A turn of every worker lies between, so that no frame of this generation is on a stack when the counts are
      // zero. What began meanwhile (a worker that took the routes late) has the rest of the time.
      const bool turned = bus_->on_each_worker([](bus::Worker&) {}, answer_patience);
      if (turned && drained(g)) return true;
      if (elapsed() >= end) return false;
    }
  };
  bool empty = wait_until(limit);
  if (!empty) {
    bus_->on_each_worker(
        [&g, this](bus::Worker& w) {
          w.cancel_all(g);
          bus_->channels().cancel_all(w, g);
        },
        answer_patience);
    empty = wait_until(elapsed() + unwind);
  }
  {
    const std::lock_guard lock(mutex_);
    record.drain_time = duration_cast<std::chrono::microseconds>(elapsed());
  }
  if (empty) return {};
  const std::string left = leftovers(g);
  forget(answer_patience);
  return "after " + printed(limit) + " of draining it still had " +
         (left.empty() ? "something that ended too late" : left);
}

std::string Lifecycle::leftovers(bus::Generation& g) const {
  struct Found {
    std::mutex mutex;
    std::vector<std::string> items;  // guarded by mutex
    int64_t calls_made = 0;          // guarded by mutex
  };
  auto found = std::make_shared<Found>();
  const bool all = bus_->on_each_worker(
      [&g, found](bus::Worker& w) {
        const bus::Leftovers left = w.leftovers(g);
        const std::lock_guard lock(found->mutex);
        found->items.insert(found->items.end(), left.items.begin(), left.items.end());
        found->calls_made += left.calls_made;
      },
      answer_patience);
  const std::lock_guard lock(found->mutex);
  auto items = found->items;
  if (!all) items.emplace_back("a worker that does not come back");
  if (const int64_t n = g.sum(&bus::WorkerCounters::waiting) - found->calls_made; n > 0)
    items.push_back(std::to_string(n) + " offloaded work(s) or publication(s)");
  if (const int64_t n = g.sum(&bus::WorkerCounters::frames); n > 0)
    items.push_back(std::to_string(n) + " coroutine frame(s)");
  if (const int64_t n = g.sum(&bus::WorkerCounters::connections); n > 0)
    items.push_back(std::to_string(n) + " connection(s)");
  if (const int64_t n = g.posted.load(); n > 0) items.push_back(std::to_string(n) + " posted message(s)");
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), most_named); ++i) text += (i > 0 ? ", " : "") + items[i];
  if (items.size() > most_named) text += " and " + std::to_string(items.size() - most_named) + " more";
  return text;
}

std::string Lifecycle::stop_instance(GenerationRecord& record) {
  bus::Generation& g = *record.runtime;
  const auto timeout = duration_cast<milliseconds>(record.package.manifest->stop_timeout);
  const bus::Answer stopped = bus_->run_hook(g, bus_->staging(), SOCLE_HOOK_STOP, {}, timeout);
  if (stopped.hung) return "stop did not return within " + printed(timeout);
  const std::string left = leftovers(g);
  if (!left.empty() || stopped.status == SOCLE_DEADLINE)
    bus_->on_each_worker([&g](bus::Worker& w) { w.forget(g); }, answer_patience);
  if (stopped.status == SOCLE_DEADLINE) return "stop gave no answer within " + printed(timeout);
  if (!left.empty()) return "after stop it left " + left;
  if (stopped.status != SOCLE_OK && stopped.status != SOCLE_UNSUPPORTED) {
    // It left nothing behind, so what it complains about is its own.
    telemetry::Log::get().write(telemetry::Level::warn, "stop failed: " + stopped.message,
                                {{"plugin", g.plugin}, {"code", to_string(static_cast<Code>(stopped.status))}});
  }
  void* instance = std::exchange(g.instance, nullptr);
  const bool returned = bus_->run_staged(
      [destroy = g.descriptor->destroy, instance, name = g.plugin, version = g.version, seq = g.seq] {
        const crash::Blame blame(name, version, seq, "destroy");
        try {
          destroy(instance);
        } catch (...) {
          telemetry::Log::get().write(telemetry::Level::error, "plugin let an exception out of destroy()",
                                      {{"plugin", name}});
        }
      },
      timeout);
  return returned ? "" : "destroy() did not return within " + printed(timeout);
}

// Resident handles survive swaps and belong to the plugin: with its last generation they go, newest first. One that was
// retained before it was stopped may still use them, so they stay as long as it does.
void Lifecycle::release_handles(const GenerationRecord& last) {
  std::vector<Resident> ours;
  {
    const std::lock_guard lock(mutex_);
    for (const RecordPtr& r : records_) {
      const bool never_ran = r->state == State::retained && r->runtime == nullptr;
      const bool over = r->state == State::unmapped || r->stopped || never_ran;
      if (r.get() != &last && r->name() == last.name() && !over) return;
    }
    for (auto it = handles_.begin(); it != handles_.end();) {
      if (it->plugin != last.name()) {
        ++it;
        continue;
      }
      ours.push_back(*it);
      it = handles_.erase(it);
    }
  }
  for (auto it = ours.rbegin(); it != ours.rend(); ++it) {
    if (!bus_->run_staged([destroy = it->destroy, handle = it->handle] { destroy(handle); }, std::chrono::seconds(30)))
      telemetry::Log::get().write(telemetry::Level::error, "the destroy function of a resident handle hangs",
                                  {{"plugin", it->plugin}, {"handle", it->name}});
  }
}

void Lifecycle::bury(GenerationRecord& record) {
  if (record.link != nullptr) return bury_cell(record);
  if (record.runtime != nullptr && record.runtime->instance != nullptr) {
    if (const std::string held = stop_instance(record); !held.empty()) return set_state(record, State::retained, held);
  }
  {
    const std::lock_guard lock(mutex_);
    record.stopped = true;
  }
  release_handles(record);
  set_state(record, State::retired);
  if (!record.library) return set_state(record, State::unmapped);
  auto fate = std::make_shared<loader::Fate>();
  if (!bus_->run_staged([fate, &record] { *fate = record.library->close(); }, answer_patience))
    return set_state(record, State::retained, "its static destructors did not return");
  set_state(record, fate->unmapped ? State::unmapped : State::retained, fate->reason);
}

}  // namespace socle::lifecycle
