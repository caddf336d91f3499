// analysis.cpp: rows are boxes in the space of places. One column: sorted intervals (line.hpp). Several: each row is
// compared with those that an index of its most selective column names, and boxes are cut (coverage.hpp).
#include "table/analysis.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "table/column.hpp"

namespace socle::rules {
namespace {

constexpr std::size_t most_boxes = 256;     // of one row
constexpr std::size_t most_intervals = 64;  // of a cell that is looked up one by one, not as one span

// Every combination of the sets' intervals as boxes; false when there would be too many.
bool boxes_of(const std::vector<RankSet>& sets, std::vector<Coverage::Box>& out) {
  out.assign(1, {});
  for (const auto& set : sets) {
    std::vector<Coverage::Box> longer;
    if (out.size() * set.intervals().size() > most_boxes) return false;
    for (const auto& box : out)
      for (const auto& interval : set.intervals()) {
        longer.push_back(box);
        longer.back().push_back(interval);
      }
    out = std::move(longer);
  }
  return true;
}

// What an index is asked for a cell.
std::vector<RankSet::Interval> asked(const RankSet& set) {
  if (set.intervals().size() <= most_intervals) return set.intervals();
  return {{set.lowest(), set.highest()}};
}

}  // namespace

Analysis::Analysis(const AnalysisInput& input) : input_(input), reached_(input.rows, Reached::by_values) {
  for (std::size_t c = 0; c < input_.cells->size(); ++c) {
    const auto& domain = input_.domain[c];
    const auto& places = places_.emplace_back(domain);
    lowest_.push_back(domain.contains(Column::null_rank) ? 1 : 0);
    auto& column = cells_.emplace_back();
    column.reserve(input_.rows);
    for (std::uint32_t row = 0; row < input_.rows; ++row) {
      const auto& cell = (*input_.cells)[c][row];
      column.push_back(places.of(cell));
      if (!column.back().empty()) continue;
      const bool null = input_.nulls[c] && cell.contains(Column::null_rank);
      reached_[row] = null && reached_[row] != Reached::never ? Reached::by_null : Reached::never;
    }
  }
  if (single()) return;
  seen_.assign(input_.rows, 0);
  const auto rows = answering();
  for (const auto& column : cells_) {
    std::vector<IntervalIndex::Entry> entries;
    for (const auto row : rows)
      for (const auto& interval : asked(column[row])) entries.push_back({interval, row});
    index_.emplace_back(std::move(entries));
  }
}

std::vector<std::uint32_t> Analysis::answering() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t row = 0; row < input_.rows; ++row)
    if (answers(row)) out.push_back(row);
  return out;
}

std::vector<Rank> Analysis::ranks_of(const std::vector<Rank>& point) const {
  std::vector<Rank> out;
  for (std::size_t c = 0; c < columns(); ++c) out.push_back(places_[c].rank(point[c]));
  return out;
}

std::optional<std::vector<Rank>> Analysis::common_point(std::uint32_t a, std::uint32_t b) const {
  std::vector<Rank> out;
  for (std::size_t c = 0; c < columns(); ++c) {
    const auto common = cells_[c][a].common(cells_[c][b]);
    const auto at = common.from(lowest_[c]);
    if (at == common.intervals().end()) return std::nullopt;
    out.push_back(std::max(at->low, lowest_[c]));
  }
  return out;
}

std::vector<RankSet> Analysis::sets_of(std::uint32_t row) const {
  std::vector<RankSet> out;
  for (const auto& column : cells_) out.push_back(column[row]);
  return out;
}

template <class Use>
void Analysis::each_meeting(const std::vector<RankSet>& sets, const Use& use) {
  std::size_t best = 0;
  auto least = std::numeric_limits<std::size_t>::max();
  for (std::size_t c = 0; c < columns(); ++c) {
    std::size_t entries = 0;
    for (const auto& interval : asked(sets[c])) entries += index_[c].count(interval);
    if (entries < least) {
      least = entries;
      best = c;
    }
  }
  if (!budget_.spend(least + columns())) return;
  for (const auto& interval : asked(sets[best])) index_[best].each(interval, use);
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> Analysis::pairs(std::size_t most,
                                                                     const std::vector<std::uint32_t>& groups,
                                                                     const Counts& counts) {
  auto rows = answering();
  if (!groups.empty()) {
    std::erase_if(rows, [&](std::uint32_t row) { return groups[row] == no_group; });
    const auto of_first = [&](std::uint32_t row) { return groups[row] == groups[rows.front()]; };
    if (std::all_of(rows.begin(), rows.end(), of_first)) return {};
  }
  if (single()) return pairs_on_line(cells_[0], rows, lowest_[0], most, groups, counts);
  std::fill(seen_.begin(), seen_.end(), 0);  // marks of other questions are by the same numbers
  std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
  std::vector<std::uint32_t> others;
  for (const auto row : rows) {
    if (out.size() >= most || budget_.left == 0) break;
    others.clear();
    each_meeting(sets_of(row), [&](std::uint32_t other) {
      if (other >= row || seen_[other] == row + 1) return;
      if (!groups.empty() && (groups[other] == groups[row] || groups[other] == no_group)) return;
      seen_[other] = row + 1;
      others.push_back(other);
    });
    std::sort(others.begin(), others.end());
    for (const auto other : others) {
      if (out.size() >= most) break;
      if (counts(other, row) && common_point(other, row)) out.emplace_back(other, row);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Overlap> Analysis::overlaps(std::size_t most, const std::vector<std::uint32_t>& groups,
                                        const Counts& counts) {
  std::vector<Overlap> out;
  for (const auto& [first, second] : pairs(most, groups, counts))
    if (const auto point = common_point(first, second)) out.push_back({first, second, ranks_of(*point)});
  return out;
}

std::optional<std::vector<Rank>> Analysis::gap() {
  Box box;
  for (const auto& places : places_) box.push_back({0, places.size() - 1});
  const auto answer = Coverage(cells_, budget_).look(std::move(box), answering());
  if (answer.found != Coverage::Found::free) return std::nullopt;
  return ranks_of(answer.point);
}

bool Analysis::hidden(std::uint32_t row) {
  const auto sets = sets_of(row);
  std::vector<std::uint32_t> before;
  each_meeting(sets, [&](std::uint32_t other) {
    if (other >= row || seen_[other] == row + 1) return;
    seen_[other] = row + 1;
    before.push_back(other);
  });
  if (before.empty()) return false;
  std::sort(before.begin(), before.end());
  std::vector<Box> boxes;
  if (!boxes_of(sets, boxes)) {
    budget_.incomplete = true;
    return false;
  }
  Coverage coverage(cells_, budget_);
  return std::all_of(boxes.begin(), boxes.end(),
                     [&](const Box& box) { return coverage.look(box, before).found == Coverage::Found::nothing_free; });
}

std::vector<Analysis::Unreachable> Analysis::unreachable(bool first_hit_wins) {
  std::vector<bool> shields(input_.rows);
  for (std::uint32_t row = 0; row < input_.rows; ++row) shields[row] = answers(row);
  const auto hidden_by_line =
      single() && first_hit_wins ? hidden_rows(cells_[0], shields) : std::vector<bool>(input_.rows, false);
  std::fill(seen_.begin(), seen_.end(), 0);
  std::vector<Unreachable> out;
  for (std::uint32_t row = 0; row < input_.rows; ++row) {
    if (reached_[row] == Reached::never) {
      out.push_back({row, true});
      continue;
    }
    if (!first_hit_wins || reached_[row] != Reached::by_values) continue;
    if (single() ? hidden_by_line[row] : budget_.left > 0 && hidden(row)) out.push_back({row, false});
  }
  return out;
}

}  // namespace socle::rules
