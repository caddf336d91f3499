#include "bus/offload_crew.hpp"

#include <pthread.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "crash/handler.hpp"
#include "telemetry/clock.hpp"

namespace socle::bus {
namespace {

constexpr int64_t reconcile_every = 100'000'000;  // lets idle flows go

thread_local std::atomic<uint64_t>* t_signs = nullptr;  // of the crew's thread that this is

bool is_edge(const sched::Flow& flow) {
  return flow.account.load(std::memory_order_relaxed)->kind() == sched::Account::Kind::edge;
}

}  // namespace

// The queue is no worker's, so its flows are nobody else's to see.
OffloadCrew::OffloadCrew(sched::Accounts& accounts, unsigned threads, size_t queue, void (*manner)() noexcept)
    : queue_(accounts, accounts.lanes()), most_(queue), manner_(manner), running_(threads) {}

bool OffloadCrew::start() {
  try {
    while (threads_.size() < running_.size())
      threads_.emplace_back([this, &mine = running_[threads_.size()]] { run(mine); });
  } catch (const std::system_error&) {  // the process may have no more; those that are there do the work
  }
  return !threads_.empty();
}

OffloadCrew::~OffloadCrew() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& t : threads_) t.join();
}

bool OffloadCrew::has_room(const sched::Flow& flow) const {
  const size_t mine = is_edge(flow) ? edges_queued_ : static_cast<size_t>(flow.queued.get());
  return queued_ < most_ && mine < std::max<size_t>(is_edge(flow) ? most_ / 2 : most_ / 4, 1);
}

void OffloadCrew::count(sched::Flow& flow, int64_t more) {
  flow.queued.add(more);
  queued_ += static_cast<size_t>(more);
  if (is_edge(flow)) edges_queued_ += static_cast<size_t>(more);
}

bool OffloadCrew::submit(sched::Account& payer, std::function<void()> work, OffloadTerms terms) {
  {
    const std::lock_guard lock(mutex_);
    sched::Flow& flow = queue_.flow(payer);
    if (stopping_ || !has_room(flow)) return false;
    auto task = std::make_unique<Task>();
    task->run = std::move(work);
    task->terms = terms;
    count(flow, 1);
    queue_.push(flow, *task.release(), 0);
  }
  ready_.notify_one();
  return true;
}

size_t OffloadCrew::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

void OffloadCrew::handed_on() {
  if (t_signs != nullptr) t_signs->fetch_add(1, std::memory_order_relaxed);
}

std::optional<OffloadOverdue> OffloadCrew::overdue(int64_t now, int64_t patience) {
  const std::lock_guard lock(mutex_);
  for (Running& one : running_) {
    timespec time{};
    if (one.task == nullptr || clock_gettime(one.clock, &time) != 0) continue;
    const int64_t used = int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    const uint64_t signs = one.signs.load(std::memory_order_relaxed);
    if (std::exchange(one.seen, signs) != signs) one.cpu = used;
    if (now - patience < one.task->terms.until || used - one.cpu < patience) continue;
    return OffloadOverdue{one.task->terms.number, one.payer->id()};
  }
  return std::nullopt;
}

// Several threads may work for one payer: what its piece will take is charged as it begins, by what pieces took so far,
// and put right at its end.
void OffloadCrew::run(Running& mine) {
  const crash::AlternateStack stack;
  manner_();
  std::unique_lock lock(mutex_);
  const bool timed = pthread_getcpuclockid(pthread_self(), &mine.clock) == 0;
  t_signs = &mine.signs;
  for (;;) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    sched::Flow* flow = queue_.begin();
    if (flow == nullptr) return;
    const std::unique_ptr<Task> task(static_cast<Task*>(sched::FairQueue::next(*flow)));
    const int64_t expected = typical_;
    count(*flow, -1);
    flow->in_flight.add(1);  // it stays
    queue_.advance(*flow, expected);
    queue_.end(*flow);
    if (timed && task->terms.until != INT64_MAX) {
      mine.payer = flow->account.load(std::memory_order_relaxed);
      mine.cpu = telemetry::thread_cpu();
      mine.seen = mine.signs.load(std::memory_order_relaxed);
      mine.task = task.get();
    }
    lock.unlock();
    const int64_t begun = telemetry::monotonic_now();
    task->run();
    task->run = nullptr;
    const int64_t now = telemetry::monotonic_now();
    lock.lock();
    mine.task = nullptr;
    queue_.advance(*flow, now - begun - expected);
    flow->in_flight.add(-1);
    typical_ += (now - begun - typical_) / 16;
    if (now - reconciled_at_ < reconcile_every) continue;
    reconciled_at_ = now;
    queue_.reconcile(now);
  }
}

}  // namespace socle::bus
