// lane.hpp: the commit lane: the one place where writes of all workers become groups. Workers submit; one offload
// thread at a time takes what waits, fairly by tenant, commits group after group and sends the answers home.
//
//   workers ──submit()──▶ lock-free stack ──run() on the offload pool──▶ queues by tenant ──▶ group ──▶ Committer
//      ▲                                                                                                    │
//      └───────────────────────────── LaneHost::deliver(), one message per worker and group ◀───────────────┘
//
// submit() from any worker. run() only when LaneHost::start_lane() asked for it; never two at once: whoever turns
// `running_` on owns everything below it until it is turned off.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/committer.hpp"
#include "store/lane_share.hpp"

namespace socle::storage {

class LaneHost {
 public:
  virtual ~LaneHost() = default;
  // Have run() called on an offload thread, soon. Called on the worker that submitted.
  virtual void start_lane() = 0;
  // `first` and those after it (Call::next) are answered; to their worker. Called by run().
  virtual void deliver(std::uint32_t worker, Call* first) = 0;
  // These tenants' feeds have grown. Called by run(), after deliver().
  virtual void advanced(const std::set<std::string, std::less<>>& tenants) = 0;
  virtual std::int64_t now_ms() = 0;  // Unix time; any thread
};

struct LaneLimits {
  std::size_t tenant_bytes = std::size_t{256} << 10;  // of one tenant in one group
  std::size_t group_bytes = std::size_t{4} << 20;
  std::size_t group_calls = 1024;
  std::size_t queue_bytes = std::size_t{16} << 20;  // of one tenant waiting; more is refused
};

class Lane {
 public:
  Lane(Committer& committer, LaneShare& share, LaneHost& host, LaneLimits limits, const Meters& meters = {});

  // Reads the store's state, once nobody else writes. Staging thread or a worker; waits for another lane's group.
  Status open();

  void submit(Call* call);
  // Wakes the lane for background work and the syncing of asynchronous writes.
  void nudge();
  void run();
  // For a host whose start_lane() could not be carried out: the calls that wait are answered with `error`.
  void abandon(const Error& error);
  [[nodiscard]] bool idle() const { return !running_.load(std::memory_order_acquire); }

 private:
  struct Queue {
    std::deque<Call*> calls;
    std::size_t bytes = 0;
  };
  void take_waiting();
  std::vector<Call*> next_group();
  void take_from(const std::string& tenant, std::vector<Call*>& group, std::size_t& bytes);
  void send_home(const std::vector<Call*>& calls);
  void commit(const std::vector<Call*>& group);
  void measure(const std::vector<Call*>& group) const;
  bool background();

  Committer& committer_;
  LaneShare& share_;
  std::uint64_t self_ = 0;
  LaneHost& host_;
  const LaneLimits limits_;
  const Meters meters_;
  std::atomic<Call*> waiting_{nullptr};
  std::atomic<bool> running_{false};
  std::atomic<bool> nudged_{false};
  // Owned by run():
  std::unordered_map<std::string, Queue> queues_;
  std::deque<std::string> turns_;  // tenants that wait, in the order of their turns
  std::vector<Call*> refused_;
};

}  // namespace socle::storage
