// offload.hpp: the bounded pool for work that blocks (fsync, password hashing, cold signature checks). Plugins own no
// threads; this is where they wait. Whose work is next is decided as on the workers (sched/fair_queue.hpp), charged
// with the time that a thread was kept: a tenant that offloads without end waits behind itself. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "sched/fair_queue.hpp"

namespace socle::bus {

class OffloadPool {
 public:
  OffloadPool(sched::Accounts& accounts, unsigned threads, size_t queue);
  ~OffloadPool();  // finishes what is queued
  // false: the queue is full, or a quarter of it is this payer's (a half is all edge tenants').
  [[nodiscard]] bool submit(sched::Account& payer, std::function<void()> work);
  [[nodiscard]] size_t queued() const;

 private:
  struct Task : sched::Work {
    std::function<void()> run;
  };
  void run();
  [[nodiscard]] bool has_room(const sched::Flow& flow) const;
  // What waits, one more or less.
  void count(sched::Flow& flow, int64_t more);

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  sched::FairQueue queue_;  // guarded by mutex_, as all below
  size_t queued_ = 0, edges_queued_ = 0;
  int64_t typical_ = 100'000;  // ns a piece of work takes, smoothed: charged in advance
  int64_t reconciled_at_ = 0;
  const size_t most_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace socle::bus
