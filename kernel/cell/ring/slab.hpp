// cell/ring/slab.hpp: room for messages over 72 KiB: runs of 64 KiB units of one memory that all lanes of a direction
// share. First fit. What lies above the first MiB is given back to the system when its lease ends, so that one large
// body does not cost its size for ever. Any thread; the lock is taken only for large messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace socle::cell {

class Slab {
 public:
  explicit Slab(std::byte* base) : base_(base) {}

  // The first unit of a run that holds `size` bytes; nullopt: no such run is free.
  std::optional<std::uint32_t> lease(std::size_t size);
  // false: no lease begins there.
  bool release(std::uint32_t unit);
  [[nodiscard]] std::byte* at(std::uint32_t unit) const;

 private:
  std::byte* base_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::uint32_t> leases_;  // first unit → units; guarded by mutex_
};

}  // namespace socle::cell
