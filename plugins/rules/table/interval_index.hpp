// interval_index.hpp: which rows of one column reach into an interval, without looking at the others: a search tree by
// where they begin, in which each part knows how far it reaches. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "table/rank_set.hpp"

namespace socle::rules {

class IntervalIndex {
 public:
  struct Entry {
    RankSet::Interval interval;
    std::uint32_t row;  // may have several entries
  };
  explicit IntervalIndex(std::vector<Entry> entries);

  // How many entries each() would give.
  [[nodiscard]] std::size_t count(const RankSet::Interval& wanted) const;
  // use(row) for every entry that has a place in common with `wanted`.
  template <class Use>
  void each(const RankSet::Interval& wanted, const Use& use) const {
    visit(0, entries_.size(), wanted, use);
  }

 private:
  // The root of the entries from … to - 1 is the one in the middle.
  template <class Use>
  void visit(std::size_t from, std::size_t to, const RankSet::Interval& wanted, const Use& use) const {
    while (from < to) {
      const auto middle = from + (to - from) / 2;
      if (reach_[middle] < wanted.low) return;
      visit(from, middle, wanted, use);
      const auto& entry = entries_[middle];
      if (entry.interval.low > wanted.high) return;
      if (entry.interval.high >= wanted.low) use(entry.row);
      from = middle + 1;
    }
  }
  Rank build(std::size_t from, std::size_t to);

  std::vector<Entry> entries_;  // by their lower ends
  std::vector<Rank> reach_;     // of a root: the highest end of its part
  std::vector<Rank> highs_;     // sorted
};

}  // namespace socle::rules
