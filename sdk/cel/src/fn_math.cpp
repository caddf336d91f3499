// fn_math.cpp: the math extension.
#include <cmath>

#include "decimal.hpp"
#include "library.hpp"
#include "operators.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

Value same(Context&, Args a) { return a[0]; }

Value no_order(Context& c) { return c.error(ErrorCode::invalid_argument, "NaN is neither greater nor less"); }

// Where a decimal takes part the result is one, whichever it is.
template <Order Wanted>
Value extremum(Context& c, Args a) {
  const auto order = compare(a[1], a[0]);
  if (order == Order::unordered) return no_order(c);
  const auto& best = order == Wanted ? a[1] : a[0];
  return a[0].is(Kind::decimal) || a[1].is(Kind::decimal) ? to_decimal(best) : best;
}
template <Order Wanted>
Value extremum_of_list(Context& c, Args a) {
  const auto& list = a[0];
  if (list.size() == 0)
    return c.error(ErrorCode::invalid_argument, "math.greatest and math.least want at least one number");
  if (!c.charge(list.size())) return c.stopped();
  Value best;
  bool reals = false;
  bool decimals = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto item = list.at(i);
    reals = reals || item.is(Kind::real);
    decimals = decimals || item.is(Kind::decimal);
    if (!item.is(Kind::decimal) && (item.kind() < Kind::integer || item.kind() > Kind::real))
      return c.error(ErrorCode::no_such_overload, "no such overload: math.greatest and math.least want numbers");
    if (reals && decimals) return c.error(ErrorCode::no_such_overload, no_common_number);
    const auto order = i == 0 ? Wanted : compare(item, best);
    if (order == Order::unordered) return no_order(c);
    if (order == Wanted) best = item;
  }
  return decimals ? to_decimal(best) : best;
}

template <double (*Round)(double)>
Value rounded(Context&, Args a) {
  return Value::real(Round(a[0].as_double()));
}

Value abs_int(Context& c, Args a) {
  if (a[0].as_int() == INT64_MIN) return overflow(c);
  return Value::integer(a[0].as_int() < 0 ? -a[0].as_int() : a[0].as_int());
}
Value sign_decimal(Context&, Args a) {
  return Value::decimal((a[0].unscaled() > 0 ? 1 : 0) - (a[0].unscaled() < 0 ? 1 : 0), 0);
}
Value sign_double(Context&, Args a) {
  const double d = a[0].as_double();
  return Value::real(std::isnan(d) ? d : d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0);
}
Value negative_offset(Context& c) { return c.error(ErrorCode::invalid_argument, "negative offset"); }
std::uint64_t shifted(std::uint64_t bits, std::int64_t by, bool left) {
  return by > 63 ? 0 : left ? bits << by : bits >> by;
}
template <bool Left>
Value shift_int(Context& c, Args a) {
  if (a[1].as_int() < 0) return negative_offset(c);
  return Value::integer(static_cast<std::int64_t>(shifted(a[0].as_uint(), a[1].as_int(), Left)));
}
template <bool Left>
Value shift_uint(Context& c, Args a) {
  if (a[1].as_int() < 0) return negative_offset(c);
  return Value::unsigned_integer(shifted(a[0].as_uint(), a[1].as_int(), Left));
}
Value root(double d) { return Value::real(std::sqrt(d)); }

constexpr Builtin table[] = {
#define SOCLE_CEL_EXACT(name, wanted)                                                                               \
  {name, "(decimal): decimal", same}, {name, "(decimal, decimal): decimal", extremum<wanted>},                      \
      {name, "(decimal, int): decimal", extremum<wanted>}, {name, "(int, decimal): decimal", extremum<wanted>},     \
      {name, "(decimal, uint): decimal", extremum<wanted>}, {name, "(uint, decimal): decimal", extremum<wanted>}, { \
    name, "(list(decimal)): decimal", extremum_of_list<wanted>                                                      \
  }
    {"math.@max", "(int): int", same},
    {"math.@max", "(uint): uint", same},
    {"math.@max", "(double): double", same},
    {"math.@max", "(int, int): int", extremum<Order::greater>},
    {"math.@max", "(uint, uint): uint", extremum<Order::greater>},
    {"math.@max", "(double, double): double", extremum<Order::greater>},
    {"math.@max", "(int, uint): dyn", extremum<Order::greater>},
    {"math.@max", "(int, double): dyn", extremum<Order::greater>},
    {"math.@max", "(uint, int): dyn", extremum<Order::greater>},
    {"math.@max", "(uint, double): dyn", extremum<Order::greater>},
    {"math.@max", "(double, int): dyn", extremum<Order::greater>},
    {"math.@max", "(double, uint): dyn", extremum<Order::greater>},
    {"math.@max", "(list(int)): int", extremum_of_list<Order::greater>},
    {"math.@max", "(list(uint)): uint", extremum_of_list<Order::greater>},
    {"math.@max", "(list(double)): double", extremum_of_list<Order::greater>},
    SOCLE_CEL_EXACT("math.@max", Order::greater),
    {"math.@min", "(int): int", same},
    {"math.@min", "(uint): uint", same},
    {"math.@min", "(double): double", same},
    {"math.@min", "(int, int): int", extremum<Order::less>},
    {"math.@min", "(uint, uint): uint", extremum<Order::less>},
    {"math.@min", "(double, double): double", extremum<Order::less>},
    {"math.@min", "(int, uint): dyn", extremum<Order::less>},
    {"math.@min", "(int, double): dyn", extremum<Order::less>},
    {"math.@min", "(uint, int): dyn", extremum<Order::less>},
    {"math.@min", "(uint, double): dyn", extremum<Order::less>},
    {"math.@min", "(double, int): dyn", extremum<Order::less>},
    {"math.@min", "(double, uint): dyn", extremum<Order::less>},
    {"math.@min", "(list(int)): int", extremum_of_list<Order::less>},
    {"math.@min", "(list(uint)): uint", extremum_of_list<Order::less>},
    {"math.@min", "(list(double)): double", extremum_of_list<Order::less>},
    SOCLE_CEL_EXACT("math.@min", Order::less),
#undef SOCLE_CEL_EXACT
    {"math.ceil", "(double): double", rounded<std::ceil>},
    {"math.floor", "(double): double", rounded<std::floor>},
    {"math.round", "(double): double", rounded<std::round>},
    {"math.trunc", "(double): double", rounded<std::trunc>},
    {"math.abs", "(int): int", abs_int},
    {"math.abs", "(uint): uint", same},
    {"math.abs", "(double): double", rounded<std::fabs>},
    {"math.abs", "(decimal): decimal", absolute_decimal},
    {"math.sign", "(int): int",
     [](Context&, Args a) { return Value::integer((a[0].as_int() > 0 ? 1 : 0) - (a[0].as_int() < 0 ? 1 : 0)); }},
    {"math.sign", "(uint): uint", [](Context&, Args a) { return Value::unsigned_integer(a[0].as_uint() > 0 ? 1 : 0); }},
    {"math.sign", "(double): double", sign_double},
    {"math.sign", "(decimal): decimal", sign_decimal},
    {"math.isNaN", "(double): bool", [](Context&, Args a) { return Value::boolean(std::isnan(a[0].as_double())); }},
    {"math.isInf", "(double): bool", [](Context&, Args a) { return Value::boolean(std::isinf(a[0].as_double())); }},
    {"math.isFinite", "(double): bool",
     [](Context&, Args a) { return Value::boolean(std::isfinite(a[0].as_double())); }},
    {"math.sqrt", "(double): double", [](Context&, Args a) { return root(a[0].as_double()); }},
    {"math.sqrt", "(int): double", [](Context&, Args a) { return root(static_cast<double>(a[0].as_int())); }},
    {"math.sqrt", "(uint): double", [](Context&, Args a) { return root(static_cast<double>(a[0].as_uint())); }},
    {"math.bitAnd", "(int, int): int", [](Context&, Args a) { return Value::integer(a[0].as_int() & a[1].as_int()); }},
    {"math.bitAnd", "(uint, uint): uint",
     [](Context&, Args a) { return Value::unsigned_integer(a[0].as_uint() & a[1].as_uint()); }},
    {"math.bitOr", "(int, int): int", [](Context&, Args a) { return Value::integer(a[0].as_int() | a[1].as_int()); }},
    {"math.bitOr", "(uint, uint): uint",
     [](Context&, Args a) { return Value::unsigned_integer(a[0].as_uint() | a[1].as_uint()); }},
    {"math.bitXor", "(int, int): int", [](Context&, Args a) { return Value::integer(a[0].as_int() ^ a[1].as_int()); }},
    {"math.bitXor", "(uint, uint): uint",
     [](Context&, Args a) { return Value::unsigned_integer(a[0].as_uint() ^ a[1].as_uint()); }},
    {"math.bitNot", "(int): int", [](Context&, Args a) { return Value::integer(~a[0].as_int()); }},
    {"math.bitNot", "(uint): uint", [](Context&, Args a) { return Value::unsigned_integer(~a[0].as_uint()); }},
    {"math.bitShiftLeft", "(int, int): int", shift_int<true>},
    {"math.bitShiftLeft", "(uint, int): uint", shift_uint<true>},
    {"math.bitShiftRight", "(int, int): int", shift_int<false>},
    {"math.bitShiftRight", "(uint, int): uint", shift_uint<false>},
};

}  // namespace

std::span<const Builtin> math_functions() { return table; }

}  // namespace socle::cel
