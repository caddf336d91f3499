// feel_logic.cpp: the expressions of FEEL down to comparisons: if, or, and, between, in.
#include <array>
#include <utility>

#include "dmn/feel_grammar.hpp"

namespace socle::rules::dmn {

std::optional<Order> Feel::take_order() {
  constexpr std::array<std::pair<std::string_view, Order>, 6> operators{
      {{"<=", Order::le}, {">=", Order::ge}, {"!=", Order::ne}, {"<", Order::lt}, {">", Order::gt}, {"=", Order::eq}}};
  for (const auto& [token, order] : operators)
    if (cursor_.take(token)) return order;
  return std::nullopt;
}

Result<Term> Feel::expression() {
  if (++depth_ > max_depth) return Error{Code::invalid, "the expression is nested too deeply"};
  auto out = cursor_.take_word("if") ? conditional() : disjunction();
  --depth_;
  return out;
}

Result<Term> Feel::conditional() {
  auto condition = expression();
  if (!condition) return condition;
  if (!cursor_.take_word("then")) return cursor_.wrong("'then'");
  auto yes = expression();
  if (!yes) return yes;
  if (!cursor_.take_word("else")) return cursor_.wrong("'else'");
  auto no = expression();
  if (!no) return no;
  const auto choice = [&](const std::string& first, const std::string& second) {
    return "(" + condition_of(*condition) + " ? dyn(" + first + ") : dyn(" + second + "))";
  };
  const auto first = json_form(*yes);
  const auto second = json_form(*no);
  auto kind = yes->kind == no->kind || no->kind == Kind::null ? yes->kind
              : yes->kind == Kind::null                       ? no->kind
                                                              : Kind::any;
  // Of two kinds, moments stay texts until somebody says what they are compared with.
  const bool mixed = kind == Kind::any && (is_moment(yes->kind) || is_moment(no->kind));
  if (mixed && (!first || !second)) return first ? second.error() : first.error();
  std::string cel;
  if (mixed) {
    cel = choice(*first, *second);
  } else {
    const auto left = native(*yes);
    const auto right = native(*no);
    if (!left || !right) return left ? right.error() : left.error();
    cel = choice(*left, *right);
  }
  auto out = term_of(std::move(cel), kind, {&*condition, &*yes, &*no});
  if (first && second) out.json = choice(*first, *second);
  return out;
}

Result<Term> Feel::disjunction() {
  auto left = conjunction();
  while (left && cursor_.take_word("or")) {
    auto right = conjunction();
    if (!right) return right;
    left = junction_of(false, *left, *right);
  }
  return left;
}

Result<Term> Feel::conjunction() {
  auto left = comparison();
  while (left && cursor_.take_word("and")) {
    auto right = comparison();
    if (!right) return right;
    left = junction_of(true, *left, *right);
  }
  return left;
}

Result<Term> Feel::comparison() {
  auto left = sum();
  if (!left) return left;
  if (const auto order = take_order()) {
    auto right = sum();
    if (!right) return right;
    return comparison_of(*order, *left, *right);
  }
  if (cursor_.take_word("between")) {
    Test test;
    test.form = Test::Form::interval;
    auto low = sum();
    if (!low) return low;
    if (!cursor_.take_word("and")) return cursor_.wrong("'and'");
    auto high = sum();
    if (!high) return high;
    test.low = *std::move(low);
    test.high = *std::move(high);
    return member(*left, {std::move(test)});
  }
  if (cursor_.take_word("in")) {
    const bool several = !cursor_.interval_ahead() && cursor_.take("(");
    if (!several) {
      auto one = test(true);
      if (!one) return one.error();
      return member(*left, {*std::move(one)});
    }
    auto all = tests();
    if (!all) return all.error();
    if (!cursor_.take(")")) return cursor_.wrong("',' or ')'");
    return member(*left, *all);
  }
  return left;
}

}  // namespace socle::rules::dmn
