// places.hpp: what can come into a column, numbered from 0 without holes. Hollow ranks (no integer between 17 and 18)
// and what the schema refuses break a domain of ranks into thousands of intervals; in places a cell is as small as its
// author wrote it. Immutable; any thread.
#pragma once

#include <algorithm>
#include <vector>

#include "table/rank_set.hpp"

namespace socle::rules {

class Places {
 public:
  // REQUIRES: !domain.empty()
  explicit Places(const RankSet& domain) : domain_(domain) {
    for (const auto& interval : domain_.intervals()) {
      before_.push_back(size_);
      size_ += interval.high - interval.low + 1;
    }
  }

  [[nodiscard]] Rank size() const { return size_; }
  // REQUIRES: place < size()
  [[nodiscard]] Rank rank(Rank place) const {
    const auto at = std::upper_bound(before_.begin(), before_.end(), place) - before_.begin() - 1;
    const auto i = static_cast<std::size_t>(at);
    return domain_.intervals()[i].low + (place - before_[i]);
  }
  // The places of those ranks that can come.
  [[nodiscard]] RankSet of(const RankSet& ranks) const {
    RankSet out;
    for (const auto& interval : ranks.intervals()) {
      const auto low = below(interval.low);
      const auto end = below(interval.high + 1);
      if (low < end) out.append(low, end - 1);
    }
    return out;
  }

 private:
  // How many places lie below the rank.
  [[nodiscard]] Rank below(Rank rank) const {
    const auto at = domain_.from(rank);
    if (at == domain_.intervals().end()) return size_;
    const auto i = static_cast<std::size_t>(at - domain_.intervals().begin());
    return before_[i] + (rank > at->low ? rank - at->low : 0);
  }

  RankSet domain_;
  std::vector<Rank> before_;  // an interval of the domain: the places below it
  Rank size_ = 0;
};

}  // namespace socle::rules
