// functions_number.cpp: math.* by arithmetic. Of the C library only sqrt and the sign of a double are asked. See
// functions.hpp.
#include <algorithm>
#include <cmath>
#include <limits>

#include "support/cel_reference/functions.hpp"

namespace cel_reference {

using socle::cel::Context;
using socle::cel::ErrorCode;
using socle::cel::Int128;
using socle::cel::Kind;
using socle::cel::Value;

namespace {

bool is_number(const Value& v) { return v.is(Kind::integer) || v.is(Kind::unsigned_integer) || v.is(Kind::real); }
Int128 exactly(const Value& v) {
  return v.is(Kind::integer) ? static_cast<Int128>(v.as_int()) : static_cast<Int128>(v.as_uint());
}
double roughly(const Value& v) {
  if (v.is(Kind::real)) return v.as_double();
  return v.is(Kind::integer) ? static_cast<double>(v.as_int()) : static_cast<double>(v.as_uint());
}
// A decimal or a whole number, digit by digit.
struct Places {
  Int128 rest;
  Int128 unit = 1;
  explicit Places(const Value& v) : rest(v.is(Kind::decimal) ? v.unscaled() : exactly(v)) {
    for (auto i = v.is(Kind::decimal) ? v.scale() : 0; i > 0; --i) unit *= 10;
  }
  Int128 next() {
    const auto digit = unit == 0 ? 0 : rest / unit;
    rest -= digit * unit;
    unit /= 10;
    return digit;
  }
};
// As doubles when one of them is one.
bool below(const Value& a, const Value& b) {
  if (a.is(Kind::real) || b.is(Kind::real)) return roughly(a) < roughly(b);
  Places left(a);
  Places right(b);
  for (int place = 0; place <= 38; ++place) {
    const auto x = left.next();
    const auto y = right.next();
    if (x != y) return x < y;
  }
  return false;
}

Answer extremum(Context& c, bool greatest, const Values& numbers) {
  if (numbers.empty()) return c.error(ErrorCode::invalid_argument, "no number");
  const auto any = [&numbers](Kind kind) {
    return std::any_of(numbers.begin(), numbers.end(), [kind](const Value& one) { return one.is(kind); });
  };
  const bool exact = any(Kind::decimal);
  if (exact && any(Kind::real)) return c.error(ErrorCode::no_such_overload, "a decimal and a double");
  for (const auto& one : numbers) {
    if (!is_number(one) && !one.is(Kind::decimal)) return c.error(ErrorCode::no_such_overload, "no number");
    if (numbers.size() > 1 && one.is(Kind::real) && one.as_double() != one.as_double())
      return c.error(ErrorCode::invalid_argument, "not a number");
  }
  auto best = numbers[0];
  for (const auto& one : numbers)
    if (greatest ? below(best, one) : below(one, best)) best = one;
  return exact && !best.is(Kind::decimal) ? Value::decimal(exactly(best), 0) : best;
}

Answer of_decimal(Context& c, const std::string& name, const Value& v) {
  auto n = v.unscaled();
  if (name == "math.sign") return Value::decimal((n > 0) - (n < 0), 0);
  if (name != "math.abs") return std::nullopt;
  if (n < 0 && __builtin_sub_overflow(Int128{0}, n, &n)) return c.error(ErrorCode::overflow, "too large");
  return Value::decimal(n, v.scale());
}

constexpr double largest = std::numeric_limits<double>::max();
bool is_nan(double d) { return !(d <= 0) && !(d >= 0); }
bool is_infinite(double d) { return d > largest || d < -largest; }
bool is_negative(double d) { return std::signbit(d); }

// What is before the point, with the sign; doubles of 2^52 and more have nothing behind it.
double whole_part(double d) {
  if (is_nan(d) || is_infinite(d) || d >= 4503599627370496.0 || d <= -4503599627370496.0) return d;
  const auto whole = static_cast<double>(static_cast<std::int64_t>(d));
  return whole == 0 && is_negative(d) ? -0.0 : whole;
}

Answer of_double(const std::string& name, double d) {
  const auto whole = whole_part(d);
  const auto rest = is_nan(d) || is_infinite(d) ? 0.0 : d - whole;
  if (name == "math.trunc") return Value::real(whole);
  if (name == "math.ceil") return Value::real(rest > 0 ? whole + 1 : whole);
  if (name == "math.floor") return Value::real(rest < 0 ? whole - 1 : whole);
  if (name == "math.round") return Value::real(rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole);
  if (name == "math.abs") return Value::real(is_negative(d) ? -d : d);
  if (name == "math.sign") return Value::real(is_nan(d) ? d : static_cast<double>((d > 0) - (d < 0)));
  if (name == "math.isNaN") return Value::boolean(is_nan(d));
  if (name == "math.isInf") return Value::boolean(is_infinite(d));
  if (name == "math.isFinite") return Value::boolean(!is_nan(d) && !is_infinite(d));
  return std::nullopt;
}

// Back as the kind that the arguments have, in two's complement.
Value as_kind_of(const Value& like, std::uint64_t bits) {
  return like.is(Kind::integer) ? Value::integer(static_cast<std::int64_t>(bits)) : Value::unsigned_integer(bits);
}

Answer of_whole(Context& c, const std::string& name, const Value& v) {
  const auto n = exactly(v);
  if (name == "math.abs") {
    if (n < 0 && -n > std::numeric_limits<std::int64_t>::max()) return c.error(ErrorCode::overflow, "too large");
    return as_kind_of(v, static_cast<std::uint64_t>(n < 0 ? -n : n));
  }
  if (name == "math.sign")
    return as_kind_of(v, static_cast<std::uint64_t>(static_cast<std::int64_t>((n > 0) - (n < 0))));
  if (name == "math.bitNot") return as_kind_of(v, std::numeric_limits<std::uint64_t>::max() - v.as_uint());
  return std::nullopt;
}

Answer of_bits(const std::string& name, const Value& a, const Value& b) {
  if (name != "math.bitAnd" && name != "math.bitOr" && name != "math.bitXor") return std::nullopt;
  std::uint64_t out = 0;
  for (unsigned i = 0; i < 64; ++i) {
    const unsigned both = static_cast<unsigned>(a.as_uint() >> i & 1) + static_cast<unsigned>(b.as_uint() >> i & 1);
    const bool set = name == "math.bitAnd" ? both == 2 : name == "math.bitOr" ? both > 0 : both == 1;
    if (set) out += std::uint64_t{1} << i;
  }
  return as_kind_of(a, out);
}

Answer shift(Context& c, const std::string& name, const Value& v, std::int64_t by) {
  const bool left = name == "math.bitShiftLeft";
  if (!left && name != "math.bitShiftRight") return std::nullopt;
  if (by < 0) return c.error(ErrorCode::invalid_argument, "negative");
  auto bits = v.as_uint();
  for (std::int64_t i = 0; i < by && bits != 0; ++i) bits = left ? bits * 2 : bits / 2;
  return as_kind_of(v, bits);
}

}  // namespace

Answer number_function(Context& c, const std::string& name, const Values& args) {
  if (!name.starts_with("math.") || args.empty()) return std::nullopt;
  if (name == "math.@max" || name == "math.@min") {
    Values numbers = args;
    if (args.size() == 1 && args[0].is(Kind::list)) {
      numbers.clear();
      for (std::size_t i = 0; i < args[0].size(); ++i) numbers.push_back(args[0].at(i));
    }
    return extremum(c, name == "math.@max", numbers);
  }
  if (args.size() == 1 && args[0].is(Kind::decimal)) return of_decimal(c, name, args[0]);
  if (!is_number(args[0])) return std::nullopt;
  if (name == "math.sqrt" && args.size() == 1) return Value::real(std::sqrt(roughly(args[0])));
  const bool real = args[0].is(Kind::real);
  if (args.size() == 1) return real ? of_double(name, args[0].as_double()) : of_whole(c, name, args[0]);
  if (args.size() != 2 || real) return std::nullopt;
  if (args[0].kind() == args[1].kind())
    if (auto bits = of_bits(name, args[0], args[1]); bits) return bits;
  return args[1].is(Kind::integer) ? shift(c, name, args[0], args[1].as_int()) : std::nullopt;
}

}  // namespace cel_reference
