// analysis_boxes_test.cpp: the analysis on sets of ranks, against looking at every input and every pair of rows: one
// column and several, few rows and many, domains with holes, null, rows with conditions, rows that agree.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "table/analysis.hpp"

namespace {

using namespace socle::rules;
using Sets = std::vector<std::vector<RankSet>>;
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned end) { return static_cast<unsigned>(engine_() % end); }
  bool once_in(unsigned n) { return below(n) == 0; }

 private:
  std::mt19937 engine_;
};

RankSet some_of(Random& random, Rank top, unsigned tenths) {
  RankSet out;
  for (Rank rank = 0; rank <= top; ++rank)
    if (random.below(10) < tenths) out.append(rank, rank);
  return out;
}

RankSet any_cell(Random& random, Rank top) {
  const auto at = random.below(top + 1);
  switch (random.below(8)) {
    case 0: return {0, top};
    case 1: return random.once_in(3) ? RankSet() : RankSet(0, at);
    case 2: return {at, top};
    case 3: return some_of(random, top, 1 + random.below(9));
    default: return {at, std::min(top, at + random.below(5))};
  }
}

RankSet narrow_cell(Random& random, Rank top) {
  const auto at = random.below(top + 1);
  return {at, std::min(top, at + random.below(7))};
}

struct Drawn {
  Drawn(Random& random, std::size_t columns, std::size_t count, Rank top, bool narrow = false) {
    for (std::size_t c = 0; c < columns; ++c) {
      auto& column = cells.emplace_back();
      for (std::size_t row = 0; row < count; ++row)
        column.push_back(narrow ? narrow_cell(random, top) : any_cell(random, top));
      auto domain = random.once_in(3) ? RankSet(1, top) : some_of(random, top, 6);
      input.domain.push_back(domain.empty() ? RankSet(1, 2) : std::move(domain));
      input.nulls.push_back(random.once_in(2));
    }
    for (std::size_t row = 0; row < count; ++row) {
      input.conditional.push_back(random.once_in(10));
      groups.push_back(random.once_in(4) ? no_group : random.below(3));
    }
    input.cells = &cells;
    input.rows = count;
  }
  Drawn(const Drawn&) = delete;

  [[nodiscard]] bool lets(std::uint32_t row, const std::vector<Rank>& point) const {
    for (std::size_t c = 0; c < cells.size(); ++c)
      if (!cells[c][row].contains(point[c])) return false;
    return true;
  }
  [[nodiscard]] bool answered(const std::vector<Rank>& point, std::uint32_t before) const {
    for (std::uint32_t row = 0; row < before; ++row)
      if (!input.conditional[row] && lets(row, point)) return true;
    return false;
  }
  // use(point) for each input there is.
  template <class Use>
  void each_point(const Use& use) const {
    std::vector<Rank> point(cells.size());
    walk(0, point, use);
  }

  Sets cells;
  AnalysisInput input;
  std::vector<std::uint32_t> groups;

 private:
  template <class Use>
  void walk(std::size_t column, std::vector<Rank>& point, const Use& use) const {
    if (column == cells.size()) return use(point);
    for (const auto& interval : input.domain[column].intervals())
      for (auto rank = interval.low; rank <= interval.high; ++rank) {
        point[column] = rank;
        walk(column + 1, point, use);
      }
  }
};

bool may_be_null(const Drawn& drawn, std::uint32_t row, std::size_t c) {
  return drawn.input.nulls[c] && drawn.cells[c][row].contains(0);
}

// The row, 'e' for one that is empty and 'h' for one that is hidden by those before.
std::set<std::string> unreachable(const Drawn& drawn) {
  std::set<std::string> out;
  for (std::uint32_t row = 0; row < drawn.input.rows; ++row) {
    bool values = true;
    bool never = false;
    for (std::size_t c = 0; c < drawn.cells.size(); ++c) {
      const bool met = drawn.cells[c][row].meets(drawn.input.domain[c]);
      values = values && met;
      never = never || (!met && !may_be_null(drawn, row, c));
    }
    bool free = false;
    drawn.each_point(
        [&](const auto& point) { free = free || (drawn.lets(row, point) && !drawn.answered(point, row)); });
    if (never) out.insert(std::to_string(row) + "e");
    if (values && !free) out.insert(std::to_string(row) + "h");
  }
  return out;
}

Pairs overlapping(const Drawn& drawn, bool grouped) {
  Pairs out;
  for (std::uint32_t b = 0; b < drawn.input.rows; ++b)
    for (std::uint32_t a = 0; a < b; ++a) {
      if (drawn.input.conditional[a] || drawn.input.conditional[b]) continue;
      if (grouped && (drawn.groups[a] == drawn.groups[b] || drawn.groups[a] == no_group || drawn.groups[b] == no_group))
        continue;
      bool both = true;
      for (std::size_t c = 0; c < drawn.cells.size() && both; ++c) {
        const auto common = drawn.cells[c][a].common(drawn.cells[c][b]).common(drawn.input.domain[c]);
        both = !common.empty() && common.highest() > 0;
      }
      if (both) out.emplace_back(a, b);
    }
  std::sort(out.begin(), out.end());
  return out;
}

void compare(const Drawn& drawn, std::array<int, 3>& seen) {
  const auto always = [](std::uint32_t, std::uint32_t) { return true; };
  Analysis analysis(drawn.input);
  const auto gap = analysis.gap();
  bool there_is = false;
  drawn.each_point([&](const auto& point) {
    there_is = there_is || !drawn.answered(point, static_cast<std::uint32_t>(drawn.input.rows));
  });
  REQUIRE(gap.has_value() == there_is);
  if (gap) REQUIRE_FALSE(drawn.answered(*gap, static_cast<std::uint32_t>(drawn.input.rows)));
  for (std::size_t c = 0; gap && c < gap->size(); ++c) REQUIRE(drawn.input.domain[c].contains((*gap)[c]));

  std::set<std::string> told;
  for (const auto& [row, empty] : analysis.unreachable(true)) told.insert(std::to_string(row) + (empty ? "e" : "h"));
  const auto wanted = unreachable(drawn);
  REQUIRE(told == wanted);

  for (const bool grouped : {false, true}) {
    const auto all = overlapping(drawn, grouped);
    Pairs found;
    for (const auto& [a, b, example] :
         analysis.overlaps(all.size() + 1, grouped ? drawn.groups : std::vector<std::uint32_t>(), always)) {
      found.emplace_back(a, b);
      REQUIRE((drawn.lets(a, example) && drawn.lets(b, example)));
      for (std::size_t c = 0; c < example.size(); ++c)
        REQUIRE((drawn.input.domain[c].contains(example[c]) && example[c] > 0));
    }
    REQUIRE(found == all);
    const auto some = analysis.overlaps(2, grouped ? drawn.groups : std::vector<std::uint32_t>(), always);
    REQUIRE(some.size() == std::min<std::size_t>(2, all.size()));
    seen[2] += all.empty() ? 0 : 1;
  }
  REQUIRE_FALSE(analysis.incomplete());
  seen[0] += gap ? 1 : 0;
  seen[1] += std::any_of(wanted.begin(), wanted.end(), [](const auto& one) { return one.back() == 'h'; }) ? 1 : 0;
}

}  // namespace

TEST_CASE("table analysis: one column agrees with looking at everything", "[rules]") {
  Random random(1);
  std::array<int, 3> seen{};
  for (int round = 0; round < 600; ++round)
    compare(Drawn(random, 1, 1 + random.below(round % 10 == 0 ? 120 : 14), 4 + random.below(30)), seen);
  for (const int times : seen) CHECK((times > 100 && times < 1200));  // or nothing was compared
}

TEST_CASE("table analysis: several columns agree with looking at everything", "[rules]") {
  Random random(2);
  std::array<int, 3> seen{};
  for (int round = 0; round < 400; ++round)
    compare(Drawn(random, 2 + random.below(2), 1 + random.below(round % 8 == 0 ? 60 : 14), 4 + random.below(6)), seen);
  for (const int times : seen) CHECK((times > 60 && times < 800));
}

TEST_CASE("table analysis: hundreds of small boxes agree with looking at everything", "[rules]") {
  Random random(3);
  std::array<int, 3> seen{};
  for (Rank round = 0; round < 6; ++round) compare(Drawn(random, 2, 250 + 60 * round, 24, true), seen);
  CHECK(seen[0] > 0);
  CHECK(seen[0] < 6);
  CHECK(seen[1] == 6);
}

TEST_CASE("table analysis: thousands of rows are analysed completely", "[rules]") {
  constexpr Rank count = 10'000;
  const auto always = [](std::uint32_t, std::uint32_t) { return true; };
  const auto fill = [](Sets& cells, AnalysisInput& input) {
    input.cells = &cells;
    input.rows = count;
    input.conditional.assign(count, false);
    input.nulls.assign(cells.size(), true);
    for (std::size_t c = 0; c < cells.size(); ++c) input.domain.emplace_back(1, 4 * count);
  };
  SECTION("values of one column, a domain with a hole between any two") {
    Sets cells(1);
    for (Rank row = 0; row < count; ++row) cells[0].emplace_back(4 * row + 1, 4 * row + 1);
    AnalysisInput input;
    fill(cells, input);
    input.domain[0] = RankSet();
    for (Rank row = 0; row < count; ++row) input.domain[0].append(4 * row + 1, 4 * row + 1);
    Analysis analysis(input);
    CHECK_FALSE(analysis.gap());
    CHECK(analysis.unreachable(true).empty());
    CHECK(analysis.overlaps(20, {}, always).empty());
    CHECK_FALSE(analysis.incomplete());
  }
  SECTION("one column, each row within the next one, all agreeing but the last") {
    Sets cells(1);
    for (Rank row = 0; row < count; ++row) cells[0].emplace_back(1, row + 1);
    AnalysisInput input;
    fill(cells, input);
    std::vector<std::uint32_t> groups(count, 0);
    groups.back() = 1;
    Analysis analysis(input);
    CHECK(analysis.gap() == std::vector<Rank>{count + 1});
    CHECK(analysis.unreachable(true).empty());
    CHECK(analysis.overlaps(20, groups, always).size() == 20);
    std::reverse(cells[0].begin(), cells[0].end());
    CHECK(Analysis(input).unreachable(true).size() == count - 1);
    CHECK_FALSE(analysis.incomplete());
  }
  SECTION("one column, a row a list of values far apart") {
    Sets cells(1);
    for (Rank row = 0; row < count; ++row)
      cells[0].push_back(RankSet::of({{row + 1, row + 1}, {row + count + 1, row + count + 1}, {3 * count, 3 * count}}));
    AnalysisInput input;
    fill(cells, input);
    Analysis analysis(input);
    CHECK(analysis.overlaps(20, {}, always).size() == 20);
    for (auto& cell : cells[0]) cell = cell.common({1, 2 * count});
    Analysis apart(input);
    CHECK(apart.overlaps(20, {}, always).empty());
    CHECK(apart.unreachable(true).empty());
    CHECK_FALSE(apart.incomplete());
  }
  SECTION("bands beside regions, and a last row for the rest") {
    Sets cells(2);
    for (Rank row = 0; row < count; ++row) {
      const bool last = row + 1 == count;
      cells[0].push_back(last ? RankSet(1, 4 * count) : RankSet(row / 10 * 4 + 1, row / 10 * 4 + 4));
      cells[1].push_back(last ? RankSet(1, 4 * count) : RankSet(row % 10 + 1, row % 10 + 1));
    }
    AnalysisInput input;
    fill(cells, input);
    Analysis analysis(input);
    CHECK_FALSE(analysis.gap());
    CHECK(analysis.unreachable(true).empty());
    CHECK_FALSE(analysis.incomplete());
    input.domain = {RankSet(1, count / 10 * 4), RankSet(1, 10)};
    cells[0].pop_back();
    cells[1].pop_back();
    cells[0].emplace_back(count / 10 * 4 - 3, count / 10 * 4);
    cells[1].emplace_back(10, 10);
    Analysis whole(input);
    CHECK_FALSE(whole.gap());
    CHECK(whole.overlaps(20, {}, always).empty());
    CHECK_FALSE(whole.incomplete());
  }
}
