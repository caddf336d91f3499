// fn_time.cpp: timestamps and durations (cel-spec) and our dates.
#include "library.hpp"
#include "operators.hpp"
#include "socle/cel/time.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

// The calendar fields of a timestamp in the zone args[1], or UTC.
template <class Get>
Value in_zone(Context& c, const Value& at, const Value* zone, Get get) {
  std::int64_t offset = 0;
  if (zone != nullptr) {
    const auto found = zone_offset(zone->as_string(), at.seconds());
    if (!found) return unknown_zone(c, *zone);
    offset = *found;
  }
  return Value::integer(static_cast<std::int64_t>(get(civil_of_seconds(at.seconds() + offset))));
}

#define SOCLE_CEL_PART(name, expression)                                             \
  Value name(Context& c, Args a) {                                                   \
    return in_zone(c, a[0], nullptr, [](const Civil& civil) { return expression; }); \
  }                                                                                  \
  Value name##_in(Context& c, Args a) {                                              \
    return in_zone(c, a[0], &a[1], [](const Civil& civil) { return expression; });   \
  }
SOCLE_CEL_PART(full_year, civil.year)
SOCLE_CEL_PART(month, civil.month - 1)
SOCLE_CEL_PART(day_of_month, civil.day - 1)
SOCLE_CEL_PART(date_of_month, civil.day)
SOCLE_CEL_PART(day_of_week, civil.weekday)
SOCLE_CEL_PART(day_of_year, civil.year_day)
SOCLE_CEL_PART(hours, civil.hour)
SOCLE_CEL_PART(minutes, civil.minute)
SOCLE_CEL_PART(seconds, civil.second)
#undef SOCLE_CEL_PART

Value milliseconds(Context&, Args a) { return Value::integer(a[0].nanos() / 1000000); }
Value milliseconds_in(Context& c, Args a) {
  if (!zone_offset(a[1].as_string(), a[0].seconds())) return unknown_zone(c, a[1]);
  return milliseconds(c, a);
}

// A duration's whole units, towards zero.
std::int64_t whole_seconds(const Value& duration) {
  return duration.seconds() < 0 && duration.nanos() > 0 ? duration.seconds() + 1 : duration.seconds();
}
template <int Unit>
Value duration_part(Context&, Args a) {
  return Value::integer(whole_seconds(a[0]) / Unit);
}
Value duration_millis(Context&, Args a) {
  const auto nanos = static_cast<std::int64_t>(a[0].nanos());
  return Value::integer((a[0].seconds() < 0 && nanos > 0 ? nanos - 1000000000 : nanos) / 1000000);
}

Value to_timestamp(Context& c, Args a) {
  if (!charge_reading(c, a[0].as_string())) return c.stopped();
  const auto value = parse_timestamp(a[0].as_string());
  return value ? *value
               : c.error(ErrorCode::range, "'" + shortened(a[0].as_string()) +
                                               "' is no timestamp of the years 1 to 9999; wanted RFC 3339");
}
Value timestamp_of_int(Context& c, Args a) {
  if (a[0].as_int() < first_second || a[0].as_int() > last_second) return make_timestamp(c, last_second + 1, 0);
  return Value::timestamp(a[0].as_int(), 0);
}
Value to_duration(Context& c, Args a) {
  const auto value = parse_duration(a[0].as_string());
  return value ? *value
               : c.error(ErrorCode::range,
                         "'" + shortened(a[0].as_string()) + "' is no duration within 292 years; wanted 1h30m, 1.5s …");
}
Value duration_of_int(Context& c, Args a) { return make_duration(c, a[0].as_int(), 0); }
Value same(Context&, Args a) { return a[0]; }
Value timestamp_to_string(Context& c, Args a) { return c.text(timestamp_text(a[0])); }
Value duration_to_string(Context& c, Args a) { return c.text(duration_text(a[0])); }
Value timestamp_to_int(Context&, Args a) { return Value::integer(a[0].seconds()); }

constexpr Builtin table[] = {
    {"timestamp", "(string): timestamp", to_timestamp},
    {"timestamp", "(int): timestamp", timestamp_of_int},
    {"timestamp", "(timestamp): timestamp", same},
    {"duration", "(string): duration", to_duration},
    {"duration", "(int): duration", duration_of_int},
    {"duration", "(duration): duration", same},
    {"string", "(timestamp): string", timestamp_to_string},
    {"string", "(duration): string", duration_to_string},
    {"int", "(timestamp): int", timestamp_to_int},
    {"getFullYear", "timestamp.(): int", full_year},
    {"getFullYear", "timestamp.(string): int", full_year_in},
    {"getMonth", "timestamp.(): int", month},
    {"getMonth", "timestamp.(string): int", month_in},
    {"getDayOfMonth", "timestamp.(): int", day_of_month},
    {"getDayOfMonth", "timestamp.(string): int", day_of_month_in},
    {"getDate", "timestamp.(): int", date_of_month},
    {"getDate", "timestamp.(string): int", date_of_month_in},
    {"getDayOfWeek", "timestamp.(): int", day_of_week},
    {"getDayOfWeek", "timestamp.(string): int", day_of_week_in},
    {"getDayOfYear", "timestamp.(): int", day_of_year},
    {"getDayOfYear", "timestamp.(string): int", day_of_year_in},
    {"getHours", "timestamp.(): int", hours},
    {"getHours", "timestamp.(string): int", hours_in},
    {"getHours", "duration.(): int", duration_part<3600>},
    {"getMinutes", "timestamp.(): int", minutes},
    {"getMinutes", "timestamp.(string): int", minutes_in},
    {"getMinutes", "duration.(): int", duration_part<60>},
    {"getSeconds", "timestamp.(): int", seconds},
    {"getSeconds", "timestamp.(string): int", seconds_in},
    {"getSeconds", "duration.(): int", duration_part<1>},
    {"getMilliseconds", "timestamp.(): int", milliseconds},
    {"getMilliseconds", "timestamp.(string): int", milliseconds_in},
    {"getMilliseconds", "duration.(): int", duration_millis},
};

}  // namespace

std::span<const Builtin> time_functions() { return table; }

}  // namespace socle::cel
