// monitor.hpp: looks at the workers from outside, a hundred times a second while they work: who pays and whose code
// runs (samples are what `socle top` and the metrics show of tenants × plugins, at no cost to the request path), and
// whether a worker still turns. One thread of its own; the questions may come from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sched/account.hpp"

namespace socle::bus {

class Bus;

// A worker that has not come round for longer than the limit.
struct Stall {
  uint32_t worker = 0;
  std::string tenant, plugin, method;  // method: "notes/1.create", or "event" (a timer, a socket, a continuation)
  int64_t milliseconds = 0;
};

// What a tenant uses now.
struct TenantUse {
  const sched::Account* account = nullptr;
  double cpu = 0;   // of one core, over the last ten seconds or so
  double rate = 0;  // requests a second
  sched::Usage usage;
  std::vector<std::pair<std::string, double>> plugins;  // cpu by plugin, the largest first
};

class Monitor {
 public:
  static constexpr int64_t look_every = 10'000'000;  // ns

  Monitor(Bus& bus, int64_t stall_after) : bus_(bus), stall_after_(stall_after) {}
  ~Monitor() { stop(); }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  void start();
  void stop();

  // Time that a plugin used for an account where no look reaches: in a cell.
  void used(const sched::Account& account, const sched::Account& plugin, int64_t ns);
  [[nodiscard]] std::vector<Stall> stalls() const;
  [[nodiscard]] uint64_t stalls_seen() const;
  // Tenants and edge tenants by CPU, the largest first. Plugins' and the kernel's own work comes as "~plugin/NAME".
  [[nodiscard]] std::vector<TenantUse> top(size_t most) const;
  // Prometheus text of the `most` largest: so many label values, whatever the number of tenants.
  [[nodiscard]] std::string metrics(size_t most) const;

 private:
  using Key = std::pair<const sched::Account*, const sched::Account*>;  // payer, plugin
  struct Seen {
    uint64_t turns = 0;
    int64_t since = 0;  // it is in this turn
    bool told = false;
  };
  struct Rate {
    uint64_t requests = 0;
    double value = 0;
  };
  void run();
  bool look(int64_t now);  // true: somebody works
  void every_second();
  [[nodiscard]] Stall describe(uint32_t worker, int64_t since, int64_t now) const;

  Bus& bus_;
  const int64_t stall_after_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_, as all below
  std::vector<Seen> seen_;
  std::map<Key, double> samples_;                // decaying
  std::map<const sched::Account*, Rate> rates_;  // of accounts in samples_
  int64_t looked_at_ = 0;
  double weight_ = 0;  // what a worker that was always found would have
  uint64_t stalls_ = 0;
  std::thread thread_;
};

}  // namespace socle::bus
