// functions_number.cpp: sums, means and rounding over ZEN's decimals.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "socle/cel/merge_sort.hpp"
#include "zen/functions.hpp"
#include "zen/moment.hpp"
#include "zen/number.hpp"

namespace socle::rules::zen {
namespace {

using cel::Context;
using cel::Kind;
using cel::Value;
using Args = const Value*;

bool numbers(Context& c, const Value& list, std::string_view name, std::vector<Number>& out, Value& fault) {
  if (!list.is(Kind::list)) {
    fault = refuse(c, std::string(name) + " wants a list of numbers; found " + cel::shown(list));
    return false;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!c.charge(1)) {
      fault = c.stopped();
      return false;
    }
    const auto one = Number::of(list.at(i));
    if (!one) {
      fault = refuse(c, std::string(name) + " wants a list of numbers; found " + cel::shown(list.at(i)) + " in it");
      return false;
    }
    out.push_back(*one);
  }
  return true;
}
Value number_or(Context& c, const std::optional<Number>& value) {
  if (c.stop != nullptr) return c.stopped();
  return value ? value->value() : refuse(c, "the result has more than 28 digits");
}

// Nothing when it is too long, or the evaluation was stopped.
std::optional<Number> total(Context& c, const std::vector<Number>& list) {
  std::optional<Number> sum = Number::whole(0);
  for (const auto& one : list) {
    if (!c.charge(1)) return std::nullopt;
    if (sum) sum = add(*sum, one);
  }
  return sum;
}
bool in_order(Context& c, std::vector<Number>& list) {
  return cel::merge_sort(c, list, [](const Number& x, const Number& y) { return compare(x, y) < 0; });
}
Value sum(Context& c, Args a) {
  std::vector<Number> list;
  Value fault;
  return numbers(c, a[0], "sum", list, fault) ? number_or(c, total(c, list)) : fault;
}
Value average(Context& c, Args a) {
  std::vector<Number> list;
  Value fault;
  if (!numbers(c, a[0], "avg", list, fault)) return fault;
  if (list.empty()) return refuse(c, "avg wants a list that is not empty");
  const auto sum_of_all = total(c, list);
  return number_or(
      c, sum_of_all ? divide(*sum_of_all, Number::whole(static_cast<std::int64_t>(list.size()))) : sum_of_all);
}

template <class Better>
Value extreme(Context& c, Args a, std::string_view name, Better better) {
  if (a[0].is(Kind::list) && a[0].size() > 0 && is_moment(a[0].at(0))) {
    auto best = a[0].at(0);
    for (std::size_t i = 1; i < a[0].size(); ++i) {
      if (!c.charge(1)) return c.stopped();
      const auto one = a[0].at(i);
      if (!is_moment(one)) return refuse(c, std::string(name) + " wants a list of dates; found " + cel::shown(one));
      const auto x = moment_of(one).seconds;
      const auto y = moment_of(best).seconds;
      if (better(x < y ? -1 : x > y ? 1 : 0)) best = one;
    }
    return best;
  }
  std::vector<Number> list;
  Value fault;
  if (!numbers(c, a[0], name, list, fault)) return fault;
  if (list.empty()) return refuse(c, std::string(name) + " wants a list that is not empty");
  auto best = list[0];
  for (const auto& one : list)
    if (better(compare(one, best))) best = one;
  return best.value();
}
Value least(Context& c, Args a) {
  return extreme(c, a, "min", [](int order) { return order < 0; });
}
Value greatest(Context& c, Args a) {
  return extreme(c, a, "max", [](int order) { return order > 0; });
}

Value median(Context& c, Args a) {
  std::vector<Number> list;
  Value fault;
  if (!numbers(c, a[0], "median", list, fault)) return fault;
  if (list.empty()) return refuse(c, "median wants a list that is not empty");
  if (!in_order(c, list)) return c.stopped();
  const auto middle = list.size() / 2;
  if (list.size() % 2 == 1) return list[middle].value();
  const auto pair = add(list[middle - 1], list[middle]);
  return number_or(c, pair ? divide(*pair, Number::whole(2)) : pair);
}
Value mode(Context& c, Args a) {
  std::vector<Number> list;
  Value fault;
  if (!numbers(c, a[0], "mode", list, fault)) return fault;
  if (list.empty()) return refuse(c, "mode wants a list that is not empty");
  if (!in_order(c, list)) return c.stopped();
  auto best = list[0];
  std::size_t most = 0;
  for (std::size_t i = 0; i < list.size();) {
    auto end = i;
    while (end < list.size() && compare(list[end], list[i]) == 0) ++end;
    if (end - i > most) {
      most = end - i;
      best = list[i];
    }
    i = end;
  }
  return best.value();
}

Value rounding(Context& c, Args a, std::size_t count, Direction direction) {
  const auto value = Number::of(a[0]);
  const auto places = count > 1 ? Number::of(a[1]) : Number::whole(0);
  const auto whole = places ? places->integer() : std::nullopt;
  if (!value || !whole || *whole < 0)
    return refuse(c, "a number is rounded to a number of places; found " + cel::shown(a[0]));
  return rounded(*value, static_cast<std::uint32_t>(std::min<std::int64_t>(*whole, 28)), direction).value();
}
Value floor_of(Context& c, Args a) { return rounding(c, a, 1, Direction::down); }
Value ceil_of(Context& c, Args a) { return rounding(c, a, 1, Direction::up); }
Value round_of(Context& c, Args a) { return rounding(c, a, 1, Direction::half_up); }
Value round_to(Context& c, Args a) { return rounding(c, a, 2, Direction::half_up); }
Value trunc_of(Context& c, Args a) { return rounding(c, a, 1, Direction::toward_zero); }
Value trunc_to(Context& c, Args a) { return rounding(c, a, 2, Direction::toward_zero); }
Value absolute(Context& c, Args a) {
  const auto value = Number::of(a[0]);
  if (!value) return refuse(c, "abs wants a number; found " + cel::shown(a[0]));
  return Number{value->digits < 0 ? -value->digits : value->digits, value->scale}.value();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}
// Nothing as well when the evaluation was stopped: what is long has many blanks to look at.
std::optional<Number> read(Context& c, const Value& value) {
  if (!value.is(Kind::string)) return Number::of(value);
  const auto text = value.as_string();
  if (text.size() > 64 && !c.charge(text.size() / 2)) return std::nullopt;
  return Number::parse(trimmed(text));
}
Value number(Context& c, Args a) {
  if (a[0].is(Kind::boolean)) return Value::integer(a[0].as_bool() ? 1 : 0);
  const auto value = read(c, a[0]);
  if (c.stop != nullptr) return c.stopped();
  return value ? value->value() : refuse(c, cel::shown(a[0]) + " is no number");
}
Value is_numeric(Context& c, Args a) {
  const bool numeric = read(c, a[0]).has_value();
  return c.stop != nullptr ? c.stopped() : Value::boolean(numeric);
}

}  // namespace

std::span<const Row> number_rows() {
  static constexpr std::array<Row, 15> rows{{
      {"sum", "(dyn): dyn", sum},
      {"avg", "(dyn): dyn", average},
      {"min", "(dyn): dyn", least},
      {"max", "(dyn): dyn", greatest},
      {"median", "(dyn): dyn", median},
      {"mode", "(dyn): dyn", mode},
      {"abs", "(dyn): dyn", absolute},
      {"floor", "(dyn): dyn", floor_of},
      {"ceil", "(dyn): dyn", ceil_of},
      {"round", "(dyn): dyn", round_of},
      {"round", "(dyn, dyn): dyn", round_to},
      {"trunc", "(dyn): dyn", trunc_of},
      {"trunc", "(dyn, dyn): dyn", trunc_to},
      {"number", "(dyn): dyn", number},
      {"isNumeric", "(dyn): bool", is_numeric},
  }};
  return rows;
}

}  // namespace socle::rules::zen
