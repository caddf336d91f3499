// decimal.hpp: exact decimal numbers: a 128-bit integer and a scale of 0 to 38. Results that do not fit are refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "socle/cel/value.hpp"

namespace socle::cel {

// What a decimal and a double have to hear that meet where numbers are compared or added.
inline constexpr std::string_view no_common_number =
    "a decimal and a double do not mix: convert one with decimal() or double()";

enum class Rounding : std::uint8_t { half_even, half_up, up, down, floor, ceiling };

// Decimals with decimals, ints and uints by value; incomparable with anything else.
[[nodiscard]] Order compare_decimals(const Value& a, const Value& b);
[[nodiscard]] std::uint64_t hash_decimal(const Value& value);
// "-12.50", "1e3"; nothing when it is no decimal number or does not fit.
[[nodiscard]] std::optional<Value> parse_decimal(std::string_view text);
[[nodiscard]] std::string decimal_text(const Value& value);
// By the shortest text that reads back as the same double: 0.1 is 0.1. Nothing when it does not fit.
[[nodiscard]] std::optional<Value> decimal_of(double value);
// The operands may be decimal, int or uint. Nothing: overflow. divide REQUIRES b ≠ 0 and rounds half-even at 16 digits
// after the point or at the operands' own scale if that is finer, then drops trailing zeros beyond the operands' scale.
[[nodiscard]] std::optional<Value> add_decimals(const Value& a, const Value& b, bool subtract);
[[nodiscard]] std::optional<Value> multiply_decimals(const Value& a, const Value& b);
[[nodiscard]] std::optional<Value> divide_decimals(const Value& a, const Value& b);
[[nodiscard]] std::optional<Value> round_decimal(const Value& value, std::uint32_t scale, Rounding rounding);
// An int or a uint as a decimal; decimals pass. REQUIRES one of these kinds.
[[nodiscard]] Value to_decimal(const Value& value);

}  // namespace socle::cel
