// upkeep.hpp: what keeping the store in order costs for each byte written to it: the CPU time of flushes and
// compactions, which RocksDB's threads use for all tenants together, over what was written meanwhile. The plugin tells
// it both totals once a second and charges each change with its part.
//
// begin() and observe() from one thread at a time; rate() and cost() from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "store/kv.hpp"

namespace socle::storage {

// Bytes of keys and values, and 300 for each entry: to sort, merge and index one costs as much as 300 bytes of it do.
// So the rate is about the same for small documents and for large ones, and neither pays for the other.
inline constexpr std::uint64_t entry_weight = 300;
[[nodiscard]] std::uint64_t weight_of(std::span<const Change> changes);

class Upkeep {
 public:
  using Duration = std::chrono::nanoseconds;
  // All rates are in nanoseconds of CPU time for a byte of weight; `upkeep_bench` prints what they rest on.
  // Until something was measured: with the memtable of 8 MiB it is 6 to 8 for documents of 100 bytes, 1.5 KB and 100 KB
  // once they are merged, and 1 before.
  static constexpr double first_rate = 7;
  // Five times the worst that was measured (a memtable of 1 MiB). Compactions of an earlier load may go on when little
  // is written any more; whoever writes then does not pay for all of them.
  static constexpr double most_rate = 100;
  // What was measured this many bytes ago counts half. Eight memtables: two rounds of level 0, which is merged when it
  // has four files.
  static constexpr std::uint64_t default_half_life = std::uint64_t{64} << 20;

  explicit Upkeep(std::uint64_t half_life = default_half_life);

  // Totals, which only grow, as they stand: what they count until now is nobody's here.
  void begin(Duration cpu, std::uint64_t weight);
  // Totals again. The CPU time since the last look.
  Duration observe(Duration cpu, std::uint64_t weight);

  [[nodiscard]] double rate() const { return rate_.load(std::memory_order_relaxed); }
  [[nodiscard]] Duration cost(std::uint64_t weight) const {
    return Duration(static_cast<std::int64_t>(static_cast<double>(weight) * rate()));
  }

 private:
  const double half_life_;
  double cpu_, weight_;  // lately; the older the less
  Duration cpu_seen_{};
  std::uint64_t weight_seen_ = 0;
  std::atomic<double> rate_{first_rate};
};

}  // namespace socle::storage
