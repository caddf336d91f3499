// index.hpp: which rows a set of ranks can hit, without looking at the others: a tree that splits the rows by one
// column at a time. A node holds the segments of its column between which the rows differ; a leaf holds few rows, or
// rows that no column can tell apart. Rows that overlap in every column end in one long leaf: those are rows the input
// can hit.
//
// Immutable once built; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "table/rank_set.hpp"

namespace socle::rules {

class RowIndex {
 public:
  // cells[column][row]. Rows that have an empty set somewhere are left out.
  static RowIndex build(const std::vector<std::vector<RankSet>>& cells, std::size_t rows);

  // The rows that may be hit, in order; every one has still to be compared with all ranks (matches()).
  [[nodiscard]] std::span<const std::uint32_t> candidates(const Rank* ranks) const {
    std::uint32_t at = root_;
    while (nodes_[at].column >= 0) at = child(nodes_[at], ranks[nodes_[at].column]);
    const auto& leaf = nodes_[at];
    return {rows_.data() + leaf.first, leaf.count};
  }
  [[nodiscard]] bool matches(std::uint32_t row, const Rank* ranks) const {
    const auto* cell = cells_.data() + std::size_t{row} * columns_;
    for (std::size_t c = 0; c < columns_; ++c) {
      if (ranks[c] < cell[c].low || ranks[c] > cell[c].high) return false;
      if (cell[c].more != 0 && !wide_[cell[c].more - 1].contains(ranks[c])) return false;
    }
    return true;
  }
  // The first column whose cell refuses its rank; columns when the row matches.
  [[nodiscard]] std::size_t refusing_column(std::uint32_t row, const Rank* ranks) const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Node {
    std::int32_t column = -1;  // -1: a leaf
    std::uint32_t first = 0;   // leaf: into rows_; else: into starts_ and children_
    std::uint32_t count = 0;
  };
  struct Cell {
    Rank low;
    Rank high;
    std::uint32_t more;  // 0: the interval says it all; else wide_[more - 1]
  };
  class Builder;

  [[nodiscard]] std::uint32_t child(const Node& node, Rank rank) const {
    const auto* first = starts_.data() + node.first;
    std::uint32_t low = 0;
    for (std::uint32_t size = node.count; size > 1;) {
      const auto half = size / 2;
      if (first[low + half] <= rank) low += half;
      size -= half;
    }
    return children_[node.first + low];
  }

  std::vector<Node> nodes_;
  std::vector<Rank> starts_;             // first rank of each segment
  std::vector<std::uint32_t> children_;  // beside starts_
  std::vector<std::uint32_t> rows_;
  std::vector<Cell> cells_;  // row by row
  std::vector<RankSet> wide_;
  std::size_t columns_ = 0;
  std::uint32_t root_ = 0;
};

}  // namespace socle::rules
