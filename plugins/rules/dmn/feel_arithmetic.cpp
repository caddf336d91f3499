// feel_arithmetic.cpp: sums, products, powers and signs of FEEL: decimals by zen.*, moments by their own rules.
#include <utility>

#include "dmn/feel_grammar.hpp"
#include "dmn/feel_moment.hpp"

namespace socle::rules::dmn {
namespace {

Result<Term> added(const Term& a, const Term& b, bool minus) {
  if (is_moment(a.kind) || is_moment(b.kind)) return moments_added(a, b, minus);
  const auto either = [&](Kind kind) { return a.kind == kind || b.kind == kind; };
  const auto kind = minus || either(Kind::number) ? Kind::number : either(Kind::string) ? Kind::string : Kind::any;
  return term_of((minus ? "zen.subtract(" : "zen.add(") + a.cel + ", " + b.cel + ")", kind, {&a, &b});
}

Result<Term> computed(std::string_view function, const Term& a, const Term& b) {
  for (const auto* one : {&a, &b})
    if (is_moment(one->kind))
      return Error{Code::unsupported, "a " + std::string(to_string(one->kind)) +
                                          " is multiplied, divided or raised to a power; that has no translation"};
  return term_of(std::string(function) + "(" + a.cel + ", " + b.cel + ")", Kind::number, {&a, &b});
}

}  // namespace

Result<Term> Feel::sum() {
  auto left = product();
  while (left) {
    cursor_.blanks();
    const bool minus = cursor_.peek() == '-';
    if (!minus && cursor_.peek() != '+') break;
    (void)cursor_.take(minus ? "-" : "+");
    auto right = product();
    if (!right) return right;
    left = added(*left, *right, minus);
  }
  return left;
}

Result<Term> Feel::product() {
  auto left = power();
  while (left) {
    cursor_.blanks();
    const char op = cursor_.peek();
    if ((op != '*' && op != '/') || cursor_.starts("**")) break;
    (void)cursor_.take(op == '*' ? "*" : "/");
    auto right = power();
    if (!right) return right;
    left = computed(op == '*' ? "zen.multiply" : "zen.divide", *left, *right);
  }
  return left;
}

Result<Term> Feel::power() {
  auto left = prefix();
  if (!left || !cursor_.take("**")) return left;
  if (++depth_ > max_depth) return Error{Code::invalid, "the expression is nested too deeply"};
  auto right = power();
  --depth_;
  if (!right) return right;
  return computed("zen.power", *left, *right);
}

Result<Term> Feel::prefix() {
  cursor_.blanks();
  if (cursor_.peek() != '-') return primary();
  (void)cursor_.take("-");
  cursor_.blanks();
  if (number_ahead()) return number(true);
  auto of = primary();
  if (!of) return of;
  if (of->kind != Kind::days_time && of->kind != Kind::years_months)
    return term_of("zen.negate(" + of->cel + ")", Kind::number, {&*of});
  const auto text = native(*of);
  if (!text) return text.error();
  const auto* zero = of->kind == Kind::days_time ? "(duration('0s') - " : "(0 - ";
  return term_of(zero + *text + ")", of->kind, {&*of});
}

bool Feel::number_ahead() const {
  return is_digit(cursor_.peek()) || (cursor_.peek() == '.' && is_digit(cursor_.peek(1)));
}

Result<Term> Feel::number(bool negative) {
  auto value = cursor_.number();
  if (!value) return value.error();
  if (negative) value->digits = -value->digits;
  return term_of(value->integer() ? value->text() : "decimal('" + value->text() + "')", Kind::number, {});
}

}  // namespace socle::rules::dmn
