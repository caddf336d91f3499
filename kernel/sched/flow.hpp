// flow.hpp: what one worker keeps of one active account: its queue of work, its place in the worker's virtual time, its
// leases of the node-wide budgets, and what it counted. Made when the account first has work here, ended (its counts
// folded into the account) when it has been idle long enough that nothing would be forgotten.
//
// The worker alone writes; fields that are atomic may be read by anybody. A Flow's memory is never freed, only used
// again: a reader checks `account`.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace socle::sched {

class Account;

// A counter written by one worker and read by anyone.
template <class T>
class Written {
 public:
  void set(T v) { value_.store(v, std::memory_order_relaxed); }
  void add(T n) { set(get() + n); }
  [[nodiscard]] T get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T> value_{0};
};

// Times in quarter powers of two from 1 µs on; the last bucket takes the rest.
class Latencies {
 public:
  static constexpr size_t buckets = 100;
  void add(int64_t ns) { counts_[bucket(ns)].add(1); }
  void add_to(std::array<uint64_t, buckets>& sum) const {
    for (size_t i = 0; i < buckets; ++i) sum[i] += counts_[i].get();
  }
  void clear() {
    for (auto& c : counts_) c.set(0);
  }
  // Upper edge of the bucket where `share` of the counted is reached, in µs; 0 when nothing was counted.
  static double quantile(const std::array<uint64_t, buckets>& sum, double share);

 private:
  static size_t bucket(int64_t ns) {
    const auto us = static_cast<uint64_t>(ns < 4000 ? 4 : ns / 1000);
    const size_t power = std::max<size_t>(std::bit_width(us), 3) - 1;
    const size_t index = (power - 2) * 4 + ((us >> (power - 2)) & 3);
    return index < buckets ? index : buckets - 1;
  }
  std::array<Written<uint32_t>, buckets> counts_{};
};

// A piece of work in a flow's queue.
struct Work {
  Work* next_work = nullptr;
};

class WorkList {
 public:
  void push(Work& work) {
    work.next_work = nullptr;
    (tail_ != nullptr ? tail_->next_work : head_) = &work;
    tail_ = &work;
  }
  Work* pop() {
    Work* first = head_;
    if (first != nullptr && (head_ = first->next_work) == nullptr) tail_ = nullptr;
    return first;
  }
  [[nodiscard]] Work* head() const { return head_; }
  [[nodiscard]] bool empty() const { return head_ == nullptr; }

 private:
  Work* head_ = nullptr;
  Work* tail_ = nullptr;
};

struct alignas(64) Flow {
  std::atomic<Account*> account{nullptr};  // nullptr: free
  Written<int64_t> cpu;                    // ns charged on this worker
  Written<uint64_t> requests, refused, shed;
  Written<int64_t> in_flight, queued;
  Written<int64_t> memory;  // bytes held through this worker; may be negative: allocated there, freed here
  Latencies latencies;      // of requests

  // -- fair_queue.cpp
  WorkList work[2];        // interactive, background
  uint32_t in_a_row = 0;   // interactive pieces since the last background one
  uint32_t place = 0;      // in the heap, from 1; 0: not there
  bool served = false;     // its slice is running
  bool held = false;       // over its cpu cap: not served before the next window
  double start = 0;        // start tag
  int64_t elsewhere = 0;   // what other workers had charged when last reconciled
  int64_t window_cpu = 0;  // node-wide cpu when the window of the cpu cap began, or what it is allowed to have been
  int64_t window_until = 0;

  // -- leases.cpp
  uint32_t requests_left = 0;  // of the leased part of the rate
  int64_t requests_until = 0;
  uint32_t requests_epoch = 0;  // of the rate, when they were leased
  int64_t memory_leased = 0;
  WorkList waiting;    // requests without a place
  double service = 0;  // ns from admission to answer, smoothed
  uint32_t probes = 0;

  int64_t idle_since = 0;
};

}  // namespace socle::sched
