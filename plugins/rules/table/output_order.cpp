// output_order.cpp: see the header.
#include "table/output_order.hpp"

#include <algorithm>

namespace socle::rules {

OutputOrder::OutputOrder(std::vector<cel::Value> values) : values_(std::move(values)) {
  by_hash_.reserve(values_.size());
  for (std::uint32_t i = 0; i < values_.size(); ++i) by_hash_.emplace_back(cel::hash(values_[i]), i);
  std::sort(by_hash_.begin(), by_hash_.end());
}

std::size_t OutputOrder::place(const cel::Value& value) const {
  const auto hash = cel::hash(value);
  auto at = std::lower_bound(by_hash_.begin(), by_hash_.end(), std::pair(hash, std::uint32_t{0}));
  for (; at != by_hash_.end() && at->first == hash; ++at)
    if (cel::equal(values_[at->second], value)) return at->second;
  return values_.size();
}

}  // namespace socle::rules
