// feel_term.cpp: see the header.
#include "dmn/feel_term.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

}  // namespace socle::rules::dmn
