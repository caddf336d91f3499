// line.hpp: the analysis where one column decides. Rows are then intervals on a line, and sorting them is enough: n log
// n in all, whatever they look like. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "table/rank_set.hpp"

namespace socle::rules {

// The lowest of `within` that is in none of the others.
[[nodiscard]] std::optional<Rank> first_free(std::vector<RankSet::Interval> taken, RankSet::Interval within);

// Of each row whether those of `shields` before it take all of its set; false of an empty one.
[[nodiscard]] std::vector<bool> hidden_rows(const std::vector<RankSet>& cells, const std::vector<bool>& shields);

// Pairs of `rows`, the lower number first, that have something from `lowest` on in common and are not of one group, at
// most `most` of which `counts` says so. `groups`: of every row; empty: no two are of one.
using Counts = std::function<bool(std::uint32_t, std::uint32_t)>;
[[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_on_line(
    const std::vector<RankSet>& cells, const std::vector<std::uint32_t>& rows, Rank lowest, std::size_t most,
    const std::vector<std::uint32_t>& groups, const Counts& counts);

}  // namespace socle::rules
