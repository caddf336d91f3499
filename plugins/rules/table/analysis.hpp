// analysis.hpp: what can be said about a table before it ever runs: rows that overlap where they must not, inputs that
// no row answers, rows that no input reaches. Exact for cells of constants; a row with a condition is taken as "maybe":
// never as covering anything, never as overlapping. One column takes n log n; with several the work is bounded, and a
// table too entangled is told as not fully analysed. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "table/coverage.hpp"
#include "table/interval_index.hpp"
#include "table/line.hpp"
#include "table/places.hpp"
#include "table/rank_set.hpp"

namespace socle::rules {

struct AnalysisInput {
  const std::vector<std::vector<RankSet>>* cells = nullptr;  // [column][row]
  std::vector<RankSet> domain;                               // what can come, a column; never empty
  std::vector<bool> nulls;                                   // null beside it is no surprise, a column
  std::vector<bool> conditional;                             // a row
  std::size_t rows = 0;
};

// Of a row that makes a pair with none.
inline constexpr std::uint32_t no_group = UINT32_MAX;

struct Overlap {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::vector<Rank> example;
};

class Analysis {
 public:
  // REQUIRES: at least one column; the cells outlive it
  explicit Analysis(const AnalysisInput& input);

  // Pairs of unconditional rows that one input without nulls hits both, that are not of one group, and of which
  // `counts` says so, at most `most`. `groups`: of every row, or no_group; empty: no two are of one.
  [[nodiscard]] std::vector<Overlap> overlaps(std::size_t most, const std::vector<std::uint32_t>& groups,
                                              const Counts& counts);
  // An input that no row answers, if there is one.
  [[nodiscard]] std::optional<std::vector<Rank>> gap();
  // Rows that can never be hit: an empty cell, or (when the first hit wins) all of it taken by the rows before.
  struct Unreachable {
    std::uint32_t row = 0;
    bool empty = false;
  };
  [[nodiscard]] std::vector<Unreachable> unreachable(bool first_hit_wins);
  // Something was left out because it would have taken too long.
  [[nodiscard]] bool incomplete() const { return budget_.incomplete; }

 private:
  // What gets to a row: nothing, a null that surprises nobody, or values that the domains name.
  enum class Reached : std::uint8_t { never, by_null, by_values };
  using Box = Coverage::Box;

  [[nodiscard]] std::size_t columns() const { return cells_.size(); }
  [[nodiscard]] bool single() const { return columns() == 1; }
  // Whether it answers whatever value lies in its cells.
  [[nodiscard]] bool answers(std::uint32_t row) const {
    return !input_.conditional[row] && reached_[row] == Reached::by_values;
  }
  [[nodiscard]] std::vector<std::uint32_t> answering() const;
  [[nodiscard]] std::vector<Rank> ranks_of(const std::vector<Rank>& point) const;
  // The first places that both rows let through in every column; nothing: in one they have none.
  [[nodiscard]] std::optional<std::vector<Rank>> common_point(std::uint32_t a, std::uint32_t b) const;
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs(std::size_t most,
                                                                           const std::vector<std::uint32_t>& groups,
                                                                           const Counts& counts);
  // use(row) for every answering row that may meet the box; one may come several times.
  template <class Use>
  void each_meeting(const std::vector<RankSet>& sets, const Use& use);
  [[nodiscard]] std::vector<RankSet> sets_of(std::uint32_t row) const;
  // Whether the rows before it take all that the row lets through.
  [[nodiscard]] bool hidden(std::uint32_t row);

  const AnalysisInput& input_;
  std::vector<Places> places_;               // a column
  std::vector<Rank> lowest_;                 // a column: its first place that is no null
  std::vector<std::vector<RankSet>> cells_;  // [column][row], in places
  std::vector<Reached> reached_;             // a row
  std::vector<IntervalIndex> index_;         // a column, of the answering rows; several columns only
  std::vector<std::uint32_t> seen_;          // a row: the row it was last met by, from 1
  Budget budget_;
};

}  // namespace socle::rules
