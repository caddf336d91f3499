#include "store/upkeep.hpp"

#include <algorithm>
#include <cmath>

namespace socle::storage {

std::uint64_t weight_of(std::span<const Change> changes) {
  std::uint64_t out = changes.size() * entry_weight;
  for (const Change& change : changes) out += change.key.size() + change.value.size();
  return out;
}

// Begins as if half a life's worth had been measured at the first rate, so that the first flush, which is not followed
// by a compaction yet, does not pass for all that there is to pay.
Upkeep::Upkeep(std::uint64_t half_life)
    : half_life_(static_cast<double>(half_life)), cpu_(first_rate * half_life_), weight_(half_life_) {}

void Upkeep::begin(Duration cpu, std::uint64_t weight) {
  cpu_seen_ = cpu;
  weight_seen_ = weight;
}

Upkeep::Duration Upkeep::observe(Duration cpu, std::uint64_t weight) {
  const Duration spent = cpu - cpu_seen_;
  // What was written costs nothing until it is flushed: it waits for that, and does not make the rate look lower.
  if (spent <= Duration::zero()) return Duration::zero();
  const auto written = static_cast<double>(weight - weight_seen_);
  begin(cpu, weight);
  const double kept = std::exp2(-written / half_life_);
  weight_ = weight_ * kept + written;
  // Over the bound it is forgotten, or the rate would stand there long after.
  cpu_ = std::min(cpu_ * kept + static_cast<double>(spent.count()), most_rate * weight_);
  rate_.store(cpu_ / weight_, std::memory_order_relaxed);
  return spent;
}

}  // namespace socle::storage
