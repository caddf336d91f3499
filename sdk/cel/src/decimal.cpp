// decimal.cpp: see the header.
#include "decimal.hpp"

#include <algorithm>
#include <charconv>

namespace socle::cel {
namespace {

constexpr std::uint32_t max_scale = 38;
constexpr std::uint32_t division_scale = 16;

bool accepted(Kind kind) { return kind == Kind::decimal || kind == Kind::integer || kind == Kind::unsigned_integer; }

bool scale_up(Int128& value, std::uint32_t digits) {
  for (; digits > 0; --digits)
    if (__builtin_mul_overflow(value, 10, &value)) return false;
  return true;
}

// Without trailing zeros, down to `least` digits after the point.
Value trimmed(Int128 value, std::uint32_t scale, std::uint32_t least) {
  while (scale > least && value % 10 == 0) {
    value /= 10;
    --scale;
  }
  return Value::decimal(value, scale);
}

Int128 power_of_ten(std::uint32_t digits) {
  Int128 power = 1;
  while (digits-- > 0) power *= 10;
  return power;
}

// The quotient rounded; `negative` is the sign of the exact result.
Int128 rounded(Int128 quotient, Int128 remainder, Int128 divisor, Rounding rounding) {
  if (remainder == 0) return quotient;
  const bool negative = (remainder < 0) != (divisor < 0);
  const Int128 away = negative ? -1 : 1;
  const Int128 r = remainder < 0 ? -remainder : remainder;
  const Int128 d = divisor < 0 ? -divisor : divisor;
  const Int128 rest = d - r;
  const bool half = r == rest;
  const bool above = r > rest;
  switch (rounding) {
    case Rounding::half_even: return above || (half && quotient % 2 != 0) ? quotient + away : quotient;
    case Rounding::half_up: return above || half ? quotient + away : quotient;
    case Rounding::up: return quotient + away;
    case Rounding::down: return quotient;
    case Rounding::floor: return negative ? quotient - 1 : quotient;
    case Rounding::ceiling: return negative ? quotient : quotient + 1;
  }
  return quotient;
}

}  // namespace

Value to_decimal(const Value& value) {
  if (value.is(Kind::integer)) return Value::decimal(value.as_int(), 0);
  if (value.is(Kind::unsigned_integer)) return Value::decimal(static_cast<Int128>(value.as_uint()), 0);
  return value;
}

Order compare_decimals(const Value& left, const Value& right) {
  if (!accepted(left.kind()) || !accepted(right.kind())) return Order::incomparable;
  const auto a = to_decimal(left);
  const auto b = to_decimal(right);
  Int128 x = a.unscaled();
  Int128 y = b.unscaled();
  // The side with fewer digits after the point is scaled up; if that overflows it is the larger in magnitude.
  if (a.scale() < b.scale() && !scale_up(x, b.scale() - a.scale())) return x < 0 ? Order::less : Order::greater;
  if (b.scale() < a.scale() && !scale_up(y, a.scale() - b.scale())) return y < 0 ? Order::greater : Order::less;
  return x < y ? Order::less : y < x ? Order::greater : Order::equal;
}

std::uint64_t hash_decimal(const Value& value) {
  const auto plain = trimmed(value.unscaled(), value.scale(), 0);
  const auto number = plain.unscaled();
  // Whole numbers hash as the int or uint they equal.
  if (plain.scale() == 0 && number >= INT64_MIN && number <= static_cast<Int128>(UINT64_MAX)) {
    return hash(number <= INT64_MAX ? Value::integer(static_cast<std::int64_t>(number))
                                    : Value::unsigned_integer(static_cast<std::uint64_t>(number)));
  }
  return hash(Value::integer(static_cast<std::int64_t>(number))) ^ (hash(Value::integer(plain.scale())) << 1);
}

std::optional<Value> parse_decimal(std::string_view text) {
  std::size_t i = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
  Int128 value = 0;
  std::int64_t scale = 0;
  bool point = false;
  bool digits = false;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') break;
    digits = true;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text[i] - '0', &value))
      return std::nullopt;
    scale += point ? 1 : 0;
  }
  if (!digits || text.back() == '.') return std::nullopt;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    auto rest = text.substr(i + 1);
    if (!rest.empty() && rest[0] == '+') rest.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error != std::errc{} || end != rest.data() + rest.size() || exponent > 60 || exponent < -60)
      return std::nullopt;
    scale -= exponent;
  }
  if (scale < 0) {
    if (!scale_up(value, static_cast<std::uint32_t>(-scale))) return std::nullopt;
    scale = 0;
  }
  if (scale > max_scale) return std::nullopt;
  return Value::decimal(negative ? -value : value, static_cast<std::uint32_t>(scale));
}

std::optional<Value> decimal_of(double value) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return parse_decimal({buffer, static_cast<std::size_t>(end - buffer)});
}

std::string decimal_text(const Value& value) {
  Int128 number = value.unscaled();
  const bool negative = number < 0;
  std::string digits;
  do {
    const auto digit = static_cast<int>(number % 10);
    digits.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    number /= 10;
  } while (number != 0);
  while (digits.size() <= value.scale()) digits.push_back('0');
  std::string text;
  if (negative) text.push_back('-');
  for (auto i = digits.size(); i > 0; --i) {
    text.push_back(digits[i - 1]);
    if (i - 1 == value.scale() && i > 1) text.push_back('.');
  }
  return text;
}

std::optional<Value> add_decimals(const Value& left, const Value& right, bool subtract) {
  const auto a = to_decimal(left);
  const auto b = to_decimal(right);
  const auto scale = std::max(a.scale(), b.scale());
  Int128 x = a.unscaled();
  Int128 y = b.unscaled();
  if (!scale_up(x, scale - a.scale()) || !scale_up(y, scale - b.scale())) return std::nullopt;
  Int128 sum = 0;
  if (subtract ? __builtin_sub_overflow(x, y, &sum) : __builtin_add_overflow(x, y, &sum)) return std::nullopt;
  return Value::decimal(sum, scale);
}

std::optional<Value> multiply_decimals(const Value& left, const Value& right) {
  const auto a = to_decimal(left);
  const auto b = to_decimal(right);
  Int128 product = 0;
  if (__builtin_mul_overflow(a.unscaled(), b.unscaled(), &product)) return std::nullopt;
  const auto plain = trimmed(product, a.scale() + b.scale(), std::min(max_scale, a.scale() + b.scale()));
  if (plain.scale() > max_scale) return std::nullopt;
  return plain;
}

std::optional<Value> divide_decimals(const Value& left, const Value& right) {
  const auto a = to_decimal(left);
  const auto b = to_decimal(right);
  const auto own = std::max(a.scale(), b.scale());
  const auto scale = std::max(division_scale, own);
  Int128 x = a.unscaled();
  Int128 y = b.unscaled();
  // x·10^-as / y·10^-bs = (x·10^(scale+bs-as) / y)·10^-scale
  const auto shift = static_cast<std::int64_t>(scale) + b.scale() - a.scale();
  if (shift >= 0 ? !scale_up(x, static_cast<std::uint32_t>(shift)) : !scale_up(y, static_cast<std::uint32_t>(-shift)))
    return std::nullopt;
  if (y == -1) {
    if (__builtin_sub_overflow(Int128{0}, x, &x)) return std::nullopt;
    return trimmed(x, scale, own);
  }
  return trimmed(rounded(x / y, x % y, y, Rounding::half_even), scale, own);
}

std::optional<Value> round_decimal(const Value& value, std::uint32_t scale, Rounding rounding) {
  if (scale > max_scale) return std::nullopt;
  Int128 number = value.unscaled();
  if (scale >= value.scale()) {
    if (!scale_up(number, scale - value.scale())) return std::nullopt;
    return Value::decimal(number, scale);
  }
  const auto divisor = power_of_ten(value.scale() - scale);
  return Value::decimal(rounded(number / divisor, number % divisor, divisor, rounding), scale);
}

}  // namespace socle::cel
