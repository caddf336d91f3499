// rank_set.hpp: a set of a column's ranks (see column.hpp) as sorted, disjoint, closed intervals.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace socle::rules {

using Rank = std::uint32_t;

class RankSet {
 public:
  struct Interval {
    Rank low;
    Rank high;
    bool operator==(const Interval&) const = default;
  };

  RankSet() = default;
  RankSet(Rank low, Rank high) {
    if (low <= high) intervals_.push_back({low, high});
  }

  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
  [[nodiscard]] bool empty() const { return intervals_.empty(); }
  [[nodiscard]] bool contains(Rank rank) const {
    for (const auto& interval : intervals_)
      if (rank <= interval.high) return rank >= interval.low;
    return false;
  }
  // REQUIRES: !empty()
  [[nodiscard]] Rank lowest() const { return intervals_.front().low; }
  [[nodiscard]] Rank highest() const { return intervals_.back().high; }
  bool operator==(const RankSet&) const = default;

  // REQUIRES: nothing in the set is above `low`
  void append(Rank low, Rank high) {
    if (!intervals_.empty() && low <= intervals_.back().high + 1)
      intervals_.back().high = std::max(intervals_.back().high, high);
    else
      intervals_.push_back({low, high});
  }
  void add(const RankSet& other) {
    intervals_.insert(intervals_.end(), other.intervals_.begin(), other.intervals_.end());
    std::sort(intervals_.begin(), intervals_.end(), [](const Interval& a, const Interval& b) {
      return a.low < b.low || (a.low == b.low && a.high < b.high);
    });
    std::vector<Interval> joined;
    for (const auto& interval : intervals_) {
      if (!joined.empty() && interval.low <= joined.back().high + 1)
        joined.back().high = std::max(joined.back().high, interval.high);
      else
        joined.push_back(interval);
    }
    intervals_ = std::move(joined);
  }
  [[nodiscard]] RankSet common(const RankSet& other) const {
    RankSet out;
    for (auto a = intervals_.begin(), b = other.intervals_.begin();
         a != intervals_.end() && b != other.intervals_.end();) {
      const auto low = std::max(a->low, b->low);
      const auto high = std::min(a->high, b->high);
      if (low <= high) out.intervals_.push_back({low, high});
      if (a->high < b->high)
        ++a;
      else
        ++b;
    }
    return out;
  }
  // Within 0…last.
  [[nodiscard]] RankSet complement(Rank last) const {
    RankSet out;
    Rank next = 0;
    for (const auto& interval : intervals_) {
      if (interval.low > next) out.intervals_.push_back({next, interval.low - 1});
      next = interval.high + 1;
    }
    if (next <= last) out.intervals_.push_back({next, last});
    return out;
  }
  [[nodiscard]] bool meets(const RankSet& other) const {
    for (auto a = intervals_.begin(), b = other.intervals_.begin();
         a != intervals_.end() && b != other.intervals_.end();) {
      if (std::max(a->low, b->low) <= std::min(a->high, b->high)) return true;
      if (a->high < b->high)
        ++a;
      else
        ++b;
    }
    return false;
  }

 private:
  std::vector<Interval> intervals_;
};

}  // namespace socle::rules
