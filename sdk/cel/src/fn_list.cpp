// fn_list.cpp: the lists and sets extensions.
#include <algorithm>
#include <string_view>
#include <vector>

#include "decimal.hpp"
#include "filled.hpp"
#include "library.hpp"
#include "operators.hpp"
#include "socle/cel/merge_sort.hpp"
#include "socle/cel/time.hpp"
#include "value_index.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

Value slice(Context& c, Args a) {
  const auto size = static_cast<std::int64_t>(a[0].size());
  const auto begin = a[1].as_int();
  const auto end = a[2].as_int();
  if (begin < 0 || end < begin || end > size)
    return c.error(ErrorCode::invalid_argument, "cannot slice(" + std::to_string(begin) + ", " + std::to_string(end) +
                                                    ") a list of " + std::to_string(size));
  return filled(c, static_cast<std::size_t>(end - begin),
                [&](std::size_t i) { return a[0].at(static_cast<std::size_t>(begin) + i); });
}

bool flatten_into(Context& c, const Value& list, std::int64_t depth, GatheredList& out) {
  for (std::size_t i = 0, n = list.size(); i < n; ++i) {
    if (!c.charge(1)) return false;
    const auto item = list.at(i);
    if (item.is(Kind::list) && depth > 0) {
      if (!flatten_into(c, item, depth - 1, out)) return false;
    } else if (!out.add(item)) {
      return false;
    }
  }
  return true;
}
Value flattened(Context& c, const Value& list, std::int64_t depth) {
  if (depth < 0) return c.error(ErrorCode::invalid_argument, "flatten: level must be non-negative");
  GatheredList out(c);
  return flatten_into(c, list, depth, out) ? out.finish() : c.stopped();
}
Value flatten(Context& c, Args a) { return flattened(c, a[0], 1); }
Value flatten_to(Context& c, Args a) { return flattened(c, a[0], a[1].as_int()); }

Value range(Context& c, Args a) {
  const auto n = a[0].as_int();
  if (n < 0) return Value::list(nullptr, 0);
  if (n > INT32_MAX) return c.out_of_memory();
  return filled(c, static_cast<std::size_t>(n),
                [](std::size_t i) { return Value::integer(static_cast<std::int64_t>(i)); });
}

Value distinct(Context& c, Args a) {
  ValueIndex seen(c, a[0].size());
  if (c.stop != nullptr) return c.stopped();
  for (std::size_t i = 0, n = a[0].size(); i < n; ++i) {
    const auto item = a[0].at(i);
    if (!c.charge(2) || !charge_deep(c, item)) return c.stopped();
    const bool known = seen.find(item, equal);
    if (c.stop != nullptr) return c.stopped();
    if (!known) seen.keep(item);
  }
  return seen.list();
}

Value reversed(Context& c, Args a) {
  const auto n = a[0].size();
  return filled(c, n, [&](std::size_t i) { return a[0].at(n - 1 - i); });
}

// What sorts the elements, and which of them it belongs to.
struct Ranked {
  Value key;
  std::size_t at = 0;
};

// Texts cost what is looked at of them, long ones chunk by chunk. False as well when the evaluation was stopped.
bool text_before(Context& c, std::string_view a, std::string_view b) {
  constexpr std::size_t chunk = 256;
  const auto common = std::min(a.size(), b.size());
  for (std::size_t from = 0; from < common; from += chunk) {
    const auto size = std::min(chunk, common - from);
    if (!c.charge(size / 16)) return false;
    const auto order = a.substr(from, size).compare(b.substr(from, size));
    if (order != 0) return order < 0;
  }
  return a.size() < b.size();
}
// NaN sorts before everything, or the order would not be one.
bool key_before(Context& c, const Value& x, const Value& y) {
  if (x.is(Kind::string) || x.is(Kind::bytes)) return text_before(c, x.as_string(), y.as_string());
  const auto nan = [](const Value& v) { return v.is(Kind::real) && v.as_double() != v.as_double(); };
  if (nan(x) || nan(y)) return nan(x) && !nan(y);
  return compare(x, y) == Order::less;
}

// Sorts by keys of one comparable kind; values and keys may be the same list.
Value sorted(Context& c, const Value& list, const Value& keys) {
  const auto n = keys.size();
  if (list.size() != n) return c.error(ErrorCode::invalid_argument, "sort keys do not match the list");
  std::vector<Ranked> order;
  if (n > c.arena.left() / (sizeof order[0] + sizeof order[0] / 2)) return c.out_of_memory();
  order.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (!c.charge(1)) return c.stopped();
    order.push_back({keys.at(i), i});
    const auto kind = order.back().key.kind();
    const bool text = kind == Kind::string || kind == Kind::bytes;
    if (kind != order.front().key.kind() ||
        (!text && compare(order.back().key, order.back().key) == Order::incomparable))
      return c.error(ErrorCode::invalid_argument, "list elements must have the same comparable type");
  }
  const auto before = [&c](const Ranked& x, const Ranked& y) { return key_before(c, x.key, y.key); };
  if (!merge_sort(c, order, before)) return c.stopped();
  return filled(c, n, [&](std::size_t i) { return list.at(order[i].at); });
}
Value sort(Context& c, Args a) { return sorted(c, a[0], a[0]); }
Value sort_by_keys(Context& c, Args a) { return sorted(c, a[0], a[1]); }

Value first(Context& c, Args a) { return a[0].size() == 0 ? Value::optional_none() : c.some(a[0].at(0)); }
Value last(Context& c, Args a) { return a[0].size() == 0 ? Value::optional_none() : c.some(a[0].at(a[0].size() - 1)); }

// Numbers of one kind, decimals with whole numbers, durations.
Value added(Context& c, const Value& total, const Value& item) {
  if (total.is(Kind::decimal) != item.is(Kind::decimal)) {
    const auto& other = total.is(Kind::decimal) ? item : total;
    if (!other.is(Kind::integer) && !other.is(Kind::unsigned_integer))
      return c.error(ErrorCode::no_such_overload,
                     other.is(Kind::real) ? no_common_number : "sum wants values of one kind");
  } else if (item.kind() != total.kind()) {
    return c.error(ErrorCode::no_such_overload, "sum wants values of one kind");
  }
  std::int64_t whole = 0;
  std::uint64_t natural = 0;
  switch (total.is(Kind::decimal) ? Kind::decimal : item.kind()) {
    case Kind::integer:
      if (__builtin_add_overflow(total.as_int(), item.as_int(), &whole)) return overflow(c);
      return Value::integer(whole);
    case Kind::unsigned_integer:
      if (__builtin_add_overflow(total.as_uint(), item.as_uint(), &natural)) return overflow(c);
      return Value::unsigned_integer(natural);
    case Kind::real: return Value::real(total.as_double() + item.as_double());
    case Kind::duration: return add_durations(c, total, item, 1);
    default: {
      const auto sum = add_decimals(total, item, false);
      return sum ? *sum : c.error(ErrorCode::overflow, "decimal result has more than 38 digits");
    }
  }
}
// What a list without elements adds up to.
template <Kind Of>
Value nothing() {
  switch (Of) {
    case Kind::unsigned_integer: return Value::unsigned_integer(0);
    case Kind::real: return Value::real(0);
    case Kind::decimal: return Value::decimal(0, 0);
    case Kind::duration: return Value::duration(0, 0);
    default: return Value::integer(0);
  }
}
template <Kind Of>
Value sum(Context& c, Args a) {
  auto total = nothing<Of>();
  for (std::size_t i = 0, n = a[0].size(); i < n; ++i) {
    if (!c.charge(1)) return c.stopped();
    const auto item = a[0].at(i);
    if ((item.kind() < Kind::integer || item.kind() > Kind::real) && !item.is(Kind::decimal) &&
        !item.is(Kind::duration))
      return c.error(ErrorCode::no_such_overload, "sum wants numbers, decimals or durations");
    total = i == 0 ? item : added(c, total, item);
    if (total.is_error()) return total;
  }
  return total;
}

// Whether every element of `part`, or `any` of them, equals one of `whole`. False when the evaluation was stopped.
bool covered(Context& c, const Value& part, const Value& whole, bool any, bool& answer) {
  ValueIndex index(c, whole.size());
  if (c.stop != nullptr) return false;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto item = whole.at(i);
    if (!c.charge(2) || !charge_deep(c, item)) return false;
    const bool known = index.find(item, equal_in_kind);
    if (c.stop != nullptr) return false;
    if (!known) index.keep(item);
  }
  answer = !any;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto item = part.at(i);
    if (!c.charge(2) || !charge_deep(c, item)) return false;
    const bool found = index.find(item, equal);
    if (c.stop != nullptr) return false;
    if (found == any) {
      answer = any;
      return true;
    }
  }
  return true;
}
Value sets_contains(Context& c, Args a) {
  bool answer = false;
  return covered(c, a[1], a[0], false, answer) ? Value::boolean(answer) : c.stopped();
}
Value sets_intersects(Context& c, Args a) {
  bool answer = false;
  return covered(c, a[1], a[0], true, answer) ? Value::boolean(answer) : c.stopped();
}
Value sets_equivalent(Context& c, Args a) {
  bool forth = false;
  bool back = false;
  if (!covered(c, a[1], a[0], false, forth) || !covered(c, a[0], a[1], false, back)) return c.stopped();
  return Value::boolean(forth && back);
}

constexpr Builtin table[] = {
    {"slice", "list(A).(int, int): list(A)", slice},
    {"flatten", "list(list(A)).(): list(A)", flatten},
    {"flatten", "list(dyn).(int): list(dyn)", flatten_to},
    {"lists.range", "(int): list(int)", range},
    {"distinct", "list(A).(): list(A)", distinct},
    {"reverse", "list(A).(): list(A)", reversed},
    {"sort", "list(int).(): list(int)", sort},
    {"sort", "list(uint).(): list(uint)", sort},
    {"sort", "list(double).(): list(double)", sort},
    {"sort", "list(bool).(): list(bool)", sort},
    {"sort", "list(string).(): list(string)", sort},
    {"sort", "list(bytes).(): list(bytes)", sort},
    {"sort", "list(timestamp).(): list(timestamp)", sort},
    {"sort", "list(duration).(): list(duration)", sort},
    {"sort", "list(date).(): list(date)", sort},
    {"sort", "list(decimal).(): list(decimal)", sort},
    {"@sortByAssociatedKeys", "list(A).(list(B)): list(A)", sort_by_keys},
    {"first", "list(A).(): optional_type(A)", first},
    {"last", "list(A).(): optional_type(A)", last},
    {"sum", "list(int).(): int", sum<Kind::integer>},
    {"sum", "list(uint).(): uint", sum<Kind::unsigned_integer>},
    {"sum", "list(double).(): double", sum<Kind::real>},
    {"sum", "list(decimal).(): decimal", sum<Kind::decimal>},
    {"sum", "list(duration).(): duration", sum<Kind::duration>},
    {"sets.contains", "(list(A), list(A)): bool", sets_contains},
    {"sets.intersects", "(list(A), list(A)): bool", sets_intersects},
    {"sets.equivalent", "(list(A), list(A)): bool", sets_equivalent},
};

}  // namespace

std::span<const Builtin> list_functions() { return table; }

}  // namespace socle::cel
