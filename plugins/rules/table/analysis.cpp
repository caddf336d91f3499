// analysis.cpp: rows are boxes in the space of ranks. Overlaps: a sweep along the most selective column. Coverage: a
// box is split along the border of the first row that cuts it, until it is covered or no row meets it.
#include "table/analysis.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "table/column.hpp"

namespace socle::rules {
namespace {
constexpr int max_depth = 2000;
}

Analysis::Analysis(const AnalysisInput& input) : input_(input) {
  for (std::size_t c = 0; c < input_.domain.size(); ++c) {
    const auto& domain = input_.domain[c];
    hulls_.push_back({domain.lowest(), domain.highest()});
    auto holes = domain.complement(domain.highest()).common(hulls_.back());
    if (!holes.empty()) holes_.push_back({c, std::move(holes)});
  }
}

std::vector<std::uint32_t> Analysis::hole_rows() const {
  std::vector<std::uint32_t> out(holes_.size());
  std::iota(out.begin(), out.end(), static_cast<std::uint32_t>(input_.rows));
  return out;
}

bool Analysis::spend(std::uint64_t work) {
  if (work_ < work) {
    incomplete_ = true;
    work_ = 0;
    return false;
  }
  work_ -= work;
  return true;
}

bool Analysis::empty_row(std::uint32_t row) const {
  for (std::size_t c = 0; c < input_.cells->size(); ++c)
    if (!cell(c, row).meets(input_.domain[c]) && !(input_.nulls[c] && cell(c, row).contains(Column::null_rank)))
      return true;
  return false;
}

std::vector<Overlap> Analysis::overlaps(std::size_t most, const Counts& counts) {
  std::vector<Overlap> out;
  const auto columns = input_.cells->size();
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < input_.rows; ++row)
    if (!input_.conditional[row] && !empty_row(row)) rows.push_back(row);
  if (columns == 0 || rows.size() < 2) return out;
  // The column whose cells span the least of it.
  std::size_t along = 0;
  double least = 2;
  for (std::size_t c = 0; c < columns; ++c) {
    double spans = 0;
    const double whole = input_.domain[c].highest() - input_.domain[c].lowest() + 1.0;
    for (const auto row : rows) spans += (cell(c, row).highest() - cell(c, row).lowest() + 1.0) / whole;
    spans /= static_cast<double>(rows.size());
    if (spans < least) {
      least = spans;
      along = c;
    }
  }
  std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(cell(along, a).lowest(), a) < std::pair(cell(along, b).lowest(), b);
  });
  const RankSet values(Column::null_rank + 1, std::numeric_limits<Rank>::max());
  std::vector<std::uint32_t> open;
  for (std::size_t i = 0; i < rows.size() && out.size() < most; ++i) {
    const auto row = rows[i];
    const auto from = cell(along, row).lowest();
    std::erase_if(open, [&](std::uint32_t other) { return cell(along, other).highest() < from; });
    if (!spend(open.size() + 1)) break;
    for (const auto other : open) {
      if (!counts(std::min(row, other), std::max(row, other))) continue;
      Overlap found{std::min(row, other), std::max(row, other), {}};
      for (std::size_t c = 0; c < columns; ++c) {
        const auto common = cell(c, row).common(cell(c, other)).common(input_.domain[c]).common(values);
        if (common.empty()) break;
        found.example.push_back(common.lowest());
      }
      if (found.example.size() != columns) continue;
      out.push_back(std::move(found));
      if (out.size() >= most) break;
    }
    open.push_back(row);
  }
  std::sort(out.begin(), out.end(), [](const Overlap& a, const Overlap& b) {
    return std::pair(a.first, a.second) < std::pair(b.first, b.second);
  });
  return out;
}

std::optional<std::vector<Rank>> Analysis::uncovered(Box box, const std::vector<std::uint32_t>& rows, int depth) {
  const auto columns = box.size();
  std::vector<std::uint32_t> meeting;
  std::size_t cut_column = columns;
  RankSet::Interval cut{};
  if (!spend(rows.size() * columns + 1) || depth > max_depth) {
    incomplete_ = true;
    return std::nullopt;
  }
  for (const auto row : rows) {
    bool meets = true;
    std::size_t outside = columns;
    RankSet::Interval part{};
    for (std::size_t c = 0; c < columns && meets; ++c) {
      meets = false;
      for (const auto& interval : cell(c, row).intervals()) {
        if (interval.high < box[c].low || interval.low > box[c].high) continue;
        meets = true;
        if ((interval.low > box[c].low || interval.high < box[c].high) && outside == columns) {
          outside = c;
          part = {std::max(interval.low, box[c].low), std::min(interval.high, box[c].high)};
        }
        break;
      }
    }
    if (!meets) continue;
    if (outside == columns) return std::nullopt;  // this row covers all of the box
    if (meeting.empty()) {
      cut_column = outside;
      cut = part;
    }
    meeting.push_back(row);
  }
  if (meeting.empty()) {
    std::vector<Rank> point;
    for (const auto& side : box) point.push_back(side.low);
    return point;
  }
  const auto whole = box[cut_column];
  if (whole.low < cut.low) {
    box[cut_column] = {whole.low, cut.low - 1};
    if (auto point = uncovered(box, meeting, depth + 1)) return point;
  }
  if (cut.high < whole.high) {
    box[cut_column] = {cut.high + 1, whole.high};
    if (auto point = uncovered(box, meeting, depth + 1)) return point;
  }
  box[cut_column] = cut;
  return uncovered(std::move(box), meeting, depth + 1);
}

namespace {
// Every combination of the sets' intervals as boxes; false when there would be too many.
bool boxes_of(const std::vector<RankSet>& sets, std::vector<std::vector<RankSet::Interval>>& out) {
  out.assign(1, {});
  for (const auto& set : sets) {
    std::vector<std::vector<RankSet::Interval>> longer;
    if (out.size() * set.intervals().size() > 256) return false;
    for (const auto& box : out)
      for (const auto& interval : set.intervals()) {
        longer.push_back(box);
        longer.back().push_back(interval);
      }
    out = std::move(longer);
  }
  return true;
}
}  // namespace

std::optional<std::vector<Rank>> Analysis::gap() {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < input_.rows; ++row)
    if (!input_.conditional[row]) rows.push_back(row);
  for (const auto hole : hole_rows()) rows.push_back(hole);
  Box box;
  for (const auto& hull : hulls_) box.push_back(hull.intervals().front());
  return uncovered(std::move(box), rows, 0);
}

std::vector<Analysis::Unreachable> Analysis::unreachable(bool first_hit_wins) {
  std::vector<Unreachable> out;
  auto before = hole_rows();  // stay the last: a box is cut along the table's own rows first
  const auto columns = input_.cells->size();
  for (std::uint32_t row = 0; row < input_.rows; ++row) {
    if (empty_row(row)) {
      out.push_back({row, true});
      continue;
    }
    if (first_hit_wins && before.size() > holes_.size()) {
      std::vector<RankSet> sets;
      bool covered = true;
      for (std::size_t c = 0; c < columns; ++c) {
        sets.push_back(cell(c, row).common(hulls_[c]));
        covered = covered && cell(c, row).meets(input_.domain[c]);  // else only null gets there
      }
      std::vector<Box> boxes;
      if (covered) {
        covered = boxes_of(sets, boxes);
        incomplete_ = incomplete_ || !covered;
      }
      for (std::size_t i = 0; i < boxes.size() && covered; ++i) {
        const bool was_incomplete = incomplete_;
        incomplete_ = false;
        covered = !uncovered(boxes[i], before, 0).has_value() && !incomplete_;
        incomplete_ = incomplete_ || was_incomplete;
      }
      if (covered) out.push_back({row, false});
      if (work_ == 0) break;
    }
    if (!input_.conditional[row]) before.insert(before.end() - static_cast<std::ptrdiff_t>(holes_.size()), row);
  }
  return out;
}

}  // namespace socle::rules
