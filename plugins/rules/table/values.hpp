// values.hpp: what the rules kind needs of values beyond the expression kit: copies, digits, sums. Any thread.
#pragma once

#include <optional>
#include <string>

#include "socle/cel/value.hpp"

namespace socle::rules {

// A deep copy whose texts, lists and maps live in the arena. A value of unknown memory behind it stays as it is.
[[nodiscard]] cel::Value copy_value(cel::Arena& arena, const cel::Value& value);

// "-12.50": a decimal's digits as a JSON number. REQUIRES Kind::decimal
[[nodiscard]] std::string decimal_digits(const cel::Value& value);

// The sum of numbers: ints exactly, decimals exactly (ints join them), doubles as soon as there is one. Nothing: one of
// them is no number, or the sum does not fit.
[[nodiscard]] std::optional<cel::Value> sum_of(const cel::Value& a, const cel::Value& b);

}  // namespace socle::rules
