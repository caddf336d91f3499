// lane_share.hpp: what the lanes of successive generations on one database share, so that never two of them write: kept
// beside the rocksdb_t as a resident handle, made of memory that librocksdb can free. Whoever commits holds the mutex;
// who finds another owner has stale caches and must read the store's state again.
#pragma once

#include <cstdint>
#include <mutex>
#include <type_traits>

namespace socle::storage {

struct LaneShare {
  std::mutex mutex;
  std::uint64_t owner = 0;  // guarded by mutex
  std::uint64_t lanes = 0;  // guarded by mutex: numbers given out
};
static_assert(std::is_trivially_destructible_v<LaneShare>, "it is freed, not destroyed");

}  // namespace socle::storage
