// functions_operators.cpp: ZEN's operators: arithmetic on decimals, equality that never fails, order of numbers and
// dates.
#include <array>

#include "zen/functions.hpp"
#include "zen/moment.hpp"
#include "zen/number.hpp"

namespace socle::rules::zen {
namespace {

using cel::Context;
using cel::Kind;
using cel::Value;
using Args = const Value*;

template <class Operation>
Value arithmetic(Context& c, Args a, std::string_view name, Operation operation) {
  const auto x = Number::of(a[0]);
  const auto y = Number::of(a[1]);
  if (!x || !y)
    return refuse(c, std::string(name) + " wants two numbers; found " + cel::shown(a[0]) + " and " + cel::shown(a[1]));
  const auto result = operation(*x, *y);
  return result ? result->value() : refuse(c, "the result of " + std::string(name) + " has more than 28 digits");
}

Value add_values(Context& c, Args a) {
  if (!a[0].is(Kind::string) || !a[1].is(Kind::string)) return arithmetic(c, a, "+", add);
  std::string text(a[0].as_string());
  text += a[1].as_string();
  return c.text(text);
}
Value subtract_values(Context& c, Args a) { return arithmetic(c, a, "-", subtract); }
Value multiply_values(Context& c, Args a) { return arithmetic(c, a, "*", multiply); }
// By zero: null, as ZEN has it.
Value divide_values(Context& c, Args a) {
  const auto divisor = Number::of(a[1]);
  if (divisor && divisor->digits == 0 && Number::of(a[0])) return {};
  return arithmetic(c, a, "/", divide);
}
Value modulo_values(Context& c, Args a) {
  const auto divisor = Number::of(a[1]);
  if (divisor && divisor->digits == 0 && Number::of(a[0])) return {};
  return arithmetic(c, a, "%", remainder);
}
// A whole exponent is as many products.
Value power_values(Context& c, Args a) {
  const auto exponent = Number::of(a[1]);
  const auto whole = exponent ? exponent->integer() : std::nullopt;
  const bool counted = whole && *whole >= -1000 && *whole <= 1000;
  if (!c.charge(counted ? static_cast<std::uint64_t>(*whole < 0 ? -*whole : *whole) * 30 + 10 : 100))
    return c.stopped();
  return arithmetic(c, a, "^", power);
}
Value negate(Context& c, Args a) {
  const auto x = Number::of(a[0]);
  return x ? Number{-x->digits, x->scale}.value() : refuse(c, "- wants a number; found " + cel::shown(a[0]));
}

Value equal_values(Context&, Args a) { return Value::boolean(same(a[0], a[1])); }

// False and an error in `out` when the two have no order.
bool order(Context& c, Args a, int& result, Value& out) {
  const auto x = Number::of(a[0]);
  const auto y = Number::of(a[1]);
  if (x && y) {
    result = compare(*x, *y);
    return true;
  }
  if (is_moment(a[0]) && is_moment(a[1])) {
    const auto p = moment_of(a[0]);
    const auto q = moment_of(a[1]);
    result = p.seconds < q.seconds ? -1 : p.seconds > q.seconds ? 1 : 0;
    return true;
  }
  out = refuse(c, "numbers and dates have an order; found " + cel::shown(a[0]) + " and " + cel::shown(a[1]));
  return false;
}
template <class Test>
Value ordered(Context& c, Args a, Test test) {
  int result = 0;
  Value out;
  return order(c, a, result, out) ? Value::boolean(test(result)) : out;
}
Value less(Context& c, Args a) {
  return ordered(c, a, [](int o) { return o < 0; });
}
Value less_or_equal(Context& c, Args a) {
  return ordered(c, a, [](int o) { return o <= 0; });
}
Value greater(Context& c, Args a) {
  return ordered(c, a, [](int o) { return o > 0; });
}
Value greater_or_equal(Context& c, Args a) {
  return ordered(c, a, [](int o) { return o >= 0; });
}

// {"@low", "@high", "@ends"}: looked into by zen.in, unfolded by zen.items.
Value interval(Context& c, Args a) {
  const auto key = [&](std::string_view text) { return cel::copy_string(c.arena, text); };
  return cel::make_map(c.arena, {{key("@low"), a[0]}, {key("@high"), a[1]}, {key("@ends"), a[2]}});
}
bool is_interval(const Value& value) {
  Value ends;
  return value.is(Kind::map) && !value.is_json() && value.find(Value::string("@ends"), ends);
}
Value part(const Value& map, std::string_view key) {
  Value out;
  (void)map.find(Value::string(key), out);
  return out;
}

Value in_values(Context& c, Args a) {
  if (is_interval(a[1])) {
    const auto ends = part(a[1], "@ends").as_string();
    const std::array<Value, 2> low{a[0], part(a[1], "@low")};
    const std::array<Value, 2> high{a[0], part(a[1], "@high")};
    int from = 0;
    int to = 0;
    Value out;
    if (!order(c, low.data(), from, out) || !order(c, high.data(), to, out)) return out;
    return Value::boolean((ends[0] == '[' ? from >= 0 : from > 0) && (ends[1] == ']' ? to <= 0 : to < 0));
  }
  if (a[1].is(Kind::list)) return holds(c, a[1], a[0]);
  if (a[1].is(Kind::map) && a[0].is(Kind::string)) {
    Value found;
    return Value::boolean(a[1].find(a[0], found));
  }
  return refuse(c, "'in' wants a list, an interval or an object; found " + cel::shown(a[1]));
}

// What map, filter and their like go through.
Value items(Context& c, Args a) {
  if (a[0].is(Kind::list)) return a[0];
  if (!is_interval(a[0])) return refuse(c, "a list is wanted; found " + cel::shown(a[0]));
  const auto ends = part(a[0], "@ends").as_string();
  const auto low_number = Number::of(part(a[0], "@low"));
  const auto high_number = Number::of(part(a[0], "@high"));
  const auto low_whole = low_number ? low_number->integer() : std::nullopt;
  const auto high_whole = high_number ? high_number->integer() : std::nullopt;
  if (!low_whole || !high_whole) return refuse(c, "only an interval of whole numbers can be gone through");
  const auto low = *low_whole + (ends[0] == '[' ? 0 : 1);
  const auto high = *high_whole - (ends[1] == ']' ? 0 : 1);
  if (high < low) return Value::list(nullptr, 0);
  if (high - low >= 1'000'000) return refuse(c, "the interval has more than a million numbers");
  const auto size = static_cast<std::size_t>(high - low + 1);
  auto* out = c.items(size);
  if (out == nullptr) return c.stopped();
  for (std::size_t i = 0; i < size; ++i) out[i] = Value::integer(low + static_cast<std::int64_t>(i));
  return Value::list(out, size);
}

Value truth(Context& c, Args a) {
  return a[0].is(Kind::boolean) ? a[0] : refuse(c, "a condition is true or false; found " + cel::shown(a[0]));
}

}  // namespace

bool same(const Value& a, const Value& b) {
  if (a.is(Kind::string) || a.is(Kind::boolean) || a.is(Kind::null)) return a.kind() == b.kind() && cel::equal(a, b);
  if (is_moment(a))
    return is_moment(b) && moment_of(a).valid && moment_of(b).valid && moment_of(a).seconds == moment_of(b).seconds;
  const auto x = Number::of(a);
  if (!x) return false;
  const auto y = Number::of(b);
  return y && compare(*x, *y) == 0;
}

Value holds(Context& c, const Value& list, const Value& item) {
  // Looking at a text costs its length where the element is as long.
  const auto size = item.is(Kind::string) ? item.as_string().size() : 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto element = list.at(i);
    const bool long_one = size > 256 && element.is(Kind::string) && element.as_string().size() == size;
    if (!c.charge(long_one ? 1 + size / 16 : 1)) return c.stopped();
    if (same(item, element)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

std::span<const Row> operator_rows() {
  static constexpr std::array<Row, 16> rows{{
      {"add", "(dyn, dyn): dyn", add_values},
      {"subtract", "(dyn, dyn): dyn", subtract_values},
      {"multiply", "(dyn, dyn): dyn", multiply_values},
      {"divide", "(dyn, dyn): dyn", divide_values},
      {"modulo", "(dyn, dyn): dyn", modulo_values},
      {"power", "(dyn, dyn): dyn", power_values},
      {"negate", "(dyn): dyn", negate},
      {"eq", "(dyn, dyn): bool", equal_values},
      {"lt", "(dyn, dyn): bool", less},
      {"le", "(dyn, dyn): bool", less_or_equal},
      {"gt", "(dyn, dyn): bool", greater},
      {"ge", "(dyn, dyn): bool", greater_or_equal},
      {"within", "(dyn, dyn): bool", in_values},
      {"interval", "(dyn, dyn, string): dyn", interval},
      {"items", "(dyn): list(dyn)", items},
      {"truth", "(dyn): bool", truth},
  }};
  return rows;
}

}  // namespace socle::rules::zen
