// hit_policy.hpp: what the rows that were hit make together. Stateless; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "table/body.hpp"

namespace socle::rules {

// A row's result: what was known at compile time, or its outputs computed now. Error: meter.fault tells, or, in a
// lenient table, the row does not count.
[[nodiscard]] cel::Value row_result(const Table::Body& body, std::uint32_t row, Meter& meter);

// REQUIRES: `hits` in row order.
[[nodiscard]] cel::Value combine(const Table::Body& body, const std::vector<std::uint32_t>& hits, Meter& meter);

// The result when no row was hit.
[[nodiscard]] cel::Value no_hit(const Table::Body& body, const std::vector<cel::Value>& read, Meter& meter);

}  // namespace socle::rules
