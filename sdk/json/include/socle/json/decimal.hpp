// decimal.hpp: exact arithmetic questions about number texts, for JSON Schema, equality and money. Any thread.
// REQUIRES everywhere: the text is a JSON number (is_number, or View::number_text()). No function's cost depends on the
// value of an exponent: 1e999999999 is as cheap as 1e9. Exponents beyond ±2^60 count as ±2^60.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::json::decimal {

// The whole text is one number in JSON's grammar.
[[nodiscard]] bool is_number(std::string_view text);

// What a field of exact numbers holds, and storage/1 can order: digits in all, once outer zeros are gone, and how far
// from the point, as 0.DIGITS × 10^exponent.
inline constexpr std::size_t most_digits = 64;
inline constexpr std::int64_t most_exponent = 30'000;
// Any text: a number in JSON's grammar within these bounds. "0010.10", "1.", ".5", "+1" and "" are none.
[[nodiscard]] bool is_exact(std::string_view text);

// By value: compare("1", "10e-1") is equal, compare("-0", "0") is equal. No allocation, linear in the texts.
[[nodiscard]] std::strong_ordering compare(std::string_view a, std::string_view b);

// No fractional part: 3, 3.0, 30e-1, 1e400, 0e-9.
[[nodiscard]] bool is_integer(std::string_view text);

// value = n * divisor for some integer n, exactly (0.3 is a multiple of 0.1). Nothing when the divisor is zero, or when
// both have so many digits (divisor over 19, and either over 1000) that the answer is not worth its price.
[[nodiscard]] std::optional<bool> is_multiple(std::string_view value, std::string_view divisor);

// The exact value, if the type holds it.
[[nodiscard]] std::optional<std::int64_t> to_int64(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> to_uint64(std::string_view text);

// Same value, same text: "-12.5e3" and "-12500" both give "-125e2"; zero gives "0". For hashes, keys and sets.
[[nodiscard]] std::string canonical(std::string_view text);

}  // namespace socle::json::decimal
