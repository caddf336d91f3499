#include "cell/ring/slab.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "cell/ring/layout.hpp"

namespace socle::cell {
namespace {
constexpr std::uint32_t kept_units = 16;
}

std::optional<std::uint32_t> Slab::lease(std::size_t size) {
  const std::size_t wanted = rounded(size, slab_unit) / slab_unit;
  if (wanted == 0 || wanted > slab_units) return std::nullopt;
  const auto units = static_cast<std::uint32_t>(wanted);
  const std::lock_guard lock(mutex_);
  std::uint32_t first = 0;
  for (const auto& [begin, count] : leases_) {
    if (begin - first >= units) break;
    first = begin + count;
  }
  if (first + units > slab_units) return std::nullopt;
  leases_.emplace(first, units);
  return first;
}

bool Slab::release(std::uint32_t unit) {
  const std::lock_guard lock(mutex_);
  const auto it = leases_.find(unit);
  if (it == leases_.end()) return false;
  const std::uint32_t from = std::max(it->first, kept_units);
  const std::uint32_t to = it->first + it->second;
  if (from < to) madvise(at(from), (to - from) * slab_unit, MADV_REMOVE);
  leases_.erase(it);
  return true;
}

std::byte* Slab::at(std::uint32_t unit) const { return base_ + unit * slab_unit; }

}  // namespace socle::cell
