// call_totals.hpp: calls by service and method as operators see them at /metrics: how many, how they ended, how long
// they took; summed over workers and generations. Workers count in their generations' own MethodStats; nothing is
// added up until somebody asks. What a generation has counted is kept when it ends, so that counters never fall.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socle::bus {

class Generation;

class CallTotals {
 public:
  static constexpr size_t most = 2048;  // methods; what comes later is counted as service="other"

  // A generation whose methods are known; it leaves before it is destroyed. Any thread.
  void enter(const Generation& g);
  void leave(const Generation& g);
  // Prometheus text of socle_calls_total and socle_call_seconds, methods that have been called. Any thread.
  [[nodiscard]] std::string text() const;

 private:
  static constexpr size_t statuses = 17;      // SOCLE_OK .. SOCLE_INTERNAL; PENDING stays 0
  static constexpr unsigned first_power = 8;  // 256 ns
  static constexpr unsigned last_power = 34;  // 17 s
  static constexpr unsigned power_step = 2;
  static constexpr size_t edges = (last_power - first_power) / power_step + 1;
  struct Method {
    std::array<int64_t, statuses> ended{};
    std::array<int64_t, edges + 1> timed{};  // calls below each edge, and the rest
    int64_t timed_for = 0;                   // nanoseconds
  };
  using Name = std::pair<std::string, std::string>;  // service, method
  using Table = std::map<Name, Method>;
  struct Living {
    const Generation* generation;
    std::vector<Name> methods;
  };
  static void add(Table& to, const Living& living);

  mutable std::mutex mutex_;
  std::vector<Living> living_;  // guarded by mutex_
  Table ended_;                 // guarded by mutex_: of generations that have left
};

}  // namespace socle::bus
