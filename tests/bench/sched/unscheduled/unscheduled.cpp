// unscheduled.cpp: the kernel without its tenant scheduler, for the benchmark that says what the scheduler costs. Takes
// the place of kernel/sched/{fair_queue,lane,leases}.cpp and kernel/bus/admission.cpp at link time: work of all tenants
// is done in the order it came, nothing is timed, charged, leased or refused. All else of the kernel is the same
// objects. Who pays is still known, as contexts and the black box name it.
#include <deque>
#include <utility>

#include "bus/bus.hpp"
#include "sched/lane.hpp"

namespace socle::sched {
namespace {

thread_local Lane* t_lane = nullptr;
thread_local std::deque<std::pair<Flow*, Work*>> t_work;
thread_local Flow t_some;  // in the heap while there is work: empty() looks there

}  // namespace

FairQueue::~FairQueue() = default;

Flow& FairQueue::activate(Account& account) {
  Flow& f = slab_.emplace_back();
  f.account.store(&account, std::memory_order_release);
  published_ ? account.set_flow(lane_, &f) : void(own_[&account] = &f);
  active_.push_back(&f);
  return f;
}

Flow* FairQueue::own(const Account& account) const {
  const auto it = own_.find(&account);
  return it != own_.end() ? it->second : nullptr;
}

// What is no worker's (the staging thread's, the offload pool's) may be used by several threads: flows in turn.
void FairQueue::push(Flow& flow, Work& work, uint32_t) {
  if (published_) {
    t_work.emplace_back(&flow, &work);
    if (heap_.empty()) heap_.insert(t_some);
    return;
  }
  flow.work[0].push(work);
  if (flow.place != 0 || flow.served) return;
  flow.start = ++now_;
  heap_.insert(flow);
}

Flow* FairQueue::begin() {
  if (heap_.empty()) return nullptr;
  if (!published_) {
    Flow& flow = heap_.top();
    heap_.remove(flow);
    flow.served = true;
    return &flow;
  }
  const auto [flow, work] = t_work.front();
  t_work.pop_front();
  if (t_work.empty()) heap_.remove(t_some);
  flow->work[0].push(*work);
  return flow;
}

Work* FairQueue::next(Flow& flow) { return flow.work[0].pop(); }

void FairQueue::end(Flow& flow) {
  flow.served = false;
  if (published_ || flow.work[0].empty()) return;
  flow.start = ++now_;
  heap_.insert(flow);
}

bool FairQueue::reconcile_flow(Flow&, int64_t) { return true; }
void FairQueue::charge(Flow&, int64_t) {}
void FairQueue::advance(Flow&, int64_t) {}

Lane::Lane(Accounts& accounts, size_t index, Clock clock)
    : queue(accounts, index),
      clock_(clock),
      ns_per_tick_(1),
      house_(&queue.flow(accounts.kernel())),
      payer_(house_),
      paying_(&accounts.kernel()) {}

PaidAside::PaidAside(Account&, const CallMemory&) {}
PaidAside::~PaidAside() {}
Account* PaidAside::current() { return nullptr; }
const CallMemory& PaidAside::call() {
  static const CallMemory none;
  return none;
}

Lane* Lane::current() { return t_lane; }
void Lane::use() { t_lane = this; }
void Lane::begin_turn() {}
int64_t Lane::slice_left() const { return slice; }

Flow& Lane::pay(Flow& next) {
  Flow& before = *std::exchange(payer_, &next);
  paying_.store(next.account.load(std::memory_order_relaxed), std::memory_order_release);
  return before;
}

void Lane::end_turn() { pay(*house_); }
int64_t Lane::wait() const { return INT64_MAX; }
void Lane::reconcile(int64_t) {}
uint64_t Lane::ticks() const { return 0; }
int64_t Lane::used(const Account&) { return 0; }

bool Lane::take_waiting(Flow&) { return true; }
void Lane::no_longer_waits(Flow&) {}
size_t Lane::next_to_begin(const Account&) const { return nobody; }
RateState Lane::rate_state(Account&, int64_t) { return {}; }
uint64_t Lane::memory_left(const Account&, uint64_t) const { return Limits::no_bytes; }

bool Lane::lease_memory(Flow& flow, int64_t) {
  flow.memory_leased = INT64_MAX;
  return true;
}

void Lane::release(Account& account, int64_t bytes) {
  if (Flow* f = account.flow(queue.lane()); f != nullptr) f->memory.add(-bytes);
}

}  // namespace socle::sched

namespace socle::bus {

socle_status Bus::admit(Worker&, Context& request, socle_reply*) {
  request.asked(0);
  return SOCLE_OK;
}

void Worker::wait_for_place(Frame&, sched::Flow&) {}
void Worker::stop_waiting(Frame&) {}
void Worker::begin_waiting(sched::Flow&) {}
void Worker::request_over(sched::Flow&, int64_t, int64_t) {}
void Worker::offer_place(sched::Account&, size_t) {}

}  // namespace socle::bus
