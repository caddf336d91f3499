#include "pulse.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace socle {
namespace {
constexpr std::chrono::seconds period{1};
}

Pulse::Pulse(bus::Bus& bus, Beats& beats) : bus_(bus), beats_(beats), thread_([this] { run(); }) {
  bus_.worker(0).post([&beats] { beats.thread.store(gettid()); });
}

Pulse::~Pulse() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Pulse::run() {
  // One question a worker at a time, so that nothing gathers before one that hangs. It may come round after this is
  // gone.
  std::vector<std::shared_ptr<std::atomic<bool>>> asked;
  for (uint32_t i = 0; i < bus_.worker_count(); ++i) asked.push_back(std::make_shared<std::atomic<bool>>(false));
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (uint32_t i = 0; i < asked.size(); ++i) {
      if (asked[i]->exchange(true)) continue;
      bus_.worker(i).post([&beats = beats_, answered = asked[i]] {
        answered->store(false);
        beats.count.fetch_add(1);
      });
    }
    changed_.wait_for(lock, period, [this] { return stopping_; });
  }
}

}  // namespace socle
