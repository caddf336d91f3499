// latch.hpp: several threads count down, one waits, for so long at most.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace socle::bus {

class Latch {
 public:
  explicit Latch(size_t n) : left_(n) {}
  void arrive() {
    const std::lock_guard lock(mutex_);
    --left_;
    changed_.notify_all();
  }
  bool wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t left_;
};

}  // namespace socle::bus
