// feel_term.cpp: see the header.
#include "dmn/feel_term.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "zen/functions.hpp"

namespace socle::rules::dmn {
namespace {

struct KindName {
  std::string_view name;
  Kind kind;
};
constexpr std::array<KindName, 16> kind_names{{
    {"number", Kind::number},
    {"string", Kind::string},
    {"boolean", Kind::boolean},
    {"date", Kind::date},
    {"time", Kind::time},
    {"date and time", Kind::date_time},
    {"days and time duration", Kind::days_time},
    {"years and months duration", Kind::years_months},
    {"list", Kind::list},
    {"Null", Kind::null},
    {"dateTime", Kind::date_time},
    {"dayTimeDuration", Kind::days_time},
    {"yearMonthDuration", Kind::years_months},
    {"integer", Kind::number},
    {"long", Kind::number},
    {"double", Kind::number},
}};

// 'Z' or an offset such as +01:00 at the end.
constexpr std::string_view zoned_text = "t.endsWith('Z') || t.charAt(t.size() - 6) in ['+', '-']";

std::string list_of(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return "[" + out + "]";
}

template <class Form>
Result<std::string> each_item(const Term& list, Form form) {
  std::vector<std::string> out;
  for (const auto& item : list.items) {
    auto one = form(item);
    if (!one) return one;
    out.push_back(*std::move(one));
  }
  return list_of(out);
}

// P1DT2H30M: the part behind the T is, in small letters, a duration of CEL.
std::string days_time_of_text() {
  const std::string_view sign = "p == 0 ? dyn(s) : t.substring(0, p) == '-' ? dyn(duration('0s') - s) : dyn(null)";
  const std::string_view sum =
      "duration(int('0' + t.substring(p + 1, d < 0 ? c : d)) * 86400) + "
      "duration(c < 0 ? '0s' : t.substring(c + 1).lowerAscii())";
  return bind("p", "t.indexOf('P')", bind("d", "t.indexOf('D')", bind("c", "t.indexOf('T')", bind("s", sum, sign))));
}
// P1Y2M: the number of months.
std::string years_months_of_text() {
  const std::string_view sign =
      "y + m == -2 || !(t.endsWith('Y') || t.endsWith('M')) ? dyn(null) : "
      "p == 0 ? dyn(n) : t.substring(0, p) == '-' ? dyn(-n) : dyn(null)";
  const std::string_view sum =
      "(y < 0 ? 0 : int('0' + t.substring(p + 1, y)) * 12) + "
      "(m < 0 ? 0 : int('0' + t.substring((y < 0 ? p : y) + 1, m)))";
  return bind("p", "t.indexOf('P')", bind("y", "t.indexOf('Y')", bind("m", "t.indexOf('M')", bind("n", sum, sign))));
}

}  // namespace

Kind kind_of(std::string_view type) {
  if (const auto colon = type.rfind(':'); colon != std::string_view::npos) type.remove_prefix(colon + 1);
  for (const auto& known : kind_names)
    if (known.name == type) return known.kind;
  return Kind::any;
}

std::string_view to_string(Kind kind) {
  for (const auto& known : kind_names)
    if (known.kind == kind) return known.name;
  return "value of unknown type";
}

std::string_view to_string(Order order) {
  constexpr std::string_view texts[] = {"<", "<=", ">", ">=", "==", "!="};
  return texts[static_cast<std::size_t>(order)];
}

Term term_of(std::string cel, Kind kind, std::initializer_list<const Term*> made_of) {
  Term out;
  out.cel = std::move(cel);
  out.kind = kind;
  out.computed = made_of.size() > 0;
  for (const auto* one : made_of) {
    out.constant = out.constant && one->constant;
    out.asks = out.asks || one->asks;
  }
  return out;
}

std::string bind(std::string_view name, std::string_view value, std::string_view body) {
  std::string out = "cel.bind(";
  out.append(name).append(", ").append(value).append(", ").append(body);
  return out + ")";
}

std::string converted(const std::string& cel, Kind kind) {
  const auto unless_null = [&cel](const std::string& made) {
    return bind("t", cel, "t == null ? dyn(null) : " + made);
  };
  const std::string zone(zoned_text);
  switch (kind) {
    case Kind::date: return unless_null("dyn(date(t))");
    case Kind::time: return unless_null("dyn(timestamp('1970-01-01T' + t + (" + zone + " ? '' : 'Z')))");
    case Kind::date_time:
      return unless_null("dyn(timestamp(!t.contains('T') ? t + 'T00:00:00Z' : " + zone + " ? t : t + 'Z'))");
    case Kind::days_time: return unless_null(days_time_of_text());
    case Kind::years_months: return unless_null(years_months_of_text());
    default: return cel;
  }
}

Result<std::string> native(const Term& term, Kind wanted) {
  if (is_moment(wanted) && !term.items.empty())
    return each_item(term, [wanted](const Term& item) { return native(item, wanted); });
  if (term.kind == Kind::null) return std::string("null");
  if (term.kind == wanted) return term.raw ? converted(term.cel, wanted) : term.cel;
  if (term.kind == Kind::any) return converted(term.cel, wanted);
  return Error{Code::unsupported, "a " + std::string(to_string(term.kind)) + " stands where a " +
                                      std::string(to_string(wanted)) + " is wanted"};
}
Result<std::string> native(const Term& term) { return native(term, term.kind); }

Result<std::string> json_form(const Term& term) {
  if (term.json) return *term.json;
  if (!term.items.empty()) return each_item(term, [](const Term& item) { return json_form(item); });
  const bool has_text = term.raw || !is_moment(term.kind) || term.kind == Kind::date || term.kind == Kind::date_time;
  if (has_text) return term.cel;
  return Error{Code::unsupported,
               "a " + std::string(to_string(term.kind)) + " that is computed cannot be given; only compared"};
}

Result<std::string> compared(Order order, const Term& a, const Term& b) {
  const bool equality = order >= Order::eq;
  const auto call = [&](std::string_view left, std::string_view right) {
    constexpr std::string_view names[] = {"zen.lt(", "zen.le(", "zen.gt(", "zen.ge(", "zen.eq(", "!zen.eq("};
    std::string out(names[static_cast<std::size_t>(order)]);
    return out.append(left).append(", ").append(right) + ")";
  };
  const auto plain = [&](std::string_view left, std::string_view right) {
    std::string out(left);
    return out.append(" ").append(to_string(order)).append(" ").append(right);
  };
  if (a.kind == Kind::null || b.kind == Kind::null) return call(a.cel, b.cel);
  if (is_moment(a.kind) || is_moment(b.kind)) {
    const auto kind = is_moment(a.kind) ? a.kind : b.kind;
    auto left = native(a, kind);
    if (!left) return left;
    auto right = native(b, kind);
    if (!right) return right;
    return "(" + plain(*left, *right) + ")";
  }
  // What zen.* does not do: the order of texts, lists that are equal.
  const bool texts = !equality && (a.kind == Kind::string || b.kind == Kind::string);
  const bool lists = equality && (a.kind == Kind::list || b.kind == Kind::list);
  if (texts || lists) return "(" + plain("dyn(" + a.cel + ")", "dyn(" + b.cel + ")") + ")";
  if (!equality && a.kind == Kind::any && b.kind == Kind::any)
    return bind("a", a.cel, bind("b", b.cel, call("a", "b") + " || " + plain("dyn(a)", "dyn(b)")));
  return call(a.cel, b.cel);
}

namespace {

bool gives_null(const Term& term) { return term.kind == Kind::boolean && term.json; }
std::string value_form(const Term& term) { return "dyn(" + (gives_null(term) ? *term.json : term.cel) + ")"; }

// Of the values `a` and `b`, which are not moments.
Result<std::string> test_of_values(Order order, const Term& a, const Term& b) {
  if (order >= Order::eq) {
    Term left, right;
    left.cel = "a";
    left.kind = a.kind;
    right.cel = "b";
    right.kind = b.kind;
    auto equal = compared(order, left, right);
    if (!equal) return equal;
    return "a == null || b == null || zen.type(a) == zen.type(b) ? dyn(" + *equal + ") : dyn(null)";
  }
  Term number;
  number.kind = Kind::number;
  Term left = number, right = number;
  left.cel = "a";
  right.cel = "b";
  auto before = compared(order, left, right);
  if (!before) return before;
  return "zen.type(a) != zen.type(b) ? dyn(null) : zen.type(a) == 'number' ? dyn(" + *before +
         ") : zen.type(a) == 'string' ? dyn(a " + std::string(to_string(order)) + " b) : dyn(null)";
}

}  // namespace

Result<Term> comparison_of(Order order, const Term& a, const Term& b) {
  auto cel = compared(order, a, b);
  if (!cel) return cel.error();
  auto out = term_of(*std::move(cel), Kind::boolean, {&a, &b});
  const bool null = a.kind == Kind::null || b.kind == Kind::null;
  if (!null && (is_moment(a.kind) || is_moment(b.kind))) {
    if (order >= Order::eq) return out;
    const auto kind = is_moment(a.kind) ? a.kind : b.kind;
    const auto left = native(a, kind);
    const auto right = native(b, kind);
    if (!left || !right) return left ? right.error() : left.error();
    const auto test = "a == null || b == null ? dyn(null) : dyn(a " + std::string(to_string(order)) + " b)";
    out.json = bind("a", "dyn(" + *left + ")", bind("b", "dyn(" + *right + ")", test));
    return out;
  }
  const auto test = test_of_values(order, a, b);
  if (!test) return test.error();
  out.json = bind("a", value_form(a), bind("b", value_form(b), *test));
  // Equality of other kinds is false where FEEL has null, and then true behind a not().
  if (order >= Order::eq && !null && (a.kind != b.kind || a.kind == Kind::any))
    out.cel = "zen.truth(" + *out.json + ")";
  return out;
}

Term junction_of(bool both, const Term& a, const Term& b) {
  auto out = term_of("(zen.truth(" + a.cel + (both ? ") && zen.truth(" : ") || zen.truth(") + b.cel + "))",
                     Kind::boolean, {&a, &b});
  if (!gives_null(a) && !gives_null(b)) return out;
  const std::string decides = both ? "false" : "true";
  const std::string rest = both ? "true" : "false";
  const auto test = "q == " + decides + " ? dyn(" + decides + ") : p == " + rest + " && q == " + rest + " ? dyn(" +
                    rest + ") : dyn(null)";
  out.json =
      bind("p", value_form(a), "p == " + decides + " ? dyn(" + decides + ") : " + bind("q", value_form(b), test));
  return out;
}

Term negation_of(const Term& of) {
  auto out = term_of("!zen.truth(" + of.cel + ")", Kind::boolean, {&of});
  if (!gives_null(of)) return out;
  // Of null it is null, and so an error where a condition is wanted.
  out.cel = "!zen.truth(" + *of.json + ")";
  out.json = bind("p", value_form(of), "p == null ? dyn(null) : dyn(!zen.truth(p))");
  return out;
}

std::string condition_of(const Term& term) {
  if (!gives_null(term)) return "zen.truth(" + term.cel + ")";
  return value_form(term) + " == true";
}

Term wrong_literal(std::string why) {
  auto out = term_of("null", Kind::null, {});
  out.wrong = std::move(why);
  return out;
}

Term no_value(std::string_view text) {
  auto out = wrong_literal("the constant '" + std::string(text) + "' has no value; FEEL has null there");
  out.computed = true;
  return out;
}

Outcome outcome_of(const std::string& cel) {
  static const cel::Environment environment(zen_environment());
  const auto ast = environment.compile(cel);
  if (!ast) return Outcome::error;
  const auto program = cel::Program::compile(environment, *ast);
  if (!program) return Outcome::error;
  cel::Arena arena;
  const auto value = program->evaluate(cel::Activation(environment), arena, {10'000, std::size_t{1} << 20});
  if (value.is_error()) return Outcome::error;
  if (value.is(cel::Kind::null)) return Outcome::null;
  if (!value.is(cel::Kind::boolean)) return Outcome::other;
  return value.as_bool() ? Outcome::yes : Outcome::no;
}

Term settled(Term term, std::string_view text) {
  if (!term.computed || term.wrong) return term;
  const bool condition = gives_null(term);
  const auto outcome = outcome_of(condition ? *term.json : term.cel);
  if (outcome == Outcome::error || (condition && outcome == Outcome::null)) return no_value(text);
  if (outcome == Outcome::yes || outcome == Outcome::no) {
    term.cel = outcome == Outcome::yes ? "true" : "false";
    term.kind = Kind::boolean;
    term.json.reset();
  }
  return term;
}

}  // namespace socle::rules::dmn
