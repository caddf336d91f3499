// fn_date.cpp: calendar dates and exact decimals, the two kinds CEL lacks and forms need.
#include <algorithm>
#include <charconv>

#include "decimal.hpp"
#include "library.hpp"
#include "operators.hpp"
#include "socle/cel/time.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

constexpr std::int64_t first_day = first_second / 86400;
constexpr std::int64_t last_day = last_second / 86400;

Value checked_date(Context& c, std::int64_t days) {
  if (days < first_day || days > last_day) return c.error(ErrorCode::range, "date is outside the years 1 to 9999");
  return Value::date(days);
}
Value no_date(Context& c, std::string_view text) {
  return c.error(ErrorCode::invalid_argument, "'" + shortened(text) + "' is no date; wanted 2024-12-31");
}
Value date_of_string(Context& c, Args a) {
  const auto days = parse_date(a[0].as_string());
  return days ? Value::date(*days) : no_date(c, a[0].as_string());
}
Value local_date(Context& c, const Value& at, std::int64_t offset) {
  const auto seconds = at.seconds() + offset;
  return checked_date(c, seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0));
}
Value date_of_timestamp(Context& c, Args a) { return local_date(c, a[0], 0); }
Value date_in_zone(Context& c, Args a) {
  const auto offset = zone_offset(a[1].as_string(), a[0].seconds());
  if (!offset) return unknown_zone(c, a[1]);
  return local_date(c, a[0], *offset);
}
Value date_of_parts(Context& c, Args a) {
  const auto y = a[0].as_int();
  const auto m = a[1].as_int();
  const auto d = a[2].as_int();
  if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > days_in_month(y, static_cast<unsigned>(m)))
    return c.error(ErrorCode::range, "there is no such date");
  return Value::date(days_of(y, static_cast<unsigned>(m), static_cast<unsigned>(d)));
}
// A date, or a text that is one.
bool as_days(const Value& value, std::int64_t& days) {
  if (value.is(Kind::date)) {
    days = value.days();
    return true;
  }
  const auto parsed = parse_date(value.as_string());
  if (parsed) days = *parsed;
  return parsed.has_value();
}
// Both ends count, as people count days of leave: from the 3rd to the 3rd is one day.
Value duration_days(Context& c, Args a) {
  std::int64_t from = 0;
  std::int64_t to = 0;
  if (!as_days(a[0], from)) return no_date(c, a[0].as_string());
  if (!as_days(a[1], to)) return no_date(c, a[1].as_string());
  return Value::integer(to - from + 1);
}
Value days_between(Context&, Args a) { return Value::integer(a[1].days() - a[0].days()); }
Value add_days(Context& c, Args a) {
  if (a[1].as_int() > 4000000 || a[1].as_int() < -4000000) return checked_date(c, last_day + 1);
  return checked_date(c, a[0].days() + a[1].as_int());
}
// The same day of a later month, or that month's last day.
Value add_months(Context& c, Args a) {
  if (a[1].as_int() > 120000 || a[1].as_int() < -120000) return checked_date(c, last_day + 1);
  const auto civil = civil_of_days(a[0].days());
  const auto months = civil.year * 12 + static_cast<std::int64_t>(civil.month) - 1 + a[1].as_int();
  if (months < 12 || months >= 120000) return checked_date(c, last_day + 1);
  const auto year = months / 12;
  const auto month = static_cast<unsigned>(months % 12 + 1);
  return checked_date(c, days_of(year, month, std::min(civil.day, days_in_month(year, month))));
}
Value add_years(Context& c, Args a) {
  if (a[1].as_int() > 10000 || a[1].as_int() < -10000) return checked_date(c, last_day + 1);
  const Value args[2] = {a[0], Value::integer(a[1].as_int() * 12)};
  return add_months(c, args);
}
Value midnight(Context& c, Args a) { return make_timestamp(c, a[0].days() * 86400, 0); }
// The instant at which the day begins there. The offset is looked up twice: the first guess may be across a change.
Value midnight_in(Context& c, Args a) {
  const auto local = a[0].days() * 86400;
  auto offset = zone_offset(a[1].as_string(), local);
  if (offset) offset = zone_offset(a[1].as_string(), local - *offset);
  if (!offset) return unknown_zone(c, a[1]);
  return make_timestamp(c, local - *offset, 0);
}
Value date_to_string(Context& c, Args a) { return c.text(date_text(a[0].days())); }
Value same(Context&, Args a) { return a[0]; }

#define SOCLE_CEL_PART(name, expression)                          \
  Value name(Context&, Args a) {                                  \
    const auto civil = civil_of_days(a[0].days());                \
    return Value::integer(static_cast<std::int64_t>(expression)); \
  }
SOCLE_CEL_PART(full_year, civil.year)
SOCLE_CEL_PART(month, civil.month - 1)
SOCLE_CEL_PART(day_of_month, civil.day - 1)
SOCLE_CEL_PART(date_of_month, civil.day)
SOCLE_CEL_PART(day_of_week, civil.weekday)
SOCLE_CEL_PART(day_of_year, civil.year_day)
#undef SOCLE_CEL_PART

constexpr Builtin date_table[] = {
    {"date", "(string): date", date_of_string},
    {"date", "(timestamp): date", date_of_timestamp},
    {"date", "(timestamp, string): date", date_in_zone},
    {"date", "(int, int, int): date", date_of_parts},
    {"date", "(date): date", same},
    {"timestamp", "(date): timestamp", midnight},
    {"timestamp", "(date, string): timestamp", midnight_in},
    {"string", "(date): string", date_to_string},
    {"duration_days", "(date, date): int", duration_days},
    {"duration_days", "(string, string): int", duration_days},
    {"days_between", "(date, date): int", days_between},
    {"addDays", "date.(int): date", add_days},
    {"addMonths", "date.(int): date", add_months},
    {"addYears", "date.(int): date", add_years},
    {"getFullYear", "date.(): int", full_year},
    {"getMonth", "date.(): int", month},
    {"getDayOfMonth", "date.(): int", day_of_month},
    {"getDate", "date.(): int", date_of_month},
    {"getDayOfWeek", "date.(): int", day_of_week},
    {"getDayOfYear", "date.(): int", day_of_year},
};

Value decimal_of_string(Context& c, Args a) {
  if (!charge_reading(c, a[0].as_string())) return c.stopped();
  const auto value = parse_decimal(a[0].as_string());
  return value ? *value
               : c.error(ErrorCode::invalid_argument,
                         "'" + shortened(a[0].as_string()) + "' is no decimal of at most 38 digits; wanted 12.50");
}
Value decimal_of_number(Context&, Args a) { return to_decimal(a[0]); }
Value decimal_of_double(Context& c, Args a) {
  const auto value = decimal_of(a[0].as_double());
  return value ? *value : c.error(ErrorCode::range, "the double has no decimal of at most 38 digits");
}
Value decimal_to_string(Context& c, Args a) { return c.text(decimal_text(a[0])); }
Value decimal_to_double(Context&, Args a) {
  const auto text = decimal_text(a[0]);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return Value::real(value);
}
Value decimal_to_int(Context& c, Args a) {
  const auto whole = round_decimal(a[0], 0, Rounding::down);
  if (!whole || whole->unscaled() > INT64_MAX || whole->unscaled() < INT64_MIN)
    return c.error(ErrorCode::range, "the decimal is beyond int");
  return Value::integer(static_cast<std::int64_t>(whole->unscaled()));
}
Value round_with(Context& c, const Value& value, std::int64_t scale, Rounding rounding) {
  if (scale < 0 || scale > 38) return c.error(ErrorCode::invalid_argument, "wanted 0 to 38 digits after the point");
  const auto out = round_decimal(value, static_cast<std::uint32_t>(scale), rounding);
  return out ? *out : c.error(ErrorCode::overflow, "decimal result has more than 38 digits");
}
Value round_scale(Context& c, Args a) { return round_with(c, a[0], a[1].as_int(), Rounding::half_even); }
Value round_mode(Context& c, Args a) {
  constexpr std::string_view names[] = {"half_even", "half_up", "up", "down", "floor", "ceiling"};
  for (std::size_t i = 0; i < 6; ++i)
    if (a[2].as_string() == names[i]) return round_with(c, a[0], a[1].as_int(), static_cast<Rounding>(i));
  return c.error(ErrorCode::invalid_argument, "unknown rounding; wanted half_even, half_up, up, down, floor, ceiling");
}
Value scale_of(Context&, Args a) { return Value::integer(a[0].scale()); }
constexpr Builtin decimal_table[] = {
    {"decimal", "(string): decimal", decimal_of_string},
    {"decimal", "(int): decimal", decimal_of_number},
    {"decimal", "(uint): decimal", decimal_of_number},
    {"decimal", "(double): decimal", decimal_of_double},
    {"decimal", "(decimal): decimal", same},
    {"string", "(decimal): string", decimal_to_string},
    {"double", "(decimal): double", decimal_to_double},
    {"int", "(decimal): int", decimal_to_int},
    {"round", "decimal.(int): decimal", round_scale},
    {"round", "decimal.(int, string): decimal", round_mode},
    {"scale", "decimal.(): int", scale_of},
    {"abs", "decimal.(): decimal", absolute_decimal},
};

}  // namespace

std::span<const Builtin> date_functions() { return date_table; }
std::span<const Builtin> decimal_functions() { return decimal_table; }

}  // namespace socle::cel
