#include "sched/fair_queue.hpp"

#include <algorithm>

namespace socle::sched {
namespace {

constexpr int64_t idle_for = 1'000'000'000;  // a flow stays that long, for the sake of its counts

Account& owner(const Flow& f) { return *f.account.load(std::memory_order_relaxed); }
bool is_edge(const Flow& f) { return owner(f).kind() == Account::Kind::edge; }

}  // namespace

FairQueue::~FairQueue() {
  for (Flow* f : active_) retire(*f);
}

Flow& FairQueue::activate(Account& account) {
  if (free_.empty()) free_.push_back(&slab_.emplace_back());
  Flow& f = *free_.back();
  free_.pop_back();
  f.start = account.kind() == Account::Kind::edge ? edge_now_ : now_;
  f.elsewhere = charged_elsewhere(account, lane_);
  f.window_until = 0;
  f.account.store(&account, std::memory_order_release);
  published_ ? account.set_flow(lane_, &f) : void(own_[&account] = &f);
  active_.push_back(&f);
  return f;
}

Flow* FairQueue::own(const Account& account) const {
  const auto it = own_.find(&account);
  return it != own_.end() ? it->second : nullptr;
}

// Nothing is queued, in flight or leased, or the worker ends. Its place in `active_` is the caller's.
void FairQueue::retire(Flow& f) {
  Account& account = owner(f);
  published_ ? account.set_flow(lane_, nullptr) : void(own_.erase(&account));
  f.account.store(nullptr, std::memory_order_release);
  account.give_memory(f.memory_leased - f.memory.get());  // what is still held stays charged
  Usage past;
  past.cpu = f.cpu.get();
  past.requests = f.requests.get();
  past.refused = f.refused.get();
  past.shed = f.shed.get();
  account.fold(past);
  f.cpu.set(0);
  f.requests.set(0);
  f.refused.set(0);
  f.shed.set(0);
  f.memory.set(0);
  f.memory_leased = 0;
  f.service = 0;
  f.idle_since = 0;
  f.in_a_row = 0;
  f.latencies.clear();
  free_.push_back(&f);
}

double FairQueue::edges_weight() const {
  return std::min(1.0, Accounts::edge_weight * static_cast<double>(std::max<size_t>(edges_, 1)));
}

double& FairQueue::virtual_time_of(const Flow& f) { return is_edge(f) ? edge_now_ : now_; }
TagHeap& FairQueue::heap_of(const Flow& f) { return is_edge(f) ? edge_heap_ : heap_; }

void FairQueue::push(Flow& f, Work& work, uint32_t work_class) {
  const bool fresh = !backlogged(f);
  f.work[work_class != 0 ? 1 : 0].push(work);
  if (!fresh || f.served) return;
  if (is_edge(f) && ++edges_ == 1) edges_start_ = std::max(edges_start_, now_);
  f.start = std::max(f.start, virtual_time_of(f));
  if (f.held) {
    ++held_;
  } else {
    heap_of(f).insert(f);
  }
}

Flow* FairQueue::begin() {
  if (empty()) return nullptr;
  const bool edge = heap_.empty() || (!edge_heap_.empty() && edges_start_ < heap_.top().start);
  TagHeap& heap = edge ? edge_heap_ : heap_;
  Flow& f = heap.top();
  heap.remove(f);
  f.served = true;
  if (edge) edge_now_ = std::max(edge_now_, f.start);
  now_ = std::max(now_, edge ? edges_start_ : f.start);
  return &f;
}

Work* FairQueue::next(Flow& f) {
  if (!f.work[0].empty() && (f.work[1].empty() || f.in_a_row < background_every)) {
    ++f.in_a_row;
    return f.work[0].pop();
  }
  f.in_a_row = 0;
  return f.work[1].pop();
}

void FairQueue::end(Flow& f) {
  f.served = false;
  if (!backlogged(f)) {
    const bool edge = is_edge(f);
    // The end of a busy period: whoever comes next is not preferred to the last one served.
    if (edge && --edges_ == 0) edge_now_ = std::max(edge_now_, f.start);
    if (empty()) now_ = std::max(now_, edge ? edges_start_ : f.start);
  } else if (f.held) {
    ++held_;
  } else {
    heap_of(f).insert(f);
  }
}

void FairQueue::charge(Flow& f, int64_t ns) {
  f.cpu.add(ns);
  advance(f, ns);
}

void FairQueue::advance(Flow& f, int64_t ns) {
  if (!f.served && !backlogged(f)) f.start = std::max(f.start, virtual_time_of(f));
  f.start += static_cast<double>(ns) / owner(f).weight();
  if (f.place != 0) heap_of(f).moved(f);
  if (!is_edge(f)) return;
  if (edges_ == 0) edges_start_ = std::max(edges_start_, now_);
  edges_start_ += static_cast<double>(ns) / edges_weight();
}

int64_t FairQueue::charged_elsewhere(const Account& account, size_t lane) {
  int64_t sum = 0;
  for (size_t i = 0; i < account.lanes(); ++i) {
    if (i == lane) continue;
    const Flow* other = account.flow(i);
    if (other != nullptr && other->account.load(std::memory_order_acquire) == &account) sum += other->cpu.get();
  }
  return sum;
}

void FairQueue::take_in_elsewhere(Flow& f) {
  const Account& account = owner(f);
  const int64_t elsewhere = charged_elsewhere(account, lane_);
  // A flow that ended elsewhere takes its count with it.
  const int64_t more = std::max<int64_t>(elsewhere - f.elsewhere, 0);
  f.elsewhere = elsewhere;
  if (more == 0 || !(backlogged(f) || f.served)) return;
  const double w = account.weight();
  const double most = std::max(f.start, virtual_time_of(f) + most_lead / w);
  f.start = std::min(f.start + static_cast<double>(more) / w, most);
  if (f.place != 0) heap_of(f).moved(f);
}

bool FairQueue::reconcile_flow(Flow& f, int64_t now) {
  if (published_) {
    take_in_elsewhere(f);
    check_cap(f, now);
  }
  const bool working = backlogged(f) || f.served;
  const bool owes = f.start > virtual_time_of(f) && !empty();  // while nobody wants the time it owes nothing
  if (working || f.in_flight.get() > 0 || f.queued.get() > 0 || f.requests_left > 0 || owes || f.held ||
      owner(f).kind() == Account::Kind::kernel) {
    f.idle_since = 0;
  } else if (f.idle_since == 0) {
    f.idle_since = now;
  } else if (now - f.idle_since >= idle_for) {
    retire(f);
    return false;
  }
  return true;
}

// A tenant with a cpu cap earns cap × time; what it uses beyond is owed, what it leaves in a window is lost.
void FairQueue::check_cap(Flow& f, int64_t now) {
  const double cap = owner(f).cpu_cap();
  const bool limited = cap < Limits::no_rate;
  if (!limited && !f.held) {
    f.window_until = 0;  // what is used meanwhile is no debt when a cap comes
    return;
  }
  const int64_t used = f.cpu.get() + f.elsewhere;
  if (f.window_until <= now) {
    const double earned = cap * static_cast<double>(cap_window);
    const auto spent = static_cast<double>(used - f.window_cpu);
    f.window_cpu = f.window_until == 0 || spent <= earned ? used : f.window_cpu + static_cast<int64_t>(earned);
    f.window_until = now + cap_window;
  }
  const bool hold = limited && static_cast<double>(used - f.window_cpu) >= cap * static_cast<double>(cap_window);
  if (hold == f.held) return;
  f.held = hold;
  if (!backlogged(f) || f.served) return;
  if (hold) {
    heap_of(f).remove(f);
    ++held_;
  } else {
    --held_;
    f.start = std::max(f.start, virtual_time_of(f));
    heap_of(f).insert(f);
  }
}

}  // namespace socle::sched
