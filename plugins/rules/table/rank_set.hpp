// rank_set.hpp: a set of a column's ranks (see column.hpp) as sorted, disjoint, closed intervals with gaps between
// them. One cell's is small; what a domain of thousands of constants makes is not, so nothing here walks through both.
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
  // The first interval that does not end before the rank.
  [[nodiscard]] auto from(Rank rank) const {
    return std::lower_bound(intervals_.begin(), intervals_.end(), rank,
                            [](const Interval& interval, Rank wanted) { return interval.high < wanted; });
  }
  [[nodiscard]] bool contains(Rank rank) const {
    const auto at = from(rank);
    return at != intervals_.end() && at->low <= rank;
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
  // Of intervals in any order, that may overlap.
  [[nodiscard]] static RankSet of(std::vector<Interval> intervals) {
    std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) { return a.low < b.low; });
    RankSet out;
    for (const auto& interval : intervals) out.append(interval.low, interval.high);
    return out;
  }
  void add(const RankSet& other) {
    intervals_.insert(intervals_.end(), other.intervals_.begin(), other.intervals_.end());
    *this = of(std::move(intervals_));
  }
  // Looks at as many intervals as the smaller one has, and at those found.
  [[nodiscard]] RankSet common(const RankSet& other) const {
    const bool smaller = intervals_.size() <= other.intervals_.size();
    const auto& few = smaller ? *this : other;
    const auto& many = smaller ? other : *this;
    RankSet out;
    for (const auto& interval : few.intervals_)
      for (auto at = many.from(interval.low); at != many.intervals_.end() && at->low <= interval.high; ++at)
        out.intervals_.push_back({std::max(at->low, interval.low), std::min(at->high, interval.high)});
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
    const bool smaller = intervals_.size() <= other.intervals_.size();
    const auto& few = smaller ? *this : other;
    const auto& many = smaller ? other : *this;
    return std::any_of(few.intervals_.begin(), few.intervals_.end(), [&](const Interval& interval) {
      const auto at = many.from(interval.low);
      return at != many.intervals_.end() && at->low <= interval.high;
    });
  }

 private:
  std::vector<Interval> intervals_;
};

}  // namespace socle::rules
