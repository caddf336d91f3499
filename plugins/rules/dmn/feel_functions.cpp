// feel_functions.cpp: see the header. Most are functions zen.*; the rest is put together from CEL's own.
#include "dmn/feel_functions.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "dmn/feel_constructors.hpp"

namespace socle::rules::dmn {
namespace {

using Arguments = std::vector<Term>;
using Cel = Result<std::string>;

struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  Kind kind;             // of the result
  std::string_view cel;  // what it is called there; empty: it has a way of its own
};
constexpr std::array<Function, 33> functions{{
    {"date and time", 1, 2, Kind::date_time, ""},
    {"date", 1, 3, Kind::date, ""},
    {"time", 1, 4, Kind::time, ""},
    {"duration", 1, 1, Kind::any, ""},
    {"years and months duration", 2, 2, Kind::years_months, ""},
    {"not", 1, 1, Kind::boolean, ""},
    {"contains", 2, 2, Kind::boolean, "zen.contains"},
    {"starts with", 2, 2, Kind::boolean, "zen.startsWith"},
    {"ends with", 2, 2, Kind::boolean, "zen.endsWith"},
    {"matches", 2, 2, Kind::boolean, "zen.matches"},
    {"upper case", 1, 1, Kind::string, "zen.upper"},
    {"lower case", 1, 1, Kind::string, "zen.lower"},
    {"string length", 1, 1, Kind::number, "size"},
    {"substring before", 2, 2, Kind::string, ""},
    {"substring after", 2, 2, Kind::string, ""},
    {"substring", 2, 3, Kind::string, ""},
    {"split", 2, 2, Kind::list, "zen.split"},
    {"list contains", 2, 2, Kind::boolean, "zen.contains"},
    {"count", 1, 1, Kind::number, "zen.len"},
    {"sum", 1, 64, Kind::number, "zen.sum"},
    {"mean", 1, 64, Kind::number, "zen.avg"},
    {"median", 1, 64, Kind::number, "zen.median"},
    {"min", 1, 64, Kind::number, "zen.min"},
    {"max", 1, 64, Kind::number, "zen.max"},
    {"floor", 1, 1, Kind::number, "zen.floor"},
    {"ceiling", 1, 1, Kind::number, "zen.ceil"},
    {"abs", 1, 1, Kind::number, "zen.abs"},
    {"modulo", 2, 2, Kind::number, ""},
    {"decimal", 2, 2, Kind::number, ""},
    {"odd", 1, 1, Kind::boolean, ""},
    {"even", 1, 1, Kind::boolean, ""},
    {"number", 1, 1, Kind::number, "zen.number"},
    {"string", 1, 1, Kind::string, "zen.string"},
}};

// What stands for an argument that is no moment to the function.
Cel plain(const Term& term) { return is_moment(term.kind) ? json_form(term) : Cel(term.cel); }

bool is_list_function(std::string_view name) {
  return name == "sum" || name == "mean" || name == "median" || name == "min" || name == "max";
}
bool holds_moment(const Term& term) {
  return is_moment(term.kind) || std::any_of(term.items.begin(), term.items.end(), holds_moment);
}

Cel joined(const Arguments& arguments, std::string_view separator) {
  std::string out;
  for (const auto& one : arguments) {
    auto text = plain(one);
    if (!text) return text;
    if (!out.empty()) out += separator;
    out += *text;
  }
  return out;
}

// Characters count from 1, from the end when the number is negative.
std::string substring(const Arguments& a) {
  const std::string cut =
      a.size() == 2 ? "s.substring(f)" : "s.substring(f, math.least(f + int(" + a[2].cel + "), size(s)))";
  return bind("s", a[0].cel, bind("i", "int(" + a[1].cel + ")", bind("f", "i < 0 ? size(s) + i : i - 1", cut)));
}
std::string substring_beside(const Arguments& a, std::string_view cut) {
  return bind("s", a[0].cel, bind("m", a[1].cel, bind("i", "s.indexOf(m)", "i < 0 ? '' : " + std::string(cut))));
}
// With the sign of the second.
std::string modulo(const std::string& a, const std::string& b) {
  return bind("a", a, bind("b", b, "zen.subtract(a, zen.multiply(b, zen.floor(zen.divide(a, b))))"));
}

}  // namespace

std::optional<std::string_view> take_function(Cursor& cursor) {
  const auto start = cursor.place();
  for (const auto& known : functions) {
    if (cursor.take_word(known.name) && cursor.take("(")) return known.name;
    cursor.back_to(start);
  }
  return std::nullopt;
}

Result<Term> called(std::string_view name, const Arguments& a) {
  const auto& known = *std::find_if(functions.begin(), functions.end(), [&](const auto& f) { return f.name == name; });
  if (a.size() < known.least || a.size() > known.most)
    return Error{Code::unsupported,
                 std::string(name) + "() with " + std::to_string(a.size()) + " arguments has no translation"};
  if (name == "date") return date_of(a);
  if (name == "time") return time_of(a);
  if (name == "date and time") return date_time_of(a);
  if (name == "duration") return duration_of(a[0]);
  if (name == "years and months duration") return years_months_between(a);
  if (name == "not") return negation_of(a[0]);
  Term out = term_of("", known.kind, {});
  out.computed = true;
  for (const auto& one : a) {
    out.constant = out.constant && one.constant;
    out.asks = out.asks || one.asks;
  }
  if (is_list_function(name) && std::any_of(a.begin(), a.end(), holds_moment))
    return Error{Code::unsupported, std::string(name) + "() of dates, times and durations has no translation"};
  if (!known.cel.empty()) {
    auto arguments = joined(a, ", ");
    if (!arguments) return arguments.error();
    if (is_list_function(name) && a.size() > 1) *arguments = "[" + *arguments + "]";
    out.cel = std::string(known.cel) + "(" + *arguments + ")";
    return out;
  }
  if (name == "substring") out.cel = substring(a);
  if (name == "substring before") out.cel = substring_beside(a, "s.substring(0, i)");
  if (name == "substring after") out.cel = substring_beside(a, "s.substring(i + size(m))");
  if (name == "modulo") out.cel = modulo(a[0].cel, a[1].cel);
  if (name == "decimal") out.cel = "decimal(zen.string(" + a[0].cel + ")).round(int(" + a[1].cel + "), 'half_even')";
  if (name == "odd") out.cel = "zen.eq(" + modulo(a[0].cel, "2") + ", 1)";
  if (name == "even") out.cel = "zen.eq(" + modulo(a[0].cel, "2") + ", 0)";
  return out;
}

}  // namespace socle::rules::dmn
