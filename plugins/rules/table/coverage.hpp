// coverage.hpp: whether rows, boxes in the space of places, leave something of a box free. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "table/rank_set.hpp"

namespace socle::rules {

// What an analysis may still look at, in cells.
struct Budget {
  std::uint64_t left = 30'000'000;  // about 0.2 s
  bool incomplete = false;          // something was left out because it would have taken too long

  [[nodiscard]] bool spend(std::uint64_t work) {
    if (work <= left) {
      left -= work;
      return true;
    }
    left = 0;
    incomplete = true;
    return false;
  }
};

class Coverage {
 public:
  using Interval = RankSet::Interval;
  using Box = std::vector<Interval>;  // one a column
  using Point = std::vector<Rank>;
  enum class Found : std::uint8_t { nothing_free, free, unknown };
  struct Answer {
    Found found = Found::nothing_free;
    Point point = {};  // free
  };

  // cells[column][row], in places. Both are borrowed.
  Coverage(const std::vector<std::vector<RankSet>>& cells, Budget& budget) : cells_(cells), budget_(budget) {}
  [[nodiscard]] Answer look(Box box, const std::vector<std::uint32_t>& rows) { return look(std::move(box), rows, 0); }

 private:
  struct Meeting {
    std::vector<std::uint32_t> rows;
    bool covered = false;  // one row takes all of the box
    std::size_t column;    // of the first row's border inside of the box
    Interval part;         // what that row takes of this column
    std::size_t open;      // the one column in which rows have borders; columns: there are several
  };
  struct Cut {
    std::size_t column;
    Rank place;  // the first of the upper half
  };
  [[nodiscard]] Meeting meeting(const Box& box, const std::vector<std::uint32_t>& rows) const;
  [[nodiscard]] Answer look(Box box, const std::vector<std::uint32_t>& rows, int depth);
  [[nodiscard]] Answer on_line(const Box& box, const Meeting& met);
  [[nodiscard]] Answer around_first(const Box& box, const Meeting& met, int depth);
  [[nodiscard]] Answer in_halves(const Box& box, const Meeting& met, int depth);
  [[nodiscard]] std::optional<Cut> best_cut(const Box& box, const std::vector<std::uint32_t>& rows) const;

  const std::vector<std::vector<RankSet>>& cells_;
  Budget& budget_;
};

}  // namespace socle::rules
