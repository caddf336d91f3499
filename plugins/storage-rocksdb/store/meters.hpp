// meters.hpp: what the store tells operators at /metrics; docs/operations.md lists the names. Without a host (tests of
// the store alone) a metric does nothing. Writes are counted by the lane's thread; reads by each worker for itself and
// handed over once a second, so that no counter is shared on their path.
#pragma once

#include <socle/plugin.hpp>

#include <chrono>

namespace socle::storage {

struct Meters {
  Metric writes, refused, group_calls, write_seconds;       // lane
  Metric commits_synced, commits_unsynced, syncs, written;  // committer
  Metric gets, queries, other_reads, looked_at, too_broad, offloaded;
  Metric wal, memtables, files, block_cache, compaction, stalled, stalled_for;
  Metric upkeep, upkeep_rate;

  Meters() = default;
  explicit Meters(const Host& host);
};

// Seconds since `begun`, for a histogram.
using MeterClock = std::chrono::steady_clock;
[[nodiscard]] inline double seconds_since(MeterClock::time_point begun) {
  return std::chrono::duration<double>(MeterClock::now() - begun).count();
}

}  // namespace socle::storage
