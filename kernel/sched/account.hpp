// account.hpp: what the scheduler keeps of one tenant for the whole node: its limits, what its workers hold of them,
// and what it used. An idle tenant is this object and nothing else; what a worker keeps of an active one is in
// flow.hpp.
//
// Who is who: `acme` is a tenant, `~peer/10.0.0.7` an edge tenant (traffic of an address before it says who it is),
// `~plugin/storage` a plugin's own work (its timers, its start), `~kernel` the kernel's. No tenant id begins with '~'.
//
// The tenants' registry writes limits, workers read them; both at any time, from any thread: a change holds from the
// next admission on. Budgets for the whole node that are used in small parts (rate, memory) are leased to workers in
// slices, so that the request path rarely touches their shared words; requests in work and waiting are counted as they
// are.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limit_bounds.hpp"

namespace socle::sched {

struct Flow;

// A tenant's plan as far as the scheduler interprets it. The default limits nothing. Account::set() brings what would
// hold a request for ever into range; plans that ask for it are refused (manifest/limit.hpp).
struct Limits {
  static constexpr double no_rate = std::numeric_limits<double>::infinity();
  static constexpr uint32_t no_count = std::numeric_limits<uint32_t>::max();
  static constexpr uint64_t no_bytes = std::numeric_limits<uint64_t>::max();
  static constexpr double least_weight = base::least_weight, most_weight = base::most_weight;
  static constexpr double least_cpu = base::least_cpu;

  double weight = 1;                // share of the node's CPU while others want it too; least_weight to most_weight
  double rate = no_rate;            // requests a second
  double burst = 0;                 // requests at once after a pause; 0: one second's worth of `rate`, at least one
  uint32_t in_flight = no_count;    // requests being worked on; at least 1
  uint32_t queue = no_count;        // requests waiting for that; the next one is refused
  double cpu = no_rate;             // CPU seconds a second, also while nobody else wants them; least_cpu at least
  uint64_t memory = no_bytes;       // bytes the tenant holds at a time
  uint64_t call_memory = no_bytes;  // bytes of arenas, payloads and frames one request may hold in a process
};

// The request rate of a tenant, for RateLimit headers.
struct RateState {
  double limit = Limits::no_rate;  // requests a second
  double burst = 0;
  int64_t remaining = 0;    // requests that would be admitted now
  int64_t reset_for = 0;    // ns until `remaining` is `burst` again
  int64_t retry_after = 0;  // ns until the next request would be admitted; 0: now
};

// What a tenant holds and has used since the process began.
struct Usage {
  int64_t cpu = 0;        // ns
  uint64_t requests = 0;  // admitted
  uint64_t refused = 0;   // over rate (429)
  uint64_t shed = 0;      // over in-flight and queue, past the deadline, or no memory (503)
  int64_t in_flight = 0, queued = 0;
  int64_t memory = 0;  // bytes
  double p99_us = 0;   // of requests, over its active time on the workers
};

class Account {
 public:
  enum class Kind : uint8_t { tenant, edge, plugin, kernel };

  // `lanes`: how many threads publish flows: the workers.
  Account(std::string id, Kind kind, size_t lanes);
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // Good for a minute at least: an account that nobody uses may be given to another (Accounts), which renames it.
  [[nodiscard]] const std::string& id() const { return *id_.load(std::memory_order_acquire); }
  [[nodiscard]] Kind kind() const { return kind_; }

  // -- any thread
  void set(const Limits& limits);
  void set_weight(double weight);
  void set_memory(uint64_t memory, uint64_t call_memory);  // of Limits
  [[nodiscard]] Limits limits() const;
  [[nodiscard]] double weight() const { return weight_.load(std::memory_order_relaxed); }
  [[nodiscard]] Usage usage() const;
  [[nodiscard]] int64_t cpu() const;  // of usage()
  [[nodiscard]] RateState rate_state(int64_t now) const;

  // -- for workers: leases. Each is one operation on a shared word.
  // Up to `most` requests of the rate's budget at `now`; 0: the rate is used up.
  [[nodiscard]] uint32_t take_requests(uint32_t most, int64_t now);
  // Unused ones of a lease made in `epoch`; those of an earlier one are void: they were counted at another rate.
  void give_requests(uint32_t unused, uint32_t epoch);
  [[nodiscard]] uint32_t epoch() const { return epoch_.load(std::memory_order_acquire); }  // of the rate
  [[nodiscard]] bool rate_limited() const { return interval_.load(std::memory_order_relaxed) > 0; }
  // A request may begin where fewer than `cap` are in work, on all lanes; end() is its end. Whoever finds no place says
  // so with wait() before it looks again, and who ends one looks at waiting() behind that: one of the two sees the
  // other.
  [[nodiscard]] bool begin(uint32_t cap);
  void end() { running_.fetch_sub(1); }
  [[nodiscard]] uint32_t running() const { return running_.load(); }
  // How many waited before.
  uint32_t wait() { return waiting_.fetch_add(1); }
  void stop_waiting() { waiting_.fetch_sub(1); }
  [[nodiscard]] uint32_t waiting() const { return waiting_.load(); }
  // All of `bytes`, or false: the tenant's memory is used up. Nothing is always had.
  [[nodiscard]] bool take_memory(int64_t bytes);
  void give_memory(int64_t bytes) { memory_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Connections of an edge tenant that wait to be taken, on all workers.
  std::atomic<uint32_t> arrivals{0};
  [[nodiscard]] int64_t memory() const { return memory_.load(std::memory_order_relaxed); }
  // Of what is held: kept beyond requests; `bytes` may be negative.
  void keep_memory(int64_t bytes) { kept_.fetch_add(bytes, std::memory_order_relaxed); }
  // What may be held for requests to go on: the cap, and what is kept beyond half of it. Who keeps more than that (a
  // smaller plan came after it was kept) still has half for its requests, which is how it gets rid of it.
  [[nodiscard]] uint64_t working_cap() const;
  // How near the tenant's requests are to what is theirs of its memory, which is what is kept leaves, and half at
  // least: 0 below 50 %, 1 up to 70 %, 2 above.
  [[nodiscard]] uint32_t pressure() const;
  // In a cell: the kernel says it is at least so near.
  void press(uint32_t level) { told_pressure_.store(level, std::memory_order_relaxed); }
  [[nodiscard]] uint32_t in_flight_cap() const { return in_flight_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint32_t queue_cap() const { return queue_.load(std::memory_order_relaxed); }
  [[nodiscard]] double cpu_cap() const { return cpu_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t memory_cap() const { return memory_cap_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t call_memory_cap() const { return call_memory_.load(std::memory_order_relaxed); }

  // The flow of lane `lane`, nullptr while it is idle there. Flows are never freed, only used again for another
  // account, so another lane may read one: it checks Flow::account.
  [[nodiscard]] Flow* flow(size_t lane) const;
  void set_flow(size_t lane, Flow* flow);
  // What a flow counted, when it ends.
  void fold(const Usage& past);
  [[nodiscard]] size_t lanes() const { return lanes_; }

 private:
  friend class Accounts;
  // No lane has a flow of it and nothing of it waits or is held.
  [[nodiscard]] bool unused() const;
  // Makes it another's; the name it had.
  std::unique_ptr<const std::string> rename(std::string id);

  std::atomic<const std::string*> id_;
  const Kind kind_;
  const uint8_t lanes_;
  std::atomic<double> weight_{1}, cpu_{Limits::no_rate};
  // The rate as GCRA (ITU-T I.371): one request every `interval_` ns, `tolerance_` ns early at most; `due_` is the
  // theoretical arrival time of the next one.
  std::atomic<int64_t> interval_{0}, tolerance_{0}, due_{0};
  std::atomic<uint32_t> epoch_{0}, told_pressure_{0};
  std::atomic<uint32_t> in_flight_{Limits::no_count}, queue_{Limits::no_count};
  std::atomic<uint64_t> memory_cap_{Limits::no_bytes}, call_memory_{Limits::no_bytes};
  std::atomic<uint32_t> running_{0}, waiting_{0};  // requests, on all lanes
  std::atomic<int64_t> memory_{0};                 // bytes leased to workers
  std::atomic<int64_t> kept_{0};                   // of them, or not leased yet
  // Of flows that ended.
  std::atomic<int64_t> past_cpu_{0};
  std::atomic<uint64_t> past_requests_{0}, past_refused_{0}, past_shed_{0};
  std::atomic<std::atomic<Flow*>*> flows_{nullptr};  // one a lane, made when the account first becomes active
};

// The name of the edge tenant of an address. IPv6 counts by /64, which is what one subscriber gets.
[[nodiscard]] std::string edge_name(std::string_view peer);

// All accounts of a node. Any thread. An account is never freed while the process runs, so pointers stay good. One that
// nobody uses is given to another: an address not seen for a while makes room for a new one, and a deleted tenant's
// goes to a new tenant a minute later. Whoever kept a pointer (a connection that slept meanwhile) then shares the
// other's account, as addresses beyond `max_edges` at work do anyway.
class Accounts {
 public:
  static constexpr double edge_weight = 0.25;  // of one edge tenant; all of them together get 1 at most
  static constexpr double house_weight = 16;   // the kernel's and the plugins' own work
  static constexpr size_t max_edges = 4096;  // at work; beyond: addresses share by hash (stochastic fairness queueing)
  static constexpr int64_t rest = 60'000'000'000;  // ns before a name, or a deleted tenant's account, is used again

  explicit Accounts(size_t lanes);
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  Account& tenant(std::string_view id);  // made unlimited when it is not there
  Account& edge(std::string_view peer);
  // The tenant is deleted: a later one of that id begins anew. `now`: monotonic.
  void forget(std::string_view id, int64_t now);
  Account& plugin(std::string_view name);
  Account& kernel() { return *kernel_; }
  // By the name a context carries: "" is the kernel, "~peer/ADDR" an edge tenant, all else a tenant.
  Account& named(std::string_view id);
  [[nodiscard]] Account* find(std::string_view id) const;
  void each(const std::function<void(Account&)>& visit) const;
  [[nodiscard]] size_t size() const;
  [[nodiscard]] size_t lanes() const { return lanes_; }

 private:
  Account& make(std::string id, Account::Kind kind);
  // mutex_ held
  Account* idle_edge();
  std::unique_ptr<Account> spare();
  void bury(std::unique_ptr<const std::string> name, int64_t now);
  const size_t lanes_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string_view, std::unique_ptr<Account>> accounts_;  // guarded by mutex_; keys are their ids
  std::vector<Account*> edges_;                                              // guarded by mutex_
  size_t hand_ = 0;  // of idle_edge(), guarded by mutex_, as all below
  struct Spare {
    std::unique_ptr<Account> account;
    int64_t since;
  };
  std::deque<Spare> spare_;
  std::deque<std::pair<std::unique_ptr<const std::string>, int64_t>> names_;  // that somebody may still look at
  Account* kernel_;
};

}  // namespace socle::sched
