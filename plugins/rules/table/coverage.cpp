// coverage.cpp: a box that no row takes all of is cut, until a row does or none meets it. Of few rows along the border
// of the first, so that what is found lies beside it; of many in the middle of their borders, so that each half has
// about half of the rows to look at. Where all borders lie in one column, sorting them answers.
#include "table/coverage.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "table/line.hpp"

namespace socle::rules {
namespace {

constexpr int max_depth = 2000;
constexpr std::size_t few = 32;

Coverage::Point lowest(const Coverage::Box& box) {
  Coverage::Point out;
  for (const auto& side : box) out.push_back(side.low);
  return out;
}

}  // namespace

Coverage::Meeting Coverage::meeting(const Box& box, const std::vector<std::uint32_t>& rows) const {
  const auto columns = box.size();
  Meeting out{{}, false, columns, {}, columns};
  bool several = false;
  for (const auto row : rows) {
    bool meets = true;
    std::size_t borders = 0;
    std::size_t column = columns;
    Interval part{};
    for (std::size_t c = 0; c < columns && meets; ++c) {
      const auto& set = cells_[c][row];
      const auto at = set.from(box[c].low);
      meets = at != set.intervals().end() && at->low <= box[c].high;
      if (!meets || (at->low <= box[c].low && at->high >= box[c].high)) continue;
      if (borders++ > 0) continue;
      column = c;
      part = {std::max(at->low, box[c].low), std::min(at->high, box[c].high)};
    }
    if (!meets) continue;
    if (borders == 0) {
      out.covered = true;
      return out;
    }
    if (out.rows.empty()) {
      out.column = column;
      out.part = part;
    }
    several = several || borders > 1 || column != out.column;
    out.rows.push_back(row);
  }
  out.open = several ? columns : out.column;
  return out;
}

Coverage::Answer Coverage::look(Box box, const std::vector<std::uint32_t>& rows, int depth) {
  if (depth > max_depth || !budget_.spend(rows.size() * box.size() + 1)) {
    budget_.incomplete = true;
    return {Found::unknown};
  }
  const auto met = meeting(box, rows);
  if (met.covered) return {};
  if (met.rows.empty()) return {Found::free, lowest(box)};
  if (met.open < box.size()) return on_line(box, met);
  return met.rows.size() <= few ? around_first(box, met, depth) : in_halves(box, met, depth);
}

Coverage::Answer Coverage::on_line(const Box& box, const Meeting& met) {
  const auto& side = box[met.open];
  std::vector<Interval> taken;
  for (const auto row : met.rows) {
    const auto& set = cells_[met.open][row];
    for (auto at = set.from(side.low); at != set.intervals().end() && at->low <= side.high; ++at) taken.push_back(*at);
  }
  if (!budget_.spend(taken.size())) return {Found::unknown};
  const auto place = first_free(std::move(taken), side);
  if (!place) return {};
  auto point = lowest(box);
  point[met.open] = *place;
  return {Found::free, std::move(point)};
}

Coverage::Answer Coverage::around_first(const Box& box, const Meeting& met, int depth) {
  const auto whole = box[met.column];
  std::vector<Interval> parts;
  if (whole.low < met.part.low) parts.push_back({whole.low, met.part.low - 1});
  if (met.part.high < whole.high) parts.push_back({met.part.high + 1, whole.high});
  parts.push_back(met.part);
  Answer out;
  for (const auto& part : parts) {
    auto smaller = box;
    smaller[met.column] = part;
    auto one = look(std::move(smaller), met.rows, depth + 1);
    if (one.found == Found::free) return one;
    if (one.found == Found::unknown) out.found = Found::unknown;
  }
  return out;
}

// The middle border of the column that leaves the fewest rows in both halves together.
std::optional<Coverage::Cut> Coverage::best_cut(const Box& box, const std::vector<std::uint32_t>& rows) const {
  std::optional<Cut> best;
  auto least = std::numeric_limits<std::size_t>::max();
  std::vector<Rank> borders;
  for (std::size_t c = 0; c < box.size(); ++c) {
    const auto& side = box[c];
    borders.clear();
    for (const auto row : rows) {
      const auto& set = cells_[c][row];
      for (auto at = set.from(side.low); at != set.intervals().end() && at->low <= side.high; ++at) {
        if (at->low > side.low) borders.push_back(at->low);
        if (at->high < side.high) borders.push_back(at->high + 1);
      }
    }
    if (borders.empty()) continue;
    const auto middle = borders.begin() + static_cast<std::ptrdiff_t>(borders.size() / 2);
    std::nth_element(borders.begin(), middle, borders.end());
    std::size_t left = 0;
    for (const auto row : rows) {
      const auto& set = cells_[c][row];
      left += set.from(side.low)->low < *middle ? 1 : 0;  // it meets the box
      const auto upper = set.from(*middle);
      left += upper != set.intervals().end() && upper->low <= side.high ? 1 : 0;
    }
    if (left < least) {
      least = left;
      best = {c, *middle};
    }
  }
  return best;
}

Coverage::Answer Coverage::in_halves(const Box& box, const Meeting& met, int depth) {
  const auto cut = best_cut(box, met.rows);
  if (!cut || !budget_.spend(2 * met.rows.size() * box.size())) return {Found::unknown};
  Answer out;
  const auto& whole = box[cut->column];
  for (const auto& part : std::array<Interval, 2>{{{whole.low, cut->place - 1}, {cut->place, whole.high}}}) {
    auto half = box;
    half[cut->column] = part;
    auto one = look(std::move(half), met.rows, depth + 1);
    if (one.found == Found::free) return one;
    if (one.found == Found::unknown) out.found = Found::unknown;
  }
  return out;
}

}  // namespace socle::rules
