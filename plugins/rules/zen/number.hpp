// number.hpp: the numbers of GoRules' ZEN language: decimals of up to 28 digits, where 0.1 + 0.2 is 0.3 and a division
// goes on to the last digit. Results that do not fit are rounded half up, or refused when even their whole part is too
// long. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socle/cel/value.hpp"

namespace socle::rules::zen {

struct Number {
  cel::Int128 digits = 0;   // below 10^28 in size
  std::uint32_t scale = 0;  // at most 28

  // Of an int, uint, double or decimal; nothing: another kind, NaN, or too long.
  [[nodiscard]] static std::optional<Number> of(const cel::Value& value);
  // "-12.50", "1e3"
  [[nodiscard]] static std::optional<Number> parse(std::string_view text);
  [[nodiscard]] static Number whole(std::int64_t value) { return {value, 0}; }

  // An int when it is whole and fits, else a decimal without trailing zeros.
  [[nodiscard]] cel::Value value() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] double real() const;
  // Whole and within 64 bits.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
};

[[nodiscard]] std::optional<Number> add(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> subtract(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> multiply(const Number& a, const Number& b);
// Nothing when b is zero.
[[nodiscard]] std::optional<Number> divide(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> remainder(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> power(const Number& a, const Number& b);
// <0, 0, >0
[[nodiscard]] int compare(const Number& a, const Number& b);

enum class Direction : std::uint8_t { half_up, toward_zero, down, up };
[[nodiscard]] Number rounded(const Number& a, std::uint32_t places, Direction direction);

}  // namespace socle::rules::zen
