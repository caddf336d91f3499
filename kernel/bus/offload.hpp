// offload.hpp: the bounded pool for work that blocks (fsync, password hashing, cold signature checks). Plugins own no
// threads; this is where they wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace socle::bus {

class OffloadPool {
 public:
  OffloadPool(unsigned threads, size_t queue);
  ~OffloadPool();  // finishes what is queued
  // false: the queue is full. Any thread.
  [[nodiscard]] bool submit(std::function<void()> work);
  [[nodiscard]] size_t queued() const;

 private:
  void run();
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  const size_t most_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace socle::bus
