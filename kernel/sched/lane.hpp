// lane.hpp: one worker's side of the scheduler: whose time is being used now, how much of the slice is left, and the
// leases of its flows. Time is read from the TSC, and every millisecond of work put right by the thread's CPU clock:
// what the machine gave to somebody else meanwhile is not charged.
//
// Worker thread only, but for paying() and what Account and Flow say of themselves.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "sched/call_memory.hpp"
#include "sched/fair_queue.hpp"

namespace socle::sched {

// Where time comes from; a test brings its own.
struct Clock {
  uint64_t (*ticks)() = nullptr;    // nullptr: the TSC
  int64_t (*cpu)() = nullptr;       // CPU time of this thread in ns; nullptr: CLOCK_THREAD_CPUTIME_ID
  double nanoseconds_per_tick = 0;  // 0: measured
};

enum class Admission : uint8_t { admitted, queued, over_rate, over_queue, too_late };

class Lane {
 public:
  static constexpr int64_t slice = 200'000;  // ns
  static constexpr int64_t corrected_every = 1'000'000;

  Lane(Accounts& accounts, size_t index, Clock clock = {});
  // The calling thread's, nullptr on a thread that is no worker.
  [[nodiscard]] static Lane* current();
  void use();  // by this thread, from now on

  FairQueue queue;

  // -- time
  void begin_turn();  // the slice begins
  [[nodiscard]] int64_t slice_left() const;
  // The same as of the last change of who pays, so that no clock is read.
  [[nodiscard]] bool slice_over() const { return since_ > slice_end_; }
  // Work is done for `flow` since then, or since the turn began: choosing it is its own. REQUIRES: the kernel pays.
  void serve(Flow& flow) {
    since_ = std::max(since_, turn_at_);
    payer_ = &flow;
    paying_.store(flow.account.load(std::memory_order_relaxed), std::memory_order_release);
  }
  // Work is done for `next` from now on; what ran so far is charged to the one before, which is returned.
  Flow& pay(Flow& next);
  [[nodiscard]] Flow& payer() const { return *payer_; }
  // What the account was charged so far, what runs now included.
  [[nodiscard]] int64_t used(const Account& account);
  void leave(Flow& flow) {
    if (payer_ == house_) since_ = ticks();  // its own work was served, which nobody is charged for
    pay(*house_);
    call = {};
    queue.end(flow);
  }
  // Back to the kernel's own account; reads the CPU clock when it is due.
  void end_turn();
  // Leases or held work: look again within this time, ns; max(): nothing.
  [[nodiscard]] int64_t wait() const;
  // Flows found waiting for a place by the last reconciliation: another worker may have given one back.
  [[nodiscard]] std::vector<Flow*> take_wanting() { return std::exchange(wanting_, {}); }
  void sleeps() { slept_at_ = ticks(); }
  void wakes() { slept_ += ticks() - slept_at_; }
  void reconcile(int64_t now);
  [[nodiscard]] double nanoseconds_per_tick() const { return ns_per_tick_; }
  // Any thread: who pays now.
  [[nodiscard]] const Account* paying() const { return paying_.load(std::memory_order_acquire); }
  uint32_t work_class = 0;  // of what runs now
  CallMemory call;          // of the request it is done for

  // -- requests. `deadline` as in the context; `wait` is filled for a refusal: when to come again, ns.
  [[nodiscard]] Admission admit(Flow& flow, int64_t now, int64_t deadline, int64_t& retry_after);
  // An admitted request is over, after `service` ns of work (negative: none was done), `latency` ns after it came. The
  // lane whose waiting requests may take its place: there take_waiting() is to be tried.
  [[nodiscard]] size_t finished(Flow& flow, int64_t service, int64_t latency);
  // A request of the flow that waits may begin; false: no place.
  [[nodiscard]] bool take_waiting(Flow& flow);
  void no_longer_waits(Flow& flow);
  // The lane that has requests of the account waiting, this one last; nobody: none has.
  [[nodiscard]] size_t next_to_begin(const Account& account) const;
  static constexpr size_t nobody = SIZE_MAX;
  [[nodiscard]] RateState rate_state(Account& account, int64_t now);

  // -- memory. hold(): false when the tenant's budget is used up; what the kernel itself must have is forced.
  [[nodiscard]] bool hold(Flow& flow, int64_t bytes) {
    const int64_t held = flow.memory.get() + bytes;
    if (held > flow.memory_leased && !lease_memory(flow, bytes)) return false;
    flow.memory.set(held);
    return true;
  }
  [[nodiscard]] bool fits(Flow& flow, int64_t bytes) {
    return flow.memory.get() + bytes <= flow.memory_leased || lease_memory(flow, bytes);
  }
  void force(Flow& flow, int64_t bytes) {
    if (!hold(flow, bytes)) flow.memory.add(bytes);
  }
  void release(Account& account, int64_t bytes);
  // What the account may still hold through this worker, of its working_cap() or of another; Limits::no_bytes: it has
  // no limit.
  [[nodiscard]] uint64_t memory_left(const Account& account) const {
    return memory_left(account, account.working_cap());
  }
  [[nodiscard]] uint64_t memory_left(const Account& account, uint64_t cap) const;

 private:
  [[nodiscard]] uint64_t ticks() const;
  [[nodiscard]] int64_t cpu() const;
  void correct();
  [[nodiscard]] bool lease_memory(Flow& flow, int64_t bytes);
  [[nodiscard]] bool take_request(Flow& flow, Account& account, int64_t now);
  [[nodiscard]] bool take_place(Flow& flow);

  const Clock clock_;
  double ns_per_tick_;
  Flow* house_;  // of the kernel's account
  Flow* payer_;
  std::atomic<const Account*> paying_;
  uint64_t since_ = 0;  // ticks: the payer pays since then
  uint64_t turn_at_ = 0, slice_end_ = 0;
  uint64_t slept_at_ = 0, slept_ = 0;
  // Since the CPU clock was read last: ticks, its value, and what was charged to whom.
  uint64_t marked_at_ = 0;
  int64_t marked_cpu_ = 0;
  int64_t longest_ = 0;
  std::vector<std::pair<Flow*, int64_t>> charged_;
  int64_t reconciled_at_ = 0;
  std::vector<Flow*> wanting_;
  bool leases_ = false;  // some flow may hold requests, or wait
};

// For its scope: who pays for memory taken by a thread without a Lane, as the offload pool's are, and for which
// request.
class PaidAside {
 public:
  PaidAside(Account& account, const CallMemory& call);
  ~PaidAside();
  PaidAside(const PaidAside&) = delete;
  PaidAside& operator=(const PaidAside&) = delete;
  [[nodiscard]] static Account* current();  // nullptr: nobody
  [[nodiscard]] static const CallMemory& call();
};

// Charges what happens inside a scope to another account than the one that pays outside.
class PaidBy {
 public:
  PaidBy(Lane& lane, Account& account, const CallMemory& call)
      : lane_(lane), before_(lane.pay(lane.queue.flow(account))), call_before_(std::exchange(lane.call, call)) {}
  ~PaidBy() {
    lane_.pay(before_);
    lane_.call = call_before_;
  }
  PaidBy(const PaidBy&) = delete;
  PaidBy& operator=(const PaidBy&) = delete;

 private:
  Lane& lane_;
  Flow& before_;
  const CallMemory call_before_;
};

}  // namespace socle::sched
