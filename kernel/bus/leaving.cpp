// leaving.cpp: Worker's part in a generation's end: its waits are cancelled, what is left is named, forgotten, or
// handed to another worker; and a given-up worker's own.
#include <sys/epoll.h>

#include <utility>

#include "bus/bus.hpp"

namespace socle::bus {

void Worker::cancel_all(Generation& g) {
  std::vector<uint64_t> ids;
  for (auto& [id, timer] : timers_) {
    if (timer->generation != &g) continue;
    ids.push_back(id);
    Job job;
    job.status = SOCLE_CANCELLED;
    job.generation = &g;
    job.event = timer->fn;
    job.user = timer->user;
    defer(job, timer->payer);
  }
  for (const uint64_t id : ids) timer_cancel(id);
  for (auto& [id, watch] : watches_) {
    if (watch->generation != &g) continue;
    end_waits(*watch, SOCLE_CANCELLED);
  }
  std::vector<Frame*> mine;
  frames.each([&](Frame& f) {
    if (f.caller == &g && (f.state == Frame::State::pending || f.state == Frame::State::parked)) mine.push_back(&f);
  });
  for (Frame* f : mine) bus_.give_up(*this, *f, SOCLE_CANCELLED);
}

Leftovers Worker::leftovers(const Generation& g) {
  Leftovers left;
  const std::string where =
      index() < bus_.worker_count() ? " on worker " + std::to_string(index()) : " on the staging thread";
  for (auto& [id, timer] : timers_) {
    if (timer->generation == &g) left.items.push_back("a timer" + where);
  }
  for (auto& [id, watch] : watches_) {
    if (watch->generation == &g) left.items.push_back("a watch of fd " + std::to_string(watch->fd) + where);
  }
  frames.each([&](Frame& f) {
    if (f.callee == &g) {
      left.items.push_back("an unanswered " + g.entry_name(f.method) + where);
      ++left.calls_answered;
    }
    if (f.caller == &g && f.state != Frame::State::orphaned) {
      left.items.push_back("a call of " + bus_.target_name(f.target) + " it waits for" + where);
      ++left.calls_made;
    }
  });
  each_job([&](Job& job) {
    if (job.generation == &g && job.kind != Job::Kind::none) left.items.push_back("a queued event" + where);
  });
  return left;
}

void Worker::forget(Generation& g) {
  std::vector<uint64_t> ids;
  for (auto& [id, timer] : timers_) {
    if (timer->generation == &g) ids.push_back(id);
  }
  for (const uint64_t id : ids) timer_cancel(id);
  ids.clear();
  for (auto& [id, watch] : watches_) {
    if (watch->generation != &g) continue;
    watch->read = watch->write = {};
    ids.push_back(id);
  }
  for (const uint64_t id : ids) watch_close(id);
  each_job([&](Job& job) {
    if (job.generation != &g || job.kind == Job::Kind::none) return;
    if (job.kind == Job::Kind::posted) g.posted.fetch_sub(1, std::memory_order_relaxed);
    if (job.payload != nullptr) job.payload->release();
    job.payload = nullptr;
    job.kind = Job::Kind::none;
    job.generation = nullptr;  // it may be gone when the job's turn comes
  });
  std::vector<Frame*> unanswered;
  frames.each([&](Frame& f) {
    if (f.caller == &g) f.caller = nullptr, f.done = nullptr;
    if (f.callee == &g && f.state == Frame::State::pending) unanswered.push_back(&f);
  });
  for (Frame* f : unanswered) bus_.give_up(*this, *f, SOCLE_UNAVAILABLE);
}

void Worker::write_off(Worker& on) {
  frames.each([&](Frame& f) {
    const auto settle = [&](Generation* g, Count WorkerCounters::*which) {
      if (g != nullptr) on.post([g, which, &on] { (g->at(on.index()).*which).add(-1); });
    };
    const bool answered = f.state == Frame::State::orphaned;
    if (f.state == Frame::State::pending || answered) settle(f.callee, &WorkerCounters::in_flight);
    if (answered) settle(f.callee, &WorkerCounters::orphans);
    if (f.done == nullptr) return;
    settle(f.caller, &WorkerCounters::waiting);
    if (f.caller != nullptr) return;  // its plugin's code runs on its own threads only
    const socle_reply lost{sizeof(socle_reply), SOCLE_UNAVAILABLE, nullptr};
    std::exchange(f.done, nullptr)(f.user, &lost);
  });
}

void Worker::hand_over(Generation& g, Worker& to) {
  std::vector<std::unique_ptr<PluginTimer>> timers;
  std::vector<std::unique_ptr<Watch>> watches;
  for (auto it = timers_.begin(); it != timers_.end();) {
    if (it->second->generation != &g) {
      ++it;
      continue;
    }
    wheel_.remove(*it->second);
    g.at(index()).timers.add(-1);
    timers.push_back(std::move(it->second));
    it = timers_.erase(it);
  }
  for (auto it = watches_.begin(); it != watches_.end();) {
    if (it->second->generation != &g) {
      ++it;
      continue;
    }
    detach(*it->second);
    g.at(index()).watches.add(-1);
    watches.push_back(std::move(it->second));
    it = watches_.erase(it);
  }
  if (timers.empty() && watches.empty()) return;
  auto cargo = std::make_shared<std::pair<decltype(timers), decltype(watches)>>(std::move(timers), std::move(watches));
  to.post([cargo, &to] { to.adopt(std::move(cargo->first), std::move(cargo->second)); });
}

void Worker::adopt(std::vector<std::unique_ptr<PluginTimer>> timers, std::vector<std::unique_ptr<Watch>> watches) {
  for (auto& timer : timers) {
    wheel_.insert(*timer, timer->expiry);
    timer->generation->at(index()).timers.add(1);
    const uint64_t id = timer->id;
    timers_.emplace(id, std::move(timer));
  }
  for (auto& watch : watches) {
    attach(*watch);
    if (watch->kind == Watch::Kind::refused) end_waits(*watch, SOCLE_INVALID);
    watch->generation->at(index()).watches.add(1);
    const uint64_t id = watch->id;
    watches_.emplace(id, std::move(watch));
  }
}

}  // namespace socle::bus
