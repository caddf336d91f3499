// line.cpp: see the header.
#include "table/line.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <queue>
#include <set>

namespace socle::rules {
namespace {

// Disjoint intervals that grow together.
class Taken {
 public:
  [[nodiscard]] bool covers(const RankSet::Interval& interval) const {
    const auto after = ends_.upper_bound(interval.low);
    return after != ends_.begin() && std::prev(after)->second >= interval.high;
  }
  void add(RankSet::Interval interval) {
    auto at = ends_.upper_bound(interval.low);
    if (at != ends_.begin() && std::prev(at)->second + 1 >= interval.low) --at;
    while (at != ends_.end() && at->first <= interval.high + 1) {
      interval.low = std::min(interval.low, at->first);
      interval.high = std::max(interval.high, at->second);
      at = ends_.erase(at);
    }
    ends_.emplace(interval.low, interval.high);
  }

 private:
  std::map<Rank, Rank> ends_;  // by where they begin
};

struct Span {
  RankSet::Interval interval;
  std::uint32_t row;
};

}  // namespace

std::optional<Rank> first_free(std::vector<RankSet::Interval> taken, RankSet::Interval within) {
  const auto all = RankSet::of(std::move(taken));
  const auto at = all.from(within.low);
  if (at == all.intervals().end() || at->low > within.low) return within.low;
  if (at->high >= within.high) return std::nullopt;
  return at->high + 1;
}

std::vector<bool> hidden_rows(const std::vector<RankSet>& cells, const std::vector<bool>& shields) {
  std::vector<bool> out(cells.size(), false);
  Taken taken;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const auto& intervals = cells[row].intervals();
    out[row] = !intervals.empty() && std::all_of(intervals.begin(), intervals.end(),
                                                 [&](const auto& interval) { return taken.covers(interval); });
    if (shields[row] && !out[row])
      for (const auto& interval : intervals) taken.add(interval);
  }
  return out;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_on_line(const std::vector<RankSet>& cells,
                                                                   const std::vector<std::uint32_t>& rows, Rank lowest,
                                                                   std::size_t most,
                                                                   const std::vector<std::uint32_t>& groups,
                                                                   const Counts& counts) {
  std::vector<Span> spans;
  for (const auto row : rows)
    for (auto interval : cells[row].intervals()) {
      interval.low = std::max(interval.low, lowest);
      if (interval.low <= interval.high) spans.push_back({interval, row});
    }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::pair(a.interval.low, a.row) < std::pair(b.interval.low, b.row);
  });
  const auto group_of = [&](std::uint32_t row) { return groups.empty() ? row : groups[row]; };
  // What reaches the place of the sweep, by group: whatever of another group is in there makes a pair.
  using End = std::pair<Rank, std::uint32_t>;  // and its row
  std::map<std::uint32_t, std::multiset<End>> open;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends;
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const auto& [interval, row] : spans) {
    for (; !ends.empty() && ends.top().first < interval.low; ends.pop()) {
      const auto of = open.find(group_of(ends.top().second));
      of->second.erase(of->second.find(ends.top()));
      if (of->second.empty()) open.erase(of);
    }
    const auto own = group_of(row);
    for (const auto& [group, members] : open) {
      if (group == own) continue;
      for (const auto& [end, other] : members) {
        const std::pair pair(std::min(row, other), std::max(row, other));
        if (counts(pair.first, pair.second)) pairs.insert(pair);
        if (pairs.size() >= most) return {pairs.begin(), pairs.end()};
      }
    }
    open[own].emplace(interval.high, row);
    ends.emplace(interval.high, row);
  }
  return {pairs.begin(), pairs.end()};
}

}  // namespace socle::rules
