// analysis.hpp: what can be said about a table before it ever runs: rows that overlap where they must not, inputs that
// no row answers, rows that no input reaches. Exact for cells of constants; a row with a condition is taken as "maybe":
// never as covering anything, never as overlapping. Bounded work: a table too entangled is told as not fully analysed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "table/rank_set.hpp"

namespace socle::rules {

struct AnalysisInput {
  const std::vector<std::vector<RankSet>>* cells = nullptr;  // [column][row]
  std::vector<RankSet> domain;                               // what can come, a column; never empty
  std::vector<bool> nulls;                                   // null beside it is no surprise, a column
  std::vector<bool> conditional;                             // a row
  std::size_t rows = 0;
};

struct Overlap {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::vector<Rank> example;
};

class Analysis {
 public:
  explicit Analysis(const AnalysisInput& input);

  // Pairs of unconditional rows that one input without nulls hits both and of which `counts` says so, at most `most`.
  using Counts = std::function<bool(std::uint32_t, std::uint32_t)>;
  [[nodiscard]] std::vector<Overlap> overlaps(std::size_t most, const Counts& counts);
  // An input that no row answers, if there is one.
  [[nodiscard]] std::optional<std::vector<Rank>> gap();
  // Rows that can never be hit: an empty cell, or (when the first hit wins) all of it taken by the rows before.
  struct Unreachable {
    std::uint32_t row = 0;
    bool empty = false;
  };
  [[nodiscard]] std::vector<Unreachable> unreachable(bool first_hit_wins);
  // Something was left out because it would have taken too long.
  [[nodiscard]] bool incomplete() const { return incomplete_; }

 private:
  using Box = std::vector<RankSet::Interval>;  // one a column
  [[nodiscard]] const RankSet& cell(std::size_t column, std::uint32_t row) const {
    if (row < input_.rows) return (*input_.cells)[column][row];
    const auto& hole = holes_[row - input_.rows];
    return hole.column == column ? hole.ranks : hulls_[column];
  }
  [[nodiscard]] bool spend(std::uint64_t work);
  // A point of the box that none of `rows` covers, or nothing.
  [[nodiscard]] std::optional<std::vector<Rank>> uncovered(Box box, const std::vector<std::uint32_t>& rows, int depth);
  [[nodiscard]] bool empty_row(std::uint32_t row) const;

  // Hollow ranks (no integer between 17 and 18) and what the schema refuses break a domain into many intervals.
  // Coverage looks at the whole of it instead, and at one more row a hole: what cannot come is answered. They are
  // numbered after the rows.
  struct Hole {
    std::size_t column;
    RankSet ranks;
  };
  [[nodiscard]] std::vector<std::uint32_t> hole_rows() const;

  const AnalysisInput& input_;
  std::vector<RankSet> hulls_;  // of the domains
  std::vector<Hole> holes_;
  std::uint64_t work_ = 30'000'000;  // cells compared; about 0.2 s
  bool incomplete_ = false;
};

}  // namespace socle::rules
