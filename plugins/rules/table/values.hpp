// values.hpp: what the rules kind needs of values beyond the expression kit: copies, results, JSON. Any thread.
#pragma once

#include <optional>
#include <string>

#include "socle/cel/value.hpp"
#include "socle/json/builder.hpp"
#include "socle/json/writer.hpp"
#include "socle/result.hpp"

namespace socle::rules {

// A deep copy whose texts, lists and maps live in the arena. A value of unknown memory behind it stays as it is.
[[nodiscard]] cel::Value copy_value(cel::Arena& arena, const cel::Value& value);

// "-12.50": a decimal's digits as a JSON number. REQUIRES Kind::decimal
[[nodiscard]] std::string decimal_digits(const cel::Value& value);

// The sum of numbers: ints exactly, decimals exactly (ints join them), doubles as soon as there is one. Nothing: one of
// them is no number, or the sum does not fit.
[[nodiscard]] std::optional<cel::Value> sum_of(const cel::Value& a, const cel::Value& b);

// Appends the value: dates, timestamps, durations and addresses as texts, decimals as numbers with all their digits,
// bytes as base64, an optional as what it holds or null. Code::invalid: it has no JSON form (NaN, infinity, a type).
[[nodiscard]] Status append_json(json::Writer& out, const cel::Value& value);
[[nodiscard]] Result<std::string> to_json(const cel::Value& value);

}  // namespace socle::rules
