// feel_moment.cpp: see the header.
#include "dmn/feel_moment.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include "dmn/feel_text.hpp"
#include "socle/cel/time.hpp"
#include "zen/translate.hpp"

namespace socle::rules::dmn {
namespace {

Term literal(std::string cel, Kind kind, std::string_view text) {
  Term out;
  out.cel = std::move(cel);
  out.kind = kind;
  out.json = zen::quoted(text);
  return out;
}

std::string_view take_digits(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && is_digit(rest[n])) ++n;
  const auto found = rest.substr(0, n);
  rest.remove_prefix(n);
  return found;
}
std::int64_t number_of(std::string_view digits) { return std::stoll(std::string(digits)); }

Term no_moment(std::string_view text, std::string_view wanted) {
  return wrong_literal("'" + std::string(text) + "' is no " + std::string(wanted) + "; FEEL has null there");
}
Error too_long(std::string_view text) {
  return {Code::unsupported, "'" + std::string(text) + "' is too long or too fine a duration to compute with"};
}

bool has_zone(std::string_view clock) { return clock.find_first_of("Zz+-") != std::string_view::npos; }
// XML Schema, whose texts FEEL's are, has none beyond 14 hours. REQUIRES: the text is a time with or without an offset
bool offset_in_range(std::string_view clock) {
  const auto at = clock.find_first_of("+-");
  return at == std::string_view::npos || clock.substr(at + 1) <= "14:00";
}

Error named_zone(std::string_view text) {
  return {Code::unsupported, "'" + std::string(text) + "' names a zone; write its offset, such as +01:00"};
}

// As FEEL writes it: P1DT2H, not PT26H.
std::string days_time_text(bool negative, std::int64_t seconds, std::string_view fraction) {
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (seconds == 0 && fraction.empty()) return "PT0S";
  std::string out = negative ? "-P" : "P";
  if (seconds >= 86400) out += std::to_string(seconds / 86400) + "D";
  const auto rest = seconds % 86400;
  if (rest == 0 && fraction.empty()) return out;
  out += "T";
  if (rest >= 3600) out += std::to_string(rest / 3600) + "H";
  if (rest / 60 % 60 > 0) out += std::to_string(rest / 60 % 60) + "M";
  if (rest % 60 > 0 || !fraction.empty()) {
    out += std::to_string(rest % 60);
    if (!fraction.empty()) out.append(".").append(fraction);
    out += "S";
  }
  return out;
}

// [-]P[nY][nM]
Result<Term> years_months(std::string_view text) {
  const auto wrong = no_moment(text, "duration of years and months, such as P1Y2M");
  auto rest = text;
  const bool negative = rest.front() == '-';
  rest.remove_prefix(negative ? 2 : 1);
  std::int64_t months = 0;
  bool any = false;
  for (const auto& [unit, length] : {std::pair('Y', 12), std::pair('M', 1)}) {
    auto after = rest;
    const auto count = take_digits(after);
    if (count.empty() || after.empty() || after.front() != unit) continue;
    if (count.size() > 9) return too_long(text);
    months += number_of(count) * length;
    rest = after.substr(1);
    any = true;
  }
  if (!any || !rest.empty()) return wrong;
  std::string canonical = negative && months > 0 ? "-P" : "P";
  if (months >= 12) canonical += std::to_string(months / 12) + "Y";
  if (months % 12 > 0 || months == 0) canonical += std::to_string(months % 12) + "M";
  return literal(std::to_string(negative ? -months : months), Kind::years_months, canonical);
}

// [-]P[nD][T[nH][nM][n[.n]S]]
Result<Term> days_time(std::string_view text) {
  const auto wrong = no_moment(text, "duration of days and time, such as P1DT2H30M or PT1.5S");
  auto rest = text;
  const bool negative = rest.front() == '-';
  rest.remove_prefix(negative ? 2 : 1);
  if (rest.empty() || rest.back() == 'T') return wrong;
  constexpr std::string_view units = "DHMS";
  constexpr std::array<std::int64_t, 4> lengths{86400, 3600, 60, 1};
  std::int64_t seconds = 0;
  std::string_view fraction;
  bool time = false;
  std::size_t next = 0;
  while (!rest.empty()) {
    if (rest.front() == 'T' && !time) {
      time = true;
      rest.remove_prefix(1);
    }
    const auto count = take_digits(rest);
    if (count.empty()) return wrong;
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      fraction = take_digits(rest);
      if (fraction.empty() || rest != "S") return wrong;
    }
    if (rest.empty()) return wrong;
    const auto unit = units.find(rest.front());
    rest.remove_prefix(1);
    if (unit == std::string_view::npos || unit < next || (unit == 0) == time) return wrong;
    if (count.size() > 11 || fraction.size() > 9) return too_long(text);
    seconds += number_of(count) * lengths[unit];
    next = unit + 1;
  }
  std::string cel = negative ? "duration('-" : "duration('";
  cel += std::to_string(seconds);
  if (!fraction.empty()) cel.append(".").append(fraction);
  return literal(cel + "s')", Kind::days_time, days_time_text(negative, seconds, fraction));
}

bool is_duration(Kind kind) { return kind == Kind::days_time || kind == Kind::years_months; }

std::string months_later(Kind kind, const std::string& from, const std::string& months) {
  if (kind == Kind::date) return from + ".addMonths(" + months + ")";
  return bind("t", from, "timestamp(date(t).addMonths(" + months + ")) + (t - timestamp(date(t)))");
}

}  // namespace

Result<Term> date_literal(std::string_view text) {
  if (!cel::parse_date(text)) return no_moment(text, "date, such as 2024-12-31");
  return literal("date(" + zen::quoted(text) + ")", Kind::date, text);
}

Result<Term> time_literal(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return named_zone(text);
  auto clock = std::string(text.starts_with('T') ? text.substr(1) : text);
  if (!has_zone(clock)) clock += 'Z';
  clock.insert(0, "1970-01-01T");
  if (!cel::parse_timestamp(clock) || !offset_in_range(clock.substr(clock.find('T'))))
    return no_moment(text, "time, such as 10:30:00");
  return literal("timestamp(" + zen::quoted(clock) + ")", Kind::time, text);
}

Result<Term> date_time_literal(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return named_zone(text);
  std::string whole(text);
  if (whole.find('T') == std::string::npos) whole += "T00:00:00";
  const auto clock = std::string_view(whole).substr(whole.find('T'));
  const auto instant = has_zone(clock) ? whole : whole + "Z";
  if (!cel::parse_timestamp(instant) || !offset_in_range(clock))
    return no_moment(text, "date and time, such as 2024-12-31T10:30:00");
  return literal("timestamp(" + zen::quoted(instant) + ")", Kind::date_time, whole);
}

Result<Term> duration_literal(std::string_view text) {
  if (!text.starts_with("P") && !text.starts_with("-P")) return no_moment(text, "duration, such as P1DT2H30M or P1Y2M");
  // An M before the T is months.
  const bool months = text.substr(0, text.find('T')).find_first_of("YM") != std::string_view::npos;
  return months ? years_months(text) : days_time(text);
}

Result<Term> moment(std::string_view text) {
  if (text.starts_with("P") || text.starts_with("-P")) return duration_literal(text);
  if (text.starts_with("T") || (text.size() > 2 && text[2] == ':')) return time_literal(text);
  return text.find('T') == std::string_view::npos ? date_literal(text) : date_time_literal(text);
}

Result<Term> moments_added(const Term& first, const Term& second, bool minus) {
  const bool turned = !minus && is_duration(first.kind) && !is_duration(second.kind);
  const auto& a = turned ? second : first;
  const auto& b = turned ? first : second;
  for (const auto* one : {&a, &b})
    if (one->kind == Kind::null) return *one;
  const auto left = native(a);
  if (!left) return left.error();
  const auto right = native(b);
  if (!right) return right.error();
  const std::string sum = "(" + *left + (minus ? " - " : " + ") + *right + ")";
  const auto made = [&](std::string cel, Kind kind) { return term_of(std::move(cel), kind, {&a, &b}); };
  const bool point = a.kind == Kind::date || a.kind == Kind::date_time;
  if (b.kind == Kind::days_time) {
    if (a.kind == Kind::days_time || a.kind == Kind::date_time) return made(sum, a.kind);
    if (a.kind == Kind::date)
      return made("date(timestamp(" + *left + ")" + (minus ? " - " : " + ") + *right + ")", Kind::date);
  }
  if (b.kind == Kind::years_months) {
    if (a.kind == Kind::years_months) return made(sum, a.kind);
    if (point) return made(months_later(a.kind, *left, (minus ? "-(" : "(") + *right + ")"), a.kind);
  }
  if (minus && a.kind == b.kind && (point || a.kind == Kind::time)) {
    const bool days = a.kind == Kind::date;
    return made(days ? "(timestamp(" + *left + ") - timestamp(" + *right + "))" : sum, Kind::days_time);
  }
  const bool untyped = a.kind == Kind::any || b.kind == Kind::any;
  return Error{Code::unsupported, "a " + std::string(to_string(first.kind)) + (minus ? " minus a " : " plus a ") +
                                      std::string(to_string(second.kind)) + " has no translation" +
                                      (untyped ? "; give it a type" : "")};
}

Result<std::optional<Term>> moment_part(const Term& term, std::string_view name) {
  struct Part {
    Kind kind;
    std::string_view name;
    std::string_view cel;  // of the moment `t`
  };
  constexpr std::array<Part, 20> parts{{
      {Kind::date, "year", "t.getFullYear()"},
      {Kind::date, "month", "t.getMonth() + 1"},
      {Kind::date, "day", "t.getDate()"},
      {Kind::date, "weekday", "(t.getDayOfWeek() + 6) % 7 + 1"},
      {Kind::date_time, "year", "t.getFullYear()"},
      {Kind::date_time, "month", "t.getMonth() + 1"},
      {Kind::date_time, "day", "t.getDate()"},
      {Kind::date_time, "weekday", "(t.getDayOfWeek() + 6) % 7 + 1"},
      {Kind::date_time, "hour", "t.getHours()"},
      {Kind::date_time, "minute", "t.getMinutes()"},
      {Kind::date_time, "second", "t.getSeconds()"},
      {Kind::time, "hour", "t.getHours()"},
      {Kind::time, "minute", "t.getMinutes()"},
      {Kind::time, "second", "t.getSeconds()"},
      {Kind::days_time, "days", "t.getHours() / 24"},
      {Kind::days_time, "hours", "t.getHours() % 24"},
      {Kind::days_time, "minutes", "t.getMinutes() % 60"},
      {Kind::days_time, "seconds", "t.getSeconds() % 60"},
      {Kind::years_months, "years", "t / 12"},
      {Kind::years_months, "months", "t % 12"},
  }};
  for (const auto& part : parts) {
    if (part.kind != term.kind || part.name != name) continue;
    const auto of = native(term);
    if (!of) return of.error();
    return std::optional<Term>(term_of(bind("t", *of, part.cel), Kind::number, {&term}));
  }
  return std::optional<Term>();
}

}  // namespace socle::rules::dmn
