// index.cpp: building the tree, greedily: each node takes the column that leaves the fewest rows to look at, as long as
// the copies of rows with wide cells stay within a budget that is linear in the table.
#include "table/index.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace socle::rules {
namespace {
constexpr std::size_t small_leaf = 3;
constexpr std::size_t copies_a_row = 16;
constexpr std::size_t max_levels = 24;
}  // namespace

class RowIndex::Builder {
 public:
  Builder(const std::vector<std::vector<RankSet>>& cells, RowIndex& out, std::size_t budget)
      : cells_(cells), out_(out), budget_(budget) {}

  std::uint32_t node(const std::vector<std::uint32_t>& rows, std::vector<bool>& used, std::size_t level) {
    if (const auto known = leaves_.find(rows); known != leaves_.end()) return known->second;
    if (rows.size() > small_leaf && level < max_levels) {
      const auto split = best_split(rows, used);
      if (split.column >= 0) return inner(rows, used, level, split.column);
    }
    return leaf(rows);
  }

 private:
  struct Split {
    int column = -1;
    double rows_left = 0;  // on average over the segments
  };

  std::uint32_t leaf(const std::vector<std::uint32_t>& rows) {
    const auto at = static_cast<std::uint32_t>(out_.nodes_.size());
    out_.nodes_.push_back({-1, static_cast<std::uint32_t>(out_.rows_.size()), static_cast<std::uint32_t>(rows.size())});
    out_.rows_.insert(out_.rows_.end(), rows.begin(), rows.end());
    if (leaves_.size() < 10000) leaves_.emplace(rows, at);
    return at;
  }

  std::vector<Rank> cuts(const std::vector<std::uint32_t>& rows, std::size_t column) const {
    std::vector<Rank> out{0};
    for (const auto row : rows)
      for (const auto& interval : cells_[column][row].intervals()) {
        out.push_back(interval.low);
        out.push_back(interval.high + 1);
      }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  // The segments [first, last) of `starts` that an interval covers.
  static std::pair<std::size_t, std::size_t> covered(const std::vector<Rank>& starts,
                                                     const RankSet::Interval& interval) {
    const auto first = std::lower_bound(starts.begin(), starts.end(), interval.low) - starts.begin();
    const auto last = std::lower_bound(starts.begin(), starts.end(), interval.high + 1) - starts.begin();
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
  }

  Split best_split(const std::vector<std::uint32_t>& rows, const std::vector<bool>& used) const {
    Split best;
    for (std::size_t column = 0; column < cells_.size(); ++column) {
      if (used[column]) continue;
      const auto starts = cuts(rows, column);
      std::size_t copies = 0;
      for (const auto row : rows)
        for (const auto& interval : cells_[column][row].intervals()) {
          const auto [first, last] = covered(starts, interval);
          copies += last - first;
        }
      if (copies > budget_) continue;
      const auto left = static_cast<double>(copies) / static_cast<double>(starts.size());
      if (left > 0.8 * static_cast<double>(rows.size())) continue;
      if (best.column < 0 || left < best.rows_left) best = {static_cast<int>(column), left};
    }
    return best;
  }

  std::uint32_t inner(const std::vector<std::uint32_t>& rows, std::vector<bool>& used, std::size_t level, int column) {
    auto starts = cuts(rows, static_cast<std::size_t>(column));
    std::vector<std::vector<std::uint32_t>> parts(starts.size());
    for (const auto row : rows)
      for (const auto& interval : cells_[static_cast<std::size_t>(column)][row].intervals()) {
        const auto [first, last] = covered(starts, interval);
        for (auto i = first; i < last; ++i) parts[i].push_back(row);
        budget_ -= std::min(budget_, last - first);
      }
    used[static_cast<std::size_t>(column)] = true;
    std::vector<Rank> kept_starts;
    std::vector<std::uint32_t> children;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0 && parts[i] == parts[i - 1]) continue;
      kept_starts.push_back(starts[i]);
      children.push_back(node(parts[i], used, level + 1));
    }
    used[static_cast<std::size_t>(column)] = false;
    const auto at = static_cast<std::uint32_t>(out_.nodes_.size());
    out_.nodes_.push_back(
        {column, static_cast<std::uint32_t>(out_.starts_.size()), static_cast<std::uint32_t>(kept_starts.size())});
    out_.starts_.insert(out_.starts_.end(), kept_starts.begin(), kept_starts.end());
    out_.children_.insert(out_.children_.end(), children.begin(), children.end());
    return at;
  }

  const std::vector<std::vector<RankSet>>& cells_;
  RowIndex& out_;
  std::size_t budget_;  // row copies that may still be made
  std::map<std::vector<std::uint32_t>, std::uint32_t> leaves_;
};

RowIndex RowIndex::build(const std::vector<std::vector<RankSet>>& cells, std::size_t rows) {
  RowIndex out;
  out.columns_ = cells.size();
  out.cells_.reserve(rows * cells.size());
  std::vector<std::uint32_t> possible;
  for (std::uint32_t row = 0; row < rows; ++row) {
    bool empty = false;
    for (const auto& column : cells) {
      const auto& set = column[row];
      if (set.empty()) {
        empty = true;
        out.cells_.push_back({1, 0, 0});
        continue;
      }
      std::uint32_t more = 0;
      if (set.intervals().size() > 1) {
        out.wide_.push_back(set);
        more = static_cast<std::uint32_t>(out.wide_.size());
      }
      out.cells_.push_back({set.lowest(), set.highest(), more});
    }
    if (!empty) possible.push_back(row);
  }
  std::vector<bool> used(cells.size(), false);
  out.root_ = Builder(cells, out, rows * copies_a_row + 256).node(possible, used, 0);
  return out;
}

std::size_t RowIndex::refusing_column(std::uint32_t row, const Rank* ranks) const {
  const auto* cell = cells_.data() + std::size_t{row} * columns_;
  for (std::size_t c = 0; c < columns_; ++c) {
    if (ranks[c] < cell[c].low || ranks[c] > cell[c].high) return c;
    if (cell[c].more != 0 && !wide_[cell[c].more - 1].contains(ranks[c])) return c;
  }
  return columns_;
}

std::size_t RowIndex::bytes() const {
  return nodes_.capacity() * sizeof(Node) + starts_.capacity() * sizeof(Rank) +
         (children_.capacity() + rows_.capacity()) * sizeof(std::uint32_t) + cells_.capacity() * sizeof(Cell) +
         wide_.capacity() * sizeof(RankSet);
}

}  // namespace socle::rules
