#include "sched/lane.hpp"

#include <algorithm>

#include "sched/tsc.hpp"
#include "telemetry/clock.hpp"

namespace socle::sched {
namespace {

constexpr size_t most_charged = 64;  // entries between two looks at the CPU clock
thread_local Lane* t_lane = nullptr;
thread_local Account* t_aside = nullptr;
thread_local CallMemory t_aside_call;

}  // namespace

Lane::Lane(Accounts& accounts, size_t index, Clock clock)
    : queue(accounts, index),
      clock_(clock),
      ns_per_tick_(clock.nanoseconds_per_tick > 0 ? clock.nanoseconds_per_tick : sched::nanoseconds_per_tick()),
      house_(&queue.flow(accounts.kernel())),
      payer_(house_),
      paying_(&accounts.kernel()) {
  charged_.reserve(most_charged);
  since_ = marked_at_ = ticks();
}

Lane* Lane::current() { return t_lane; }

PaidAside::PaidAside(Account& account, const CallMemory& call) {
  t_aside = &account;
  t_aside_call = call;
}
PaidAside::~PaidAside() {
  t_aside = nullptr;
  t_aside_call = {};
}
Account* PaidAside::current() { return t_aside; }
const CallMemory& PaidAside::call() { return t_aside_call; }

void Lane::use() {
  t_lane = this;
  since_ = marked_at_ = ticks();
  marked_cpu_ = cpu();
}

uint64_t Lane::ticks() const { return clock_.ticks != nullptr ? clock_.ticks() : tsc(); }

int64_t Lane::cpu() const { return clock_.cpu != nullptr ? clock_.cpu() : telemetry::thread_cpu(); }

void Lane::begin_turn() {
  turn_at_ = ticks();
  slice_end_ = turn_at_ + static_cast<uint64_t>(static_cast<double>(slice) / ns_per_tick_);
}

int64_t Lane::slice_left() const {
  return static_cast<int64_t>(static_cast<double>(static_cast<int64_t>(slice_end_ - ticks())) * ns_per_tick_);
}

Flow& Lane::pay(Flow& next) {
  Flow& before = *payer_;
  if (&next == &before) return before;
  const uint64_t now = ticks();
  const auto ns = static_cast<int64_t>(static_cast<double>(now - since_) * ns_per_tick_);
  since_ = now;
  if (&before != house_) {
    queue.charge(before, ns);
    longest_ = std::max(longest_, ns);
    if (charged_.size() < most_charged) charged_.emplace_back(&before, ns);
  }
  payer_ = &next;
  paying_.store(next.account.load(std::memory_order_relaxed), std::memory_order_release);
  return before;
}

int64_t Lane::used(const Account& account) {
  pay(pay(*house_));
  if (longest_ > 2 * slice) correct();  // what is told must not be taken back afterwards
  return account.cpu();
}

void Lane::end_turn() {
  pay(*house_);
  work_class = 0;
  // Signed: where only the kernel paid, since_ may lie before the mark.
  const auto worked = static_cast<int64_t>(since_ - marked_at_ - slept_);
  if (static_cast<double>(worked) * ns_per_tick_ >= corrected_every || longest_ > 2 * slice ||
      charged_.size() == most_charged)
    correct();
}

// The TSC ran on while this thread did not. What is missing in its CPU time is given back to those who were charged:
// first to a piece longer than two slices, which ends its interval and most likely was the one interrupted, then to all
// in proportion.
void Lane::correct() {
  const uint64_t at = ticks();
  const int64_t used = cpu();
  double active = static_cast<double>(at - marked_at_ - slept_) * ns_per_tick_;
  double lost = active - static_cast<double>(used - marked_cpu_);
  if (lost > active / 50) {
    for (auto& [flow, ns] : charged_) {
      if (ns <= 2 * slice) continue;
      const int64_t back = std::min(static_cast<int64_t>(lost), ns);
      queue.charge(*flow, -back);
      lost -= static_cast<double>(back);
      active -= static_cast<double>(ns);
      ns = 0;
    }
    const double share = active > 0 ? std::clamp(lost / active, 0.0, 1.0) : 0;
    for (const auto& [flow, ns] : charged_) queue.charge(*flow, -static_cast<int64_t>(share * static_cast<double>(ns)));
  }
  charged_.clear();
  longest_ = 0;
  slept_ = 0;
  marked_at_ = at;
  marked_cpu_ = used;
  if (clock_.nanoseconds_per_tick <= 0) ns_per_tick_ = sched::nanoseconds_per_tick();
}

int64_t Lane::wait() const {
  if (queue.holds()) return FairQueue::reconcile_every;
  return leases_ ? 100'000'000 : INT64_MAX;
}

void Lane::reconcile(int64_t now) {
  if (now - reconciled_at_ < FairQueue::reconcile_every) return;
  reconciled_at_ = now;
  correct();  // before flows may go
  leases_ = queue.active() > FairQueue::swept_at_once;
  wanting_.clear();
  queue.reconcile(now, [&](Flow& f) {
    Account& account = *f.account.load(std::memory_order_relaxed);
    if (f.requests_left > 0 && now >= f.requests_until)
      account.give_requests(std::exchange(f.requests_left, 0), f.requests_epoch);
    if (f.queued.get() > 0) wanting_.push_back(&f);
    leases_ = leases_ || f.requests_left > 0 || f.queued.get() > 0;
  });
}

}  // namespace socle::sched
