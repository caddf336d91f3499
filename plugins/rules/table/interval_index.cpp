// interval_index.cpp: see the header.
#include "table/interval_index.hpp"

#include <algorithm>
#include <utility>

namespace socle::rules {

IntervalIndex::IntervalIndex(std::vector<Entry> entries) : entries_(std::move(entries)), reach_(entries_.size()) {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.interval.low < b.interval.low; });
  for (const auto& entry : entries_) highs_.push_back(entry.interval.high);
  std::sort(highs_.begin(), highs_.end());
  (void)build(0, entries_.size());
}

Rank IntervalIndex::build(std::size_t from, std::size_t to) {
  if (from == to) return 0;
  const auto middle = from + (to - from) / 2;
  const auto sides = std::max(build(from, middle), build(middle + 1, to));
  return reach_[middle] = std::max(entries_[middle].interval.high, sides);
}

std::size_t IntervalIndex::count(const RankSet::Interval& wanted) const {
  const auto begun = std::upper_bound(entries_.begin(), entries_.end(), wanted.high,
                                      [](Rank high, const Entry& entry) { return high < entry.interval.low; });
  const auto over = std::lower_bound(highs_.begin(), highs_.end(), wanted.low);
  return static_cast<std::size_t>(begun - entries_.begin()) - static_cast<std::size_t>(over - highs_.begin());
}

}  // namespace socle::rules
