// result_groups.hpp: which rows of a table give the same result, so that rows that agree need not be compared one with
// another. Any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "table/body.hpp"

namespace socle::rules {

// Of every row the number of its group; no_group: its result is not known before it is computed. Rows of one group give
// equal values of the same kinds; of two groups they may still be equal (1 and 1.0).
[[nodiscard]] std::vector<std::uint32_t> result_groups(const std::vector<CompiledRow>& rows);

}  // namespace socle::rules
