// feel_constructors.cpp: see the header.
#include "dmn/feel_constructors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "dmn/feel_moment.hpp"

namespace socle::rules::dmn {
namespace {

using Arguments = std::vector<Term>;

constexpr std::string_view midnight = "timestamp('1970-01-01T00:00:00Z')";

// A literal is what it says; anything else may come to null.
bool is_literal(const Term& term) { return term.constant && !term.computed; }

std::string null_or(std::string_view name, const std::string& value, const std::string& made) {
  return bind(name, "dyn(" + value + ")", std::string(name) + " == null ? dyn(null) : dyn(" + made + ")");
}

// A moment made of a literal text, of a text in the record, or of another moment.
Result<Term> converted_term(const Term& of, Kind wanted, Result<Term> (*of_text)(std::string_view)) {
  if (of.quoted) return of_text(*of.quoted);
  if (of.kind == wanted || of.kind == Kind::null) return of;
  if (of.kind == Kind::any || of.kind == Kind::string) return term_of(converted(of.cel, wanted), wanted, {&of});
  const auto from = native(of);
  if (!from) return from.error();
  const auto made = [&](const std::string& cel) {
    return term_of(is_literal(of) ? bind("t", *from, cel) : null_or("t", *from, cel), wanted, {&of});
  };
  if (wanted == Kind::date && of.kind == Kind::date_time) return made("date(t)");
  if (wanted == Kind::date_time && of.kind == Kind::date) return made("timestamp(t)");
  if (wanted == Kind::time && of.kind == Kind::date_time)
    return made(std::string(midnight) + " + (t - timestamp(date(t)))");
  return Error{Code::unsupported,
               "no " + std::string(to_string(wanted)) + " can be made of a " + std::string(to_string(of.kind))};
}

// "date(2020, 2, 30)", for messages.
std::string written(Kind kind, const Arguments& a) {
  std::string out(to_string(kind));
  for (std::size_t i = 0; i < a.size(); ++i) out += (i == 0 ? "(" : ", ") + a[i].json.value_or(a[i].cel);
  return out + ")";
}

std::optional<std::array<std::int64_t, 3>> whole_literals(const Arguments& a) {
  std::array<std::int64_t, 3> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& text = a[i].cel;
    if (!is_literal(a[i]) || a[i].kind != Kind::number) return std::nullopt;
    const auto* end = text.data() + text.size();
    if (const auto read = std::from_chars(text.data(), end, out[i]); read.ec != std::errc() || read.ptr != end)
      return std::nullopt;
  }
  return out;
}

// The literal with these numbers; what is too long for its place makes a text that is none.
Result<Term> literal_of(const Arguments& a, Kind kind, const std::array<std::int64_t, 3>& numbers) {
  const bool day = kind == Kind::date;
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto digits = std::to_string(numbers[i]);
    const std::size_t width = day && i == 0 ? 4 : 2;
    if (i > 0) text += day ? '-' : ':';
    text.append(width - std::min(width, digits.size()), '0').append(digits);
  }
  auto out = day ? date_literal(text) : time_literal(text);
  return out && out->wrong ? no_value(written(kind, a)) : out;
}

// Null when one of the three is no number, or when `holds` does not of them as `names`; else `made`.
Result<Term> of_numbers(const Arguments& a, Kind kind, const std::array<std::string_view, 3>& names,
                        const std::string& holds, const std::string& made) {
  std::string numbers;
  for (const auto name : names) numbers.append("zen.type(").append(name).append(") == 'number' && ");
  std::string cel = numbers + holds + " ? dyn(" + made + ") : dyn(null)";
  if (a.size() == 4) {
    const auto offset = native(a[3], Kind::days_time);
    if (!offset) return offset.error();
    cel = bind("o", "dyn(" + *offset + ")", cel);
  }
  for (std::size_t i = names.size(); i > 0; --i) cel = bind(names[i - 1], "dyn(" + a[i - 1].cel + ")", cel);
  Term out = term_of(std::move(cel), kind, {&a[0], &a[1], &a[2]});
  if (a.size() == 4) {
    out.constant = out.constant && a[3].constant;
    out.asks = out.asks || a[3].asks;
  }
  if (!out.constant) return out;
  const auto outcome = outcome_of(out.cel);
  return outcome == Outcome::error || outcome == Outcome::null ? no_value(written(kind, a)) : out;
}

}  // namespace

Result<Term> date_of(const Arguments& a) {
  if (a.size() == 1) return converted_term(a[0], Kind::date, date_literal);
  if (a.size() == 2) return Error{Code::unsupported, "date() with 2 arguments has no translation"};
  if (const auto numbers = whole_literals(a)) return literal_of(a, Kind::date, *numbers);
  return of_numbers(a, Kind::date, {"y", "m", "d"},
                    "zen.ge(y, 1) && zen.le(y, 9999) && zen.ge(m, 1) && zen.le(m, 12) && zen.ge(d, 1) && "
                    "zen.le(d, 31) && date(int(y), int(m), 1).addDays(int(d) - 1).getMonth() == int(m) - 1",
                    "date(int(y), int(m), int(d))");
}

Result<Term> time_of(const Arguments& a) {
  if (a.size() == 1) return converted_term(a[0], Kind::time, time_literal);
  if (a.size() == 2) return Error{Code::unsupported, "time() with 2 arguments has no translation"};
  const bool offset = a.size() == 4 && a[3].kind != Kind::null;
  if (const auto numbers = whole_literals(a); numbers && !offset) return literal_of(a, Kind::time, *numbers);
  const std::string clock =
      std::string(midnight) + " + duration(int(h) * 3600 + int(m) * 60) + duration(zen.string(s) + 's')";
  const std::string holds =
      "zen.ge(h, 0) && zen.lt(h, 24) && zen.ge(m, 0) && zen.lt(m, 60) && zen.ge(s, 0) && zen.lt(s, 60)";
  if (!offset) return of_numbers({a.begin(), a.begin() + 3}, Kind::time, {"h", "m", "s"}, holds, clock);
  return of_numbers(a, Kind::time, {"h", "m", "s"},
                    holds + " && (o == null || o >= duration('-14h') && o <= duration('14h'))",
                    clock + " - (o == null ? duration('0s') : o)");
}

Result<Term> date_time_of(const Arguments& a) {
  if (a.size() == 1) return converted_term(a[0], Kind::date_time, date_time_literal);
  auto day = converted_term(a[0], Kind::date, date_literal);
  if (!day || day->kind == Kind::null) return day;
  if (a[1].kind == Kind::null) return a[1];
  const auto from = native(*day);
  if (!from) return from.error();
  const auto clock = native(a[1], Kind::time);
  if (!clock) return clock.error();
  const auto sum = [](const std::string& d, const std::string& c) {
    return "(timestamp(" + d + ") + (" + c + " - " + std::string(midnight) + "))";
  };
  if (is_literal(*day) && is_literal(a[1])) return term_of(sum(*from, *clock), Kind::date_time, {&a[0], &a[1]});
  return term_of(null_or("d", *from, null_or("c", *clock, sum("d", "c"))), Kind::date_time, {&a[0], &a[1]});
}

Result<Term> duration_of(const Term& of) {
  if (of.quoted) return duration_literal(*of.quoted);
  if (of.kind == Kind::days_time || of.kind == Kind::years_months || of.kind == Kind::null) return of;
  return Error{Code::unsupported, "duration() reads only a literal text here; give its input a type instead"};
}

Result<Term> years_months_between(const Arguments& a) {
  std::array<std::string, 2> days;
  for (std::size_t i = 0; i < 2; ++i) {
    auto day = converted_term(a[i], Kind::date, date_literal);
    if (!day || day->kind == Kind::null) return day;
    const auto text = native(*day);
    if (!text) return text.error();
    days[i] = *text;
  }
  const std::string_view months = "(b.getFullYear() - a.getFullYear()) * 12 + b.getMonth() - a.getMonth()";
  const std::string_view whole =
      "n > 0 && b.getDate() < a.getDate() ? n - 1 : n < 0 && b.getDate() > a.getDate() ? n + 1 : n";
  return term_of(bind("a", days[0], bind("b", days[1], bind("n", months, whole))), Kind::years_months, {&a[0], &a[1]});
}

}  // namespace socle::rules::dmn
