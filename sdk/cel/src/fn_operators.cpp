// fn_operators.cpp: arithmetic, order, equality, indexing and membership, as functions on any values. The compiler has
// faster forms for what it knows at compile time; these are the meaning.
#include <cmath>
#include <limits>

#include "decimal.hpp"
#include "filled.hpp"
#include "library.hpp"
#include "map_builder.hpp"
#include "operators.hpp"
#include "socle/cel/time.hpp"

namespace socle::cel {

Value overflow(Context& c) { return c.error(ErrorCode::overflow, "result is beyond 64 bits"); }

Value absolute_decimal(Context& c, const Value* args) {
  if (args[0].unscaled() >= 0) return args[0];
  const auto out = add_decimals(Value::integer(0), args[0], true);
  return out ? *out : c.error(ErrorCode::overflow, "decimal result has more than 38 digits");
}

Value index_value(Context& c, const Value& container, const Value& key) {
  if (container.is(Kind::list)) {
    std::int64_t at = -1;
    if (key.is(Kind::integer)) {
      at = key.as_int();
    } else if (key.is(Kind::unsigned_integer)) {
      at = key.as_uint() <= INT64_MAX ? static_cast<std::int64_t>(key.as_uint()) : INT64_MAX;
    } else if (key.is(Kind::real) && key.as_double() == std::trunc(key.as_double()) &&
               std::fabs(key.as_double()) < 9.2e18) {
      at = static_cast<std::int64_t>(key.as_double());
    } else {
      return c.error(ErrorCode::no_such_overload, "a list index must be a whole number");
    }
    if (at < 0 || static_cast<std::uint64_t>(at) >= container.size())
      return c.error(ErrorCode::no_such_key,
                     "index " + std::to_string(at) + " is outside a list of " + std::to_string(container.size()));
    return container.at(static_cast<std::size_t>(at));
  }
  if (container.is(Kind::map)) {
    Value found;
    if (find_key(c, container, key, found)) return found;
    if (c.stop != nullptr) return c.stopped();
    return c.error(ErrorCode::no_such_key, "no such key: " + shown(key));
  }
  return c.error(ErrorCode::no_such_overload,
                 "'" + std::string(type_name(container)) + "' has no elements; wanted a list or a map");
}

Value concatenate(Context& c, const Value& a, const Value& b) {
  const auto total = a.size() + b.size();
  if (total > std::numeric_limits<std::uint32_t>::max()) return c.out_of_memory();
  const auto first = a.size();
  return filled(c, total, [&](std::size_t i) { return i < first ? a.at(i) : b.at(i - first); });
}

namespace {

using Args = const Value*;

Value add_int(Context& c, Args a) {
  std::int64_t out = 0;
  return __builtin_add_overflow(a[0].as_int(), a[1].as_int(), &out) ? overflow(c) : Value::integer(out);
}
Value subtract_int(Context& c, Args a) {
  std::int64_t out = 0;
  return __builtin_sub_overflow(a[0].as_int(), a[1].as_int(), &out) ? overflow(c) : Value::integer(out);
}
Value multiply_int(Context& c, Args a) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a[0].as_int(), a[1].as_int(), &out) ? overflow(c) : Value::integer(out);
}
Value by_zero(Context& c, bool modulus) {
  return c.error(ErrorCode::divide_by_zero, modulus ? "modulus by zero" : "divide by zero");
}
Value divide_int(Context& c, Args a) {
  if (a[1].as_int() == 0) return by_zero(c, false);
  if (a[0].as_int() == INT64_MIN && a[1].as_int() == -1) return overflow(c);
  return Value::integer(a[0].as_int() / a[1].as_int());
}
Value modulo_int(Context& c, Args a) {
  if (a[1].as_int() == 0) return by_zero(c, true);
  if (a[1].as_int() == -1) return a[0].as_int() == INT64_MIN ? overflow(c) : Value::integer(0);
  return Value::integer(a[0].as_int() % a[1].as_int());
}
Value add_uint(Context& c, Args a) {
  std::uint64_t out = 0;
  return __builtin_add_overflow(a[0].as_uint(), a[1].as_uint(), &out) ? overflow(c) : Value::unsigned_integer(out);
}
Value subtract_uint(Context& c, Args a) {
  std::uint64_t out = 0;
  return __builtin_sub_overflow(a[0].as_uint(), a[1].as_uint(), &out) ? overflow(c) : Value::unsigned_integer(out);
}
Value multiply_uint(Context& c, Args a) {
  std::uint64_t out = 0;
  return __builtin_mul_overflow(a[0].as_uint(), a[1].as_uint(), &out) ? overflow(c) : Value::unsigned_integer(out);
}
Value divide_uint(Context& c, Args a) {
  return a[1].as_uint() == 0 ? by_zero(c, false) : Value::unsigned_integer(a[0].as_uint() / a[1].as_uint());
}
Value modulo_uint(Context& c, Args a) {
  return a[1].as_uint() == 0 ? by_zero(c, true) : Value::unsigned_integer(a[0].as_uint() % a[1].as_uint());
}
Value add_text(Context& c, Args a) {
  const auto x = a[0].as_string();
  const auto y = a[1].as_string();
  const auto size = x.size() + y.size();
  if (size > std::numeric_limits<std::uint32_t>::max()) return c.out_of_memory();
  FilledText out(c, size);
  if (out.put(x)) (void)out.put(y);
  return out.finish(a[0].kind());
}
Value add_list(Context& c, Args a) { return concatenate(c, a[0], a[1]); }

template <Order Wanted, bool OrEqual>
Value ordered(Context& c, Args a) {
  if ((a[0].is(Kind::string) || a[0].is(Kind::bytes)) && !c.charge_text(a[0].as_string().size())) return c.stopped();
  const auto order = compare(a[0], a[1]);
  if (order == Order::incomparable)
    return c.error(ErrorCode::no_such_overload,
                   "'" + std::string(type_name(a[0])) + "' and '" + std::string(type_name(a[1])) + "' have no order");
  return Value::boolean(order == Wanted || (OrEqual && order == Order::equal));
}
constexpr auto less = ordered<Order::less, false>;
constexpr auto less_equal = ordered<Order::less, true>;
constexpr auto greater = ordered<Order::greater, false>;
constexpr auto greater_equal = ordered<Order::greater, true>;

Value add_time(Context& c, Args a) {
  return a[0].is(Kind::timestamp) ? shift(c, a[0], a[1], 1) : shift(c, a[1], a[0], 1);
}
Value subtract_time(Context& c, Args a) { return shift(c, a[0], a[1], -1); }

template <auto Operation>
Value decimal_result(Context& c, Args a) {
  const auto out = Operation(a[0], a[1]);
  return out ? *out : c.error(ErrorCode::overflow, "decimal result has more than 38 digits");
}
std::optional<Value> plus(const Value& a, const Value& b) { return add_decimals(a, b, false); }
std::optional<Value> minus(const Value& a, const Value& b) { return add_decimals(a, b, true); }
Value divide_decimal(Context& c, Args a) {
  if (to_decimal(a[1]).unscaled() == 0) return by_zero(c, false);
  return decimal_result<divide_decimals>(c, a);
}
Value negate_decimal(Context& c, Args a) {
  const Value both[2] = {Value::integer(0), a[0]};
  return decimal_result<minus>(c, both);
}

// Values of two kinds or two sizes are told apart at once.
bool charge_comparison(Context& c, Args a) {
  const bool text = a[0].is(Kind::string) || a[0].is(Kind::bytes);
  const bool many = a[0].is(Kind::list) || a[0].is(Kind::map);
  if (a[0].kind() != a[1].kind() || (!text && !many)) return true;
  const bool same = text ? a[0].as_string().size() == a[1].as_string().size() : a[0].size() == a[1].size();
  return same ? charge_deep(c, a[0]) : c.charge(1);
}
Value equals(Context& c, Args a) {
  if (!charge_comparison(c, a)) return c.stopped();
  return Value::boolean(equal(a[0], a[1]));
}
Value differs(Context& c, Args a) {
  if (!charge_comparison(c, a)) return c.stopped();
  return Value::boolean(!equal(a[0], a[1]));
}
// A list or map may share parts with itself many times over: looking for one costs its whole size at every element.
// Looking for a text costs its length at every one that is as long.
bool charge_element(Context& c, const Value& item, const Value& element) {
  if (item.is(Kind::list) || item.is(Kind::map)) return c.charge(1) && charge_deep(c, item);
  const bool text = (item.is(Kind::string) || item.is(Kind::bytes)) && element.kind() == item.kind();
  const bool long_one = text && element.as_string().size() == item.as_string().size();
  return c.charge(long_one ? 1 + item.as_string().size() / 16 : 1);
}
Value in_container(Context& c, Args a) {
  const auto& item = a[0];
  const auto& container = a[1];
  if (!container.is(Kind::list)) {
    Value found;
    const bool there = find_key(c, container, item, found);
    return c.stop != nullptr ? c.stopped() : Value::boolean(there);
  }
  for (std::size_t i = 0, n = container.size(); i < n; ++i) {
    const auto element = container.at(i);
    if (!charge_element(c, item, element)) return c.stopped();
    if (equal(element, item)) return Value::boolean(true);
  }
  return Value::boolean(false);
}
Value index_any(Context& c, Args a) { return index_value(c, a[0], a[1]); }

Value negate_int(Context& c, Args a) {
  return a[0].as_int() == INT64_MIN ? overflow(c) : Value::integer(-a[0].as_int());
}
Value negate_double(Context&, Args a) { return Value::real(-a[0].as_double()); }
Value negate(Context&, Args a) { return Value::boolean(!a[0].as_bool()); }
Value add_double(Context&, Args a) { return Value::real(a[0].as_double() + a[1].as_double()); }
Value subtract_double(Context&, Args a) { return Value::real(a[0].as_double() - a[1].as_double()); }
Value multiply_double(Context&, Args a) { return Value::real(a[0].as_double() * a[1].as_double()); }
Value divide_double(Context&, Args a) { return Value::real(a[0].as_double() / a[1].as_double()); }

// &&, ||, ?: never come here: they do not evaluate all their arguments. Their rows are for the checker.
Value lazily(Context& c, Args) { return c.error(ErrorCode::no_such_overload, "evaluated out of place"); }

// Copies a map that is to grow; false: stopped.
bool copy_entries(Context& c, const Value& map, MapBuilder& builder) {
  for (std::size_t i = 0, n = map.size(); i < n; ++i) {
    if (!c.charge(1)) return false;
    if (builder.add(map.key_at(i), map.at(i)) == MapBuilder::Added::no_memory) {
      (void)c.out_of_memory();
      return false;
    }
    if (!charge_looks(c, builder.looks())) return false;
  }
  return true;
}
Value map_insert(Context& c, Args a) {
  const auto& key = a[1];
  if (!c.charge(1)) return c.stopped();
  MapBuilder builder(c.arena, a[0].size() + 1);
  if (!copy_entries(c, a[0], builder)) return c.stopped();
  return insert_entry(c, builder, key, a[2]) ? builder.finish() : duplicate_or_stopped(c, key);
}
Value map_insert_all(Context& c, Args a) {
  MapBuilder builder(c.arena, a[0].size() + a[1].size());
  if (!copy_entries(c, a[0], builder)) return c.stopped();
  for (std::size_t i = 0; i < a[1].size(); ++i)
    if (!c.charge(1) || !insert_entry(c, builder, a[1].key_at(i), a[1].at(i)))
      return duplicate_or_stopped(c, a[1].key_at(i));
  return builder.finish();
}

constexpr Builtin table[] = {
    {"_+_", "(int, int): int", add_int},
    {"_+_", "(uint, uint): uint", add_uint},
    {"_+_", "(double, double): double", add_double},
    {"_+_", "(string, string): string", add_text},
    {"_+_", "(bytes, bytes): bytes", add_text},
    {"_+_", "(list(A), list(A)): list(A)", add_list},
    {"_+_", "(timestamp, duration): timestamp", add_time},
    {"_+_", "(duration, timestamp): timestamp", add_time},
    {"_+_", "(duration, duration): duration", [](Context& c, Args a) { return add_durations(c, a[0], a[1], 1); }},
    {"_+_", "(decimal, decimal): decimal", decimal_result<plus>},
    {"_+_", "(decimal, int): decimal", decimal_result<plus>},
    {"_+_", "(int, decimal): decimal", decimal_result<plus>},
    {"_-_", "(int, int): int", subtract_int},
    {"_-_", "(uint, uint): uint", subtract_uint},
    {"_-_", "(double, double): double", subtract_double},
    {"_-_", "(timestamp, timestamp): duration", [](Context& c, Args a) { return between(c, a[0], a[1]); }},
    {"_-_", "(timestamp, duration): timestamp", subtract_time},
    {"_-_", "(duration, duration): duration", [](Context& c, Args a) { return add_durations(c, a[0], a[1], -1); }},
    {"_-_", "(decimal, decimal): decimal", decimal_result<minus>},
    {"_-_", "(decimal, int): decimal", decimal_result<minus>},
    {"_-_", "(int, decimal): decimal", decimal_result<minus>},
    {"_*_", "(int, int): int", multiply_int},
    {"_*_", "(uint, uint): uint", multiply_uint},
    {"_*_", "(double, double): double", multiply_double},
    {"_*_", "(decimal, decimal): decimal", decimal_result<multiply_decimals>},
    {"_*_", "(decimal, int): decimal", decimal_result<multiply_decimals>},
    {"_*_", "(int, decimal): decimal", decimal_result<multiply_decimals>},
    {"_/_", "(int, int): int", divide_int},
    {"_/_", "(uint, uint): uint", divide_uint},
    {"_/_", "(double, double): double", divide_double},
    {"_/_", "(decimal, decimal): decimal", divide_decimal},
    {"_/_", "(decimal, int): decimal", divide_decimal},
    {"_/_", "(int, decimal): decimal", divide_decimal},
    {"_%_", "(int, int): int", modulo_int},
    {"_%_", "(uint, uint): uint", modulo_uint},
    {"-_", "(int): int", negate_int},
    {"-_", "(double): double", negate_double},
    {"-_", "(decimal): decimal", negate_decimal},
    {"!_", "(bool): bool", negate},
    {"_==_", "(A, A): bool", equals},
    {"_!=_", "(A, A): bool", differs},
    {"@in", "(A, list(A)): bool", in_container},
    {"@in", "(A, map(A, B)): bool", in_container},
    {"_[_]", "(list(A), int): A", index_any},
    {"_[_]", "(map(A, B), A): B", index_any},
    {"_[_]", "(optional_type(list(A)), int): optional_type(A)", lazily},
    {"_[_]", "(optional_type(map(A, B)), A): optional_type(B)", lazily},
    {"_[?_]", "(list(A), int): optional_type(A)", lazily},
    {"_[?_]", "(optional_type(list(A)), int): optional_type(A)", lazily},
    {"_[?_]", "(map(A, B), A): optional_type(B)", lazily},
    {"_[?_]", "(optional_type(map(A, B)), A): optional_type(B)", lazily},
    {"_&&_", "(bool, bool): bool", lazily},
    {"_||_", "(bool, bool): bool", lazily},
    {"_?_:_", "(bool, A, A): A", lazily},
    {"@not_strictly_false", "(bool): bool", lazily},
    {"cel.@mapInsert", "(map(A, B), A, B): map(A, B)", map_insert},
    {"cel.@mapInsert", "(map(A, B), map(A, B)): map(A, B)", map_insert_all},
#define SOCLE_CEL_ORDER(type)                                                                      \
  {"_<_", "(" type ", " type "): bool", less}, {"_<=_", "(" type ", " type "): bool", less_equal}, \
      {"_>_", "(" type ", " type "): bool", greater}, {                                            \
    "_>=_", "(" type ", " type "): bool", greater_equal                                            \
  }
    SOCLE_CEL_ORDER("bool"),
    SOCLE_CEL_ORDER("int"),
    SOCLE_CEL_ORDER("uint"),
    SOCLE_CEL_ORDER("double"),
    SOCLE_CEL_ORDER("string"),
    SOCLE_CEL_ORDER("bytes"),
    SOCLE_CEL_ORDER("timestamp"),
    SOCLE_CEL_ORDER("duration"),
    SOCLE_CEL_ORDER("date"),
    SOCLE_CEL_ORDER("decimal"),
#undef SOCLE_CEL_ORDER
#define SOCLE_CEL_WITH_UINT(name, function) \
  {name, "(decimal, uint): decimal", function}, { name, "(uint, decimal): decimal", function }
    SOCLE_CEL_WITH_UINT("_+_", decimal_result<plus>),
    SOCLE_CEL_WITH_UINT("_-_", decimal_result<minus>),
    SOCLE_CEL_WITH_UINT("_*_", decimal_result<multiply_decimals>),
    SOCLE_CEL_WITH_UINT("_/_", divide_decimal),
#undef SOCLE_CEL_WITH_UINT
    {"_<_", "(decimal, uint): bool", less},
    {"_<=_", "(decimal, uint): bool", less_equal},
    {"_>_", "(decimal, uint): bool", greater},
    {"_>=_", "(decimal, uint): bool", greater_equal},
    {"_<_", "(uint, decimal): bool", less},
    {"_<=_", "(uint, decimal): bool", less_equal},
    {"_>_", "(uint, decimal): bool", greater},
    {"_>=_", "(uint, decimal): bool", greater_equal},
    {"_<_", "(decimal, int): bool", less},
    {"_<=_", "(decimal, int): bool", less_equal},
    {"_>_", "(decimal, int): bool", greater},
    {"_>=_", "(decimal, int): bool", greater_equal},
    {"_<_", "(int, decimal): bool", less},
    {"_<=_", "(int, decimal): bool", less_equal},
    {"_>_", "(int, decimal): bool", greater},
    {"_>=_", "(int, decimal): bool", greater_equal},
};

}  // namespace

bool charge_deep(Context& c, const Value& value) {
  switch (value.kind()) {
    case Kind::string:
    case Kind::bytes: return c.charge_text(value.as_string().size());
    case Kind::list:
      for (std::size_t i = 0, n = value.size(); i < n; ++i)
        if (!c.charge(1) || !charge_deep(c, value.at(i))) return false;
      return true;
    case Kind::map:
      if (!value.is_json() && !c.charge(value.entries()->looks)) return false;
      for (std::size_t i = 0, n = value.size(); i < n; ++i)
        if (!c.charge(2) || !charge_deep(c, value.at(i))) return false;
      return true;
    default: return true;
  }
}

bool find_key(Context& c, const Value& map, const Value& key, Value& found) {
  if (!charge_key(c, key)) return false;
  const bool never = key.is(Kind::list) || key.is(Kind::map) || key.is(Kind::optional);
  if (never || map.is_json()) return map.find(key, found);
  std::size_t looks = 0;
  const auto& entries = *map.entries();
  const auto at = find_entry(entries, key, &looks);
  if (!charge_looks(c, looks) || at == no_entry) return false;
  found = entries.values[at];
  return true;
}

bool insert_entry(Context& c, MapBuilder& builder, const Value& key, const Value& value) {
  if (!is_key(key) || !charge_key(c, key)) return false;
  switch (builder.add(key, value)) {
    case MapBuilder::Added::yes: return charge_looks(c, builder.looks());
    case MapBuilder::Added::no_memory: (void)c.out_of_memory(); return false;
    case MapBuilder::Added::duplicate: return false;
  }
  return false;
}

Value duplicate_or_stopped(Context& c, const Value& key) {
  if (c.stop != nullptr) return c.stopped();
  if (!is_key(key))
    return c.error(ErrorCode::invalid_argument,
                   "'" + std::string(type_name(key)) + "' cannot be a map key; wanted bool, int, uint or string");
  return c.error(ErrorCode::duplicate_key, "the map has the key " + shown(key) + " already");
}

std::span<const Builtin> operator_functions() { return table; }

}  // namespace socle::cel
