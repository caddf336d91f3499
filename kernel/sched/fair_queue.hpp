// fair_queue.hpp: which tenant's work one worker does next. Start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996)
// over flows, charged after the fact with the CPU time used: docs/design/scheduler.md tells why and what it bounds.
//
//   push() ──▶ flow's list ──▶ begin(): the backlogged flow with the smallest start tag ──▶ next() … ──▶ end()
//                                                charge(): start tag += time / weight, whenever time was used
//
// One worker's own; nothing here reads a clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "sched/account.hpp"
#include "sched/flow.hpp"
#include "sched/tag_heap.hpp"

namespace socle::sched {

class FairQueue {
 public:
  static constexpr int64_t reconcile_every = 5'000'000;  // ns
  static constexpr int64_t cap_window = 100'000'000;     // of the cpu cap
  // Service elsewhere delays a flow here by this much of its own share at most, so that it is never starved for what it
  // was given while nobody else wanted it.
  static constexpr double most_lead = 50e6;
  static constexpr size_t swept_at_once = 512;
  static constexpr uint32_t background_every = 16;  // interactive pieces while background ones wait

  // A lane beyond accounts.lanes() keeps its flows to itself, and knows neither cpu caps nor what others were given:
  // the staging thread, of which there may be a second one while a lost one comes back, and the offload pool.
  FairQueue(Accounts& accounts, size_t lane) : accounts_(accounts), lane_(lane), published_(lane < accounts.lanes()) {}
  ~FairQueue();
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  // The account's flow on this worker, made active when it is not.
  Flow& flow(Account& account) {
    Flow* f = published_ ? account.flow(lane_) : own(account);
    return f != nullptr ? *f : activate(account);
  }
  void push(Flow& flow, Work& work, uint32_t work_class);
  // The flow to serve now, until end(); nullptr: no flow that may be served has work.
  Flow* begin();
  [[nodiscard]] static bool backlogged(const Flow& flow) { return !flow.work[0].empty() || !flow.work[1].empty(); }
  // Its next piece of work: interactive before background, which gets one piece in 16.
  static Work* next(Flow& flow);
  void end(Flow& flow);
  // `ns` of CPU were used for it, here, at any time; negative: as much was charged too much.
  void charge(Flow& flow, int64_t ns);
  // Moves it back in the queue as a charge would, and counts nothing.
  void advance(Flow& flow, int64_t ns);
  // Every reconcile_every: takes in what other workers charged, ends windows of cpu caps, lets idle flows go. `visit`
  // sees each flow first. Looks at 512 flows at a time, so that 100,000 active tenants cost no more.
  template <class Visit>
  void reconcile(int64_t now, Visit&& visit) {
    for (size_t look = std::min(active_.size(), swept_at_once); look > 0 && !active_.empty(); --look) {
      if (sweep_ >= active_.size()) sweep_ = 0;
      visit(*active_[sweep_]);
      if (!reconcile_flow(*active_[sweep_], now)) {
        active_[sweep_] = active_.back();
        active_.pop_back();
      } else {
        ++sweep_;
      }
    }
  }
  void reconcile(int64_t now) {
    reconcile(now, [](Flow&) {});
  }

  [[nodiscard]] bool empty() const { return heap_.empty() && edge_heap_.empty(); }
  [[nodiscard]] bool holds() const { return held_ > 0; }  // work waits for the next window of a cpu cap
  [[nodiscard]] size_t active() const { return active_.size(); }
  [[nodiscard]] double virtual_time() const { return now_; }
  [[nodiscard]] size_t lane() const { return lane_; }
  [[nodiscard]] Accounts& accounts() const { return accounts_; }
  template <class Visit>
  void each(Visit&& visit) {
    for (Flow* f : active_) visit(*f);
  }

 private:
  Flow& activate(Account& account);
  [[nodiscard]] Flow* own(const Account& account) const;
  void retire(Flow& flow);
  // All edge tenants together are one flow of the upper level: so many addresses are one share, also those that come
  // one after the other, each new.
  [[nodiscard]] double edges_weight() const;
  [[nodiscard]] double& virtual_time_of(const Flow& flow);
  [[nodiscard]] TagHeap& heap_of(const Flow& flow);
  [[nodiscard]] bool reconcile_flow(Flow& flow, int64_t now);  // false: it has gone
  void take_in_elsewhere(Flow& flow);
  void check_cap(Flow& flow, int64_t now);
  [[nodiscard]] static int64_t charged_elsewhere(const Account& account, size_t lane);

  Accounts& accounts_;
  const size_t lane_;
  const bool published_;
  std::unordered_map<const Account*, Flow*> own_;  // unless published
  double now_ = 0;                                 // virtual time: start tag of what was served last
  TagHeap heap_;                                   // of all but edge tenants
  double edge_now_ = 0;                            // among the edge tenants
  double edges_start_ = 0;                         // start tag of all of them together, beside those in heap_
  TagHeap edge_heap_;
  std::vector<Flow*> active_;
  std::deque<Flow> slab_;  // never shrinks: other workers may read a flow
  std::vector<Flow*> free_;
  size_t sweep_ = 0;
  size_t edges_ = 0;  // edge tenants that have work or are served
  size_t held_ = 0;
};

}  // namespace socle::sched
