// Conversion: integers by accumulation; fractions by Clinger's exact case (mantissa ≤ 2^53, |exponent| ≤ 22), else by
// std::from_chars, which rounds correctly, needs no locale and no memory.
#include "src/number.hpp"

#include <bit>
#include <charconv>
#include <compare>
#include <limits>
#include <string>

#include "socle/json/decimal.hpp"

namespace socle::json {
namespace {

constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr bool digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// Reads digits into `value`, which wraps when there are more than 19; returns the first byte that is none.
const char* read_digits(const char* at, std::uint64_t& value) {
  for (; digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  return at;
}

double nearest(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{}) return value;
  // Out of range, either way: on which side of 1 is it?
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const double magnitude = std::is_gt(decimal::compare(text, "1")) ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -magnitude : magnitude;
}

void convert_fraction(const char* text, bool negative, std::uint64_t mantissa, std::size_t digits,
                      std::int64_t exponent, Number& number) {
  number.tag = layout::Tag::number;
  double value = 0;
  if (digits <= 19 && mantissa <= (std::uint64_t{1} << 53) && exponent >= -22 && exponent <= 22) {
    value = static_cast<double>(mantissa);
    value = exponent < 0 ? value / powers_of_ten[-exponent] : value * powers_of_ten[exponent];
    if (negative) value = -value;
  } else {
    value = nearest({text, number.length});
  }
  number.bits = std::bit_cast<std::uint64_t>(value);
}

// An integer text of more than 18 digits, or "-0".
void convert_long_integer(const char* text, bool negative, Number& number) {
  const char* last = text + number.length;
  std::int64_t value = 0;
  std::uint64_t magnitude = 0;
  if (number.length != 2 || text[0] != '-' || text[1] != '0') {
    if (auto r = std::from_chars(text, last, value); r.ec == std::errc{} && r.ptr == last) {
      number.tag = layout::Tag::integer;
      number.bits = std::bit_cast<std::uint64_t>(value);
      return;
    }
    if (auto r = std::from_chars(text, last, magnitude); !negative && r.ec == std::errc{} && r.ptr == last) {
      number.tag = layout::Tag::unsigned_integer;
      number.bits = magnitude;
      return;
    }
  }
  number.tag = layout::Tag::number;
  number.bits = std::bit_cast<std::uint64_t>(nearest({text, number.length}));
}

}  // namespace

bool scan_number(const char* text, Number& number) {
  const bool negative = *text == '-';
  const char* const first = text + negative;
  std::uint64_t mantissa = 0;
  const char* at = read_digits(first, mantissa);
  const auto whole = static_cast<std::size_t>(at - first);
  if (whole == 0 || (*first == '0' && whole > 1)) return false;
  if (*at != '.' && *at != 'e' && *at != 'E') {
    number.length = static_cast<std::size_t>(at - text);
    if (whole > 18 || (negative && mantissa == 0)) {
      convert_long_integer(text, negative, number);
    } else {
      number.tag = layout::Tag::integer;
      number.bits = negative ? 0 - mantissa : mantissa;
    }
    return true;
  }
  std::size_t digits = whole;
  std::int64_t exponent = 0;
  if (*at == '.') {
    const char* const fraction = at + 1;
    at = read_digits(fraction, mantissa);
    const auto places = static_cast<std::size_t>(at - fraction);
    if (places == 0) return false;
    digits += places;
    exponent = -static_cast<std::int64_t>(places);
  }
  if (*at == 'e' || *at == 'E') {
    ++at;
    const bool down = *at == '-';
    if (*at == '-' || *at == '+') ++at;
    const char* const start = at;
    std::uint64_t written = 0;
    at = read_digits(start, written);
    if (at == start) return false;
    // More than 18 digits may wrap; whatever that gives, it must not look like a small exponent.
    const bool huge = at - start > 18;
    const auto step = huge ? std::int64_t{1} << 60 : static_cast<std::int64_t>(written);
    exponent += down ? -step : step;
  }
  number.length = static_cast<std::size_t>(at - text);
  convert_fraction(text, negative, mantissa, digits, exponent, number);
  return true;
}

std::optional<Number> whole_number(std::string_view text) {
  if (text.empty()) return std::nullopt;  // an absent view has no bytes to copy
  constexpr std::size_t small = 63;
  Number number;
  if (text.size() <= small) {
    char copy[small + 1];
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    if (!scan_number(copy, number) || number.length != text.size()) return std::nullopt;
    return number;
  }
  const std::string copy(text);
  if (!scan_number(copy.c_str(), number) || number.length != text.size()) return std::nullopt;
  return number;
}

}  // namespace socle::json
