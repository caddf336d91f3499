// levels.hpp: tells the kernel what each tenant stores, in the order of the changes although their answers arrive on
// several workers: a level that comes late is dropped. Any worker.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace socle::storage {

class Levels {
 public:
  // report() runs unless a later level of this tenant was reported. It must not call back.
  template <class F>
  void in_order(std::string_view tenant, std::uint64_t order, F&& report) {
    Shard& shard = shards_[std::hash<std::string_view>()(tenant) % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    // Only changes that are under way at the same time can overtake each other, so forgetting old ones is safe.
    if (shard.latest.size() >= max_kept) shard.latest.clear();
    std::uint64_t& latest = shard.latest[std::string(tenant)];
    if (order < latest) return;
    latest = order;
    report();
  }

 private:
  static constexpr std::size_t max_kept = 256;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::uint64_t> latest;  // guarded by mutex
  };
  std::array<Shard, 64> shards_;
};

}  // namespace socle::storage
