// offload_crew.hpp: threads that work off one bounded queue. Whose work is next is decided as on the workers
// (sched/fair_queue.hpp), charged with the time that a thread was kept: who offloads without end waits behind himself.
// Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sched/fair_queue.hpp"

namespace socle::bus {

// What whoever asks for a piece of work says of it: until when its answer can be of use to anybody (monotonic), a
// number that overdue() tells, and whether it gives way to all other work.
struct OffloadTerms {
  int64_t until = INT64_MAX;
  uint64_t number = 0;
  bool patient = false;
};

// A piece of work that computes on behind its bound.
struct OffloadOverdue {
  uint64_t number;
  std::string payer;
};

class OffloadCrew {
 public:
  // At most `queue` pieces of work wait. `manner` is called by each thread as it begins.
  OffloadCrew(sched::Accounts& accounts, unsigned threads, size_t queue, void (*manner)() noexcept);
  ~OffloadCrew();  // finishes what is queued
  // Begins the threads that are not there yet. false: not even one can be had. One thread at a time.
  [[nodiscard]] bool start();
  // false: the queue is full, or a quarter of it is this payer's (a half is all edge tenants').
  [[nodiscard]] bool submit(sched::Account& payer, std::function<void()> work, OffloadTerms terms = {});
  [[nodiscard]] size_t queued() const;
  [[nodiscard]] std::optional<OffloadOverdue> overdue(int64_t now, int64_t patience);  // as OffloadPool's
  // The work on this thread, if it is one of a crew's, has posted or answered something.
  static void handed_on();

 private:
  struct Task : sched::Work {
    std::function<void()> run;
    OffloadTerms terms;
  };
  // What a thread does now; nullptr: nothing, or nothing that could be overdue.
  struct Running {
    const Task* task = nullptr;
    const sched::Account* payer = nullptr;
    clockid_t clock = CLOCK_MONOTONIC;  // of the thread's CPU time
    int64_t cpu = 0;                    // on it as the task began, or was last seen to have handed something on
    uint64_t seen = 0;                  // of `signs`
    std::atomic<uint64_t> signs{0};     // of handed_on(); the thread writes
  };
  void run(Running& mine);
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
  void (*const manner_)() noexcept;
  bool stopping_ = false;
  std::vector<Running> running_;  // one a thread
  std::vector<std::thread> threads_;
};

}  // namespace socle::bus
