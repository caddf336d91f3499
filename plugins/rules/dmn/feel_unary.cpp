// feel_unary.cpp: see the header.
#include "dmn/feel_unary.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace socle::rules::dmn {
namespace {

using Cel = Result<std::string>;

// The subject equals the expression, or is among its elements, or the expression is true of it.
Cel expression_holds(const Term& term, const Term& subject) {
  if (term.asks) return "zen.truth(" + term.cel + ")";
  if (!term.items.empty()) {
    std::string out;
    for (const auto& item : term.items) {
      auto one = compared(Order::eq, subject, item);
      if (!one) return one;
      out += (out.empty() ? "" : " || ") + *one;
    }
    return "(" + out + ")";
  }
  const bool boolean = term.kind == Kind::boolean;
  const bool known = term.kind != Kind::any && term.kind != Kind::list && !boolean;
  if (known || is_moment(subject.kind) || (boolean && subject.kind == Kind::boolean))
    return compared(Order::eq, subject, term);
  if (boolean && subject.kind != Kind::any) return "zen.truth(" + term.cel + ")";
  const auto& value = subject.cel;
  const std::string truth = " || (type(" + value + ") != bool && dyn(e) == true)";
  const std::string member = boolean ? "" : " || (type(e) == list && zen.within(" + value + ", e))";
  return bind("e", "dyn(" + term.cel + ")", "zen.eq(" + value + ", e)" + member + truth);
}

Cel holds(const Test& test, const Term& subject) {
  switch (test.form) {
    case Test::Form::comparison: return compared(test.order, subject, test.low);
    case Test::Form::interval: {
      auto from = compared(test.low_included ? Order::ge : Order::gt, subject, test.low);
      if (!from) return from;
      auto to = compared(test.high_included ? Order::le : Order::lt, subject, test.high);
      if (!to) return to;
      return "(" + *from + " && " + *to + ")";
    }
    case Test::Form::expression: return expression_holds(test.low, subject);
  }
  return std::string("false");
}

// An operand in a column's shorthand.
Cel operand(const Term& term, Kind column) {
  if (is_moment(column)) return native(term, column);
  if (is_moment(term.kind) && column != Kind::any)
    return Error{Code::unsupported, "a " + std::string(to_string(term.kind)) + " stands in a column of type " +
                                        std::string(to_string(column))};
  return is_moment(term.kind) ? native(term) : Cel(term.cel);
}

Cel shorthand(const Test& test, Kind column) {
  auto low = operand(test.low, column);
  if (!low || test.form == Test::Form::expression) return low;
  if (test.form == Test::Form::comparison)
    return std::string(test.order == Order::eq ? "=" : to_string(test.order)) + " " + *low;
  auto high = operand(test.high, column);
  if (!high) return high;
  return (test.low_included ? "[" : "(") + *low + ".." + *high + (test.high_included ? "]" : ")");
}

// A list without the items that are wrong; false: nothing else is in it.
bool without_wrong(Term& list) {
  const auto wrong = [](const Term& item) { return item.wrong.has_value(); };
  if (std::none_of(list.items.begin(), list.items.end(), wrong)) return true;
  std::erase_if(list.items, wrong);
  list.cel = "[";
  for (const auto& item : list.items) list.cel += (list.cel.size() > 1 ? ", " : "") + item.cel;
  list.cel += "]";
  return !list.items.empty();
}

// The tests that a value decides. What the others come to: whether one is true, whether one is null.
struct Open {
  std::vector<Test> tests;
  bool yes = false;
  bool null = false;
};
Open open_tests(const std::vector<Test>& tests, Kind column) {
  Open out;
  for (auto test : tests) {
    const auto& low = test.low;
    const bool condition = test.form == Test::Form::expression && low.constant && low.computed &&
                           low.kind == Kind::boolean && column != Kind::boolean;
    if (low.wrong || test.high.wrong || !without_wrong(test.low))
      out.null = true;
    else if (condition)
      out.yes = out.yes || low.cel == "true";
    else
      out.tests.push_back(std::move(test));
  }
  return out;
}

// not(…) of one comparison or interval: null and values of other kinds have no order, so they pass neither.
std::optional<std::vector<Test>> turned(const std::vector<Test>& tests) {
  constexpr Order turned_order[] = {Order::ge, Order::gt, Order::le, Order::lt};
  if (tests.size() != 1 || tests[0].form == Test::Form::expression) return std::nullopt;
  Test test = tests[0];
  if (test.form == Test::Form::comparison) {
    if (test.order >= Order::eq) return std::nullopt;
    test.order = turned_order[static_cast<std::size_t>(test.order)];
    return std::vector<Test>{test};
  }
  Test below;
  below.form = Test::Form::comparison;
  below.order = test.low_included ? Order::lt : Order::le;
  below.low = test.low;
  Test above = below;
  above.order = test.high_included ? Order::gt : Order::ge;
  above.low = test.high;
  return std::vector<Test>{below, above};
}

}  // namespace

Cel any_holds(const std::vector<Test>& tests, const Term& subject) {
  std::string out;
  for (const auto& test : tests) {
    auto one = holds(test, subject);
    if (!one) return one;
    out += (out.empty() ? "" : " || ") + *one;
  }
  return out;
}

Cel cell_of(const std::vector<Test>& all, bool negated, Kind column) {
  const auto [tests, yes, null] = open_tests(all, column);
  if (yes) return std::string(negated ? nothing : anything);
  if (tests.empty()) return std::string(negated && !null ? anything : nothing);
  if (negated && null) return std::string(nothing);
  if (!std::all_of(tests.begin(), tests.end(), [](const Test& one) { return one.constant(); })) {
    Term value;
    value.cel = "value";
    value.kind = column;
    auto condition = any_holds(tests, value);
    if (!condition) return condition;
    return negated ? "(!(" + *condition + "))" : "(" + *condition + ")";
  }
  if (negated)
    if (const auto positive = turned(tests)) return cell_of(*positive, false, column);
  std::string out;
  bool ordered = false;
  for (const auto& test : tests) {
    auto one = shorthand(test, column);
    if (!one) return one;
    out += (out.empty() ? "" : ", ") + *one;
    ordered =
        ordered || test.form == Test::Form::interval || (test.form == Test::Form::comparison && test.order < Order::eq);
  }
  if (!negated) return out;
  // Null has no order, so FEEL's answer for it is null whether negated or not.
  return "not(" + out + (ordered ? ", null)" : ")");
}

Kind moment_compared(const std::vector<Test>& tests) {
  const auto kind_in = [](const Term& term) {
    if (is_moment(term.kind)) return term.kind;
    for (const auto& item : term.items)
      if (is_moment(item.kind)) return item.kind;
    return Kind::any;
  };
  for (const auto& test : tests) {
    if (test.low.asks) continue;
    if (const auto kind = kind_in(test.low); kind != Kind::any) return kind;
    if (const auto kind = kind_in(test.high); kind != Kind::any) return kind;
  }
  return Kind::any;
}

}  // namespace socle::rules::dmn
