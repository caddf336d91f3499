// functions_date.cpp: ZEN's older date functions, which count seconds since 1970 in UTC.
#include <array>
#include <charconv>
#include <string>

#include "zen/functions.hpp"
#include "zen/moment.hpp"
#include "zen/number.hpp"
#include "zen/units.hpp"

namespace socle::rules::zen {
namespace {

using cel::Context;
using cel::Kind;
using cel::Value;
using Args = const Value*;

// Seconds in UTC of a text or a number of seconds; a fault otherwise.
bool seconds_of(Context& c, const Value& value, std::int64_t& out, Value& fault) {
  if (const auto number = Number::of(value)) {
    const auto whole = rounded(*number, 0, Direction::toward_zero).integer();
    if (whole && *whole >= cel::first_second && *whole <= cel::last_second) {
      out = *whole;
      return true;
    }
  } else if (value.is(Kind::string)) {
    if (const auto written = parse_moment(value.as_string())) {
      out = written->local - written->offset.value_or(0);
      return true;
    }
  }
  fault = refuse(c, cel::shown(value) + " is no date");
  return false;
}

Value date(Context& c, Args a) {
  if (a[0].is(Kind::string) && a[0].as_string() == "now") return Value::integer(a[1].seconds());
  std::int64_t seconds = 0;
  Value fault;
  return seconds_of(c, a[0], seconds, fault) ? Value::integer(seconds) : fault;
}

// "22:00", "22", "22:00:05", a date with a time: seconds since midnight.
Value time(Context& c, Args a) {
  if (const auto number = Number::of(a[0])) return number->value();
  if (a[0].is(Kind::string)) {
    const auto text = a[0].as_string();
    if (const auto written = parse_moment(text); written && text.size() > 10)
      return Value::integer((written->local - written->offset.value_or(0)) % 86400);
    std::array<int, 3> parts{};
    std::size_t count = 0;
    const auto* at = text.data();
    const auto* end = at + text.size();
    bool ok = !text.empty();
    for (; ok && count < 3; ++at) {
      const auto r = std::from_chars(at, end, parts[count++]);
      ok = r.ec == std::errc() && (r.ptr == end || *r.ptr == ':');
      at = r.ptr;
      if (at == end) break;
    }
    if (ok && at == end && parts[0] >= 0 && parts[0] < 24 && parts[1] >= 0 && parts[1] < 60 && parts[2] >= 0 &&
        parts[2] < 60)
      return Value::integer(parts[0] * 3600 + parts[1] * 60 + parts[2]);
  }
  return refuse(c, cel::shown(a[0]) + " is no time of day");
}

Value duration(Context& c, Args a) {
  if (const auto number = Number::of(a[0])) return number->value();
  const auto span = a[0].is(Kind::string) ? parse_span(a[0].as_string()) : std::nullopt;
  if (!span) return refuse(c, cel::shown(a[0]) + " is no duration; wanted a text such as \"1h 30m\"");
  // A month is 30.44 days here and a year 365.25, as far as seconds can tell.
  return Value::integer(span->seconds + span->months * 2630016 + span->years * 31557600);
}

template <class Part>
Value part(Context& c, Args a, Part take) {
  std::int64_t seconds = 0;
  Value fault;
  return seconds_of(c, a[0], seconds, fault) ? take(c, seconds, cel::civil_of_seconds(seconds)) : fault;
}
Value count(unsigned n) { return Value::integer(static_cast<std::int64_t>(n)); }

Value year(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) { return Value::integer(t.year); });
}
Value day_of_week(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) { return count(t.weekday == 0 ? 7 : t.weekday); });
}
Value day_of_month(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) { return count(t.day); });
}
Value day_of_year(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) { return count(t.year_day + 1); });
}
Value week_of_year(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) { return count(iso_week(t)); });
}
Value month_of_year(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) { return count(t.month); });
}
Value month_string(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) {
    return Value::string(month_name(t.month).substr(0, 3));
  });
}
Value weekday_string(Context& c, Args a) {
  return part(c, a, [](Context&, std::int64_t, const cel::Civil& t) {
    return Value::string(day_name(t.weekday).substr(0, 3));
  });
}
Value date_string(Context& c, Args a) {
  return part(c, a, [](Context& context, std::int64_t, const cel::Civil& t) {
    return context.text(format_civil(t, "%Y-%m-%d %H:%M:%S", "UTC", 0));
  });
}

template <class Move>
Value moved(Context& c, Args a, Move move) {
  const auto unit = a[1].is(Kind::string) ? unit_of(a[1].as_string()) : std::nullopt;
  if (!unit || *unit == Unit::quarter) return refuse(c, cel::shown(a[1]) + " is no unit of time");
  std::int64_t seconds = 0;
  Value fault;
  return seconds_of(c, a[0], seconds, fault) ? Value::integer(move(seconds, *unit)) : fault;
}
Value start_of(Context& c, Args a) { return moved(c, a, start_of_unit); }
Value end_of(Context& c, Args a) { return moved(c, a, end_of_unit); }

}  // namespace

std::span<const Row> date_rows() {
  static constexpr std::array<Row, 14> rows{{
      {"date", "(dyn, timestamp): dyn", date},
      {"time", "(dyn): dyn", time},
      {"duration", "(dyn): dyn", duration},
      {"year", "(dyn): dyn", year},
      {"dayOfWeek", "(dyn): dyn", day_of_week},
      {"dayOfMonth", "(dyn): dyn", day_of_month},
      {"dayOfYear", "(dyn): dyn", day_of_year},
      {"weekOfYear", "(dyn): dyn", week_of_year},
      {"monthOfYear", "(dyn): dyn", month_of_year},
      {"monthString", "(dyn): dyn", month_string},
      {"weekdayString", "(dyn): dyn", weekday_string},
      {"dateString", "(dyn): dyn", date_string},
      {"startOf", "(dyn, dyn): dyn", start_of},
      {"endOf", "(dyn, dyn): dyn", end_of},
  }};
  return rows;
}

}  // namespace socle::rules::zen
