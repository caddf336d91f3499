// functions_moment.cpp: d() and the methods of what it makes.
#include <array>
#include <cmath>
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

// Fuel for a zone that the system does not know: it is looked for each time.
constexpr std::uint64_t asked_in_vain = 1000;
Value no_zone(Context& c, const Value& zone) {
  if (!c.charge(asked_in_vain)) return c.stopped();
  return refuse(c, "unknown time zone " + cel::shown(zone));
}

Moment made(const Value& value, const std::string& zone, bool& known_zone) {
  Moment out;
  out.zone = zone;
  known_zone = cel::zone_offset(zone, 0).has_value();
  if (!known_zone) return out;
  if (is_moment(value)) return moment_of(value);
  if (const auto number = Number::of(value)) {
    const auto millis = rounded(*number, 0, Direction::toward_zero).integer();
    if (!millis) return out;
    out.seconds = *millis / 1000 - (*millis % 1000 < 0 ? 1 : 0);
    out.valid = out.seconds >= cel::first_second && out.seconds <= cel::last_second;
    return out;
  }
  if (!value.is(Kind::string)) return out;
  const auto written = parse_moment(value.as_string());
  if (!written) return out;
  out.valid = true;
  // The clock that was written, read in the wanted zone.
  out.set_local(written->local);
  return out;
}

Value now_value(Context& c, Args a) { return moment_value(c, {a[0].seconds(), "UTC", true}); }
Value d_one(Context& c, Args a) {
  bool known = true;
  if (a[0].is(Kind::string) && !parse_moment(a[0].as_string())) {
    if (cel::zone_offset(a[0].as_string(), 0))
      return moment_value(c, {a[1].seconds(), std::string(a[0].as_string()), true});
    if (!c.charge(asked_in_vain)) return c.stopped();
  }
  return moment_value(c, made(a[0], "UTC", known));
}
Value d_two(Context& c, Args a) {
  if (!a[1].is(Kind::string)) return refuse(c, "d() wants the name of a time zone; found " + cel::shown(a[1]));
  bool known = true;
  const auto moment = made(a[0], std::string(a[1].as_string()), known);
  return known ? moment_value(c, moment) : no_zone(c, a[1]);
}

bool target(Context& c, Args a, Moment& out, Value& fault) {
  if (!is_moment(a[0])) {
    fault = refuse(c, "a date made by d() is wanted; found " + cel::shown(a[0]));
    return false;
  }
  out = moment_of(a[0]);
  return true;
}
bool unit_argument(Context& c, const Value& value, Unit& out, Value& fault) {
  const auto unit = value.is(Kind::string) ? unit_of(value.as_string()) : std::nullopt;
  if (!unit) {
    fault = refuse(c, cel::shown(value) + " is no unit of time");
    return false;
  }
  out = *unit;
  return true;
}
Value shifted_moment(Context& c, Moment moment, const Span& span, int sign) {
  // Seconds move the instant, months and years the calendar.
  Span seconds{span.seconds, 0, 0};
  const auto instant = shifted(moment.seconds, seconds, sign);
  moment.valid = moment.valid && instant.has_value();
  if (moment.valid) {
    moment.seconds = *instant;
    const auto local = shifted(moment.local(), {0, span.months, span.years}, sign);
    moment.valid = local.has_value();
    if (local && (span.months != 0 || span.years != 0)) moment.set_local(*local);
  }
  return moment_value(c, moment);
}
Value shift_text(Context& c, Args a, int sign) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  const auto span = a[1].is(Kind::string) ? parse_span(a[1].as_string()) : std::nullopt;
  return span ? shifted_moment(c, moment, *span, sign)
              : refuse(c, cel::shown(a[1]) + " is no duration; wanted \"1d 5h\"");
}
Value shift_units(Context& c, Args a, int sign) {
  Moment moment;
  Value fault;
  Unit unit{};
  if (!target(c, a, moment, fault) || !unit_argument(c, a[2], unit, fault)) return fault;
  const auto number = Number::of(a[1]);
  const auto count = number ? rounded(*number, 0, Direction::toward_zero).integer() : std::nullopt;
  return count ? shifted_moment(c, moment, span_of(*count, unit), sign)
               : refuse(c, cel::shown(a[1]) + " is no number of units");
}
Value add_text(Context& c, Args a) { return shift_text(c, a, 1); }
Value sub_text(Context& c, Args a) { return shift_text(c, a, -1); }
Value add_units(Context& c, Args a) { return shift_units(c, a, 1); }
Value sub_units(Context& c, Args a) { return shift_units(c, a, -1); }

Value format_default(Context& c, Args a) {
  Moment moment;
  Value fault;
  return target(c, a, moment, fault) ? c.text(moment_text(moment)) : fault;
}
Value format(Context& c, Args a) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  if (!a[1].is(Kind::string) || a[1].as_string().size() > 256)
    return refuse(c, "format() wants a text of up to 256 bytes");
  if (!moment.valid) return c.text("Invalid date");
  return c.text(format_civil(moment.civil(), a[1].as_string(), moment.zone, moment.offset()));
}
Value set(Context& c, Args a) {
  Moment moment;
  Value fault;
  Unit unit{};
  if (!target(c, a, moment, fault) || !unit_argument(c, a[1], unit, fault)) return fault;
  const auto number = Number::of(a[2]);
  const auto value = number ? number->integer() : std::nullopt;
  if (!value || *value < 0 || *value > 9999) return refuse(c, cel::shown(a[2]) + " cannot be set");
  auto t = moment.civil();
  const auto n = static_cast<unsigned>(*value);
  if (unit == Unit::second) t.second = n;
  if (unit == Unit::minute) t.minute = n;
  if (unit == Unit::hour) t.hour = n;
  if (unit == Unit::day) t.day = n;
  if (unit == Unit::month) t.month = n;
  if (unit == Unit::year) t.year = *value;
  moment.valid = moment.valid && t.year >= 1 && t.month >= 1 && t.month <= 12 && t.day >= 1 &&
                 t.day <= cel::days_in_month(t.year, t.month) && t.hour < 24 && t.minute < 60 && t.second < 60;
  if (moment.valid)
    moment.set_local(cel::days_of(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.minute * 60 + t.second);
  return moment_value(c, moment);
}
template <class Edge>
Value edge(Context& c, Args a, Edge of) {
  Moment moment;
  Value fault;
  Unit unit{};
  if (!target(c, a, moment, fault) || !unit_argument(c, a[1], unit, fault)) return fault;
  if (moment.valid) moment.set_local(of(moment.local(), unit));
  return moment_value(c, moment);
}
Value start_of(Context& c, Args a) { return edge(c, a, start_of_unit); }
Value end_of(Context& c, Args a) { return edge(c, a, end_of_unit); }
Value tz(Context& c, Args a) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  if (!a[1].is(Kind::string) || !cel::zone_offset(a[1].as_string(), 0)) return no_zone(c, a[1]);
  moment.zone = a[1].as_string();
  return moment_value(c, moment);
}

Moment other_of(const Value& value) {
  bool known = true;
  return made(value, "UTC", known);
}
double months_between(const Moment& a, const Moment& b) {
  const auto x = a.civil();
  const auto y = b.civil();
  const auto whole = static_cast<double>((x.year - y.year) * 12 + static_cast<std::int64_t>(x.month) -
                                         static_cast<std::int64_t>(y.month));
  // How far a is into the month that starts `whole` months after b.
  const auto anchor = shifted(b.local(), {0, static_cast<std::int64_t>(whole), 0}, 1).value_or(b.local());
  const auto next = shifted(b.local(), {0, static_cast<std::int64_t>(whole) + (a.local() < anchor ? -1 : 1), 0}, 1)
                        .value_or(anchor + 1);
  const auto span = std::abs(static_cast<double>(next - anchor));
  return span == 0 ? whole : whole + static_cast<double>(a.local() - anchor) / span;
}
Value diff_millis(Context& c, Args a) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  const auto other = other_of(a[1]);
  if (!moment.valid || !other.valid) return {};
  return Value::integer((moment.seconds - other.seconds) * 1000);
}
Value diff(Context& c, Args a) {
  Moment moment;
  Value fault;
  Unit unit{};
  if (!target(c, a, moment, fault) || !unit_argument(c, a[2], unit, fault)) return fault;
  const auto other = other_of(a[1]);
  if (!moment.valid || !other.valid) return {};
  const auto seconds = static_cast<double>(moment.seconds - other.seconds);
  const auto local = static_cast<double>(moment.local() - other.local());
  double result = 0;
  switch (unit) {
    case Unit::second: result = seconds; break;
    case Unit::minute: result = seconds / 60; break;
    case Unit::hour: result = seconds / 3600; break;
    case Unit::day: result = local / 86400; break;
    case Unit::week: result = local / 604800; break;
    case Unit::month: result = months_between(moment, other); break;
    case Unit::quarter: result = months_between(moment, other) / 3; break;
    case Unit::year: result = months_between(moment, other) / 12; break;
  }
  return Value::integer(static_cast<std::int64_t>(std::trunc(result)));
}

// -1, 0, 1 in whole units of the first; or by the second without a unit.
template <class Test>
Value compared(Context& c, Args a, bool with_unit, Test test) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  const auto other = other_of(a[1]);
  if (!moment.valid || !other.valid) return Value::boolean(false);
  if (!with_unit)
    return Value::boolean(test(moment.seconds < other.seconds ? -1 : moment.seconds > other.seconds ? 1 : 0));
  Unit unit{};
  if (!unit_argument(c, a[2], unit, fault)) return fault;
  auto low = moment;
  auto high = moment;
  low.set_local(start_of_unit(moment.local(), unit));
  high.set_local(end_of_unit(moment.local(), unit));
  return Value::boolean(test(high.seconds < other.seconds ? -1 : low.seconds > other.seconds ? 1 : 0));
}
template <bool unit>
Value is_same(Context& c, Args a) {
  return compared(c, a, unit, [](int o) { return o == 0; });
}
template <bool unit>
Value is_before(Context& c, Args a) {
  return compared(c, a, unit, [](int o) { return o < 0; });
}
template <bool unit>
Value is_after(Context& c, Args a) {
  return compared(c, a, unit, [](int o) { return o > 0; });
}
template <bool unit>
Value is_same_or_before(Context& c, Args a) {
  return compared(c, a, unit, [](int o) { return o <= 0; });
}
template <bool unit>
Value is_same_or_after(Context& c, Args a) {
  return compared(c, a, unit, [](int o) { return o >= 0; });
}

Value count(unsigned n) { return Value::integer(static_cast<std::int64_t>(n)); }
template <class Take>
Value part(Context& c, Args a, Take take) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  return moment.valid ? take(moment, moment.civil()) : Value();
}
Value second(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.second); });
}
Value minute(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.minute); });
}
Value hour(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.hour); });
}
Value day(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.day); });
}
Value day_of_year(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.year_day + 1); });
}
Value week(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(iso_week(t)); });
}
Value weekday(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.weekday == 0 ? 7 : t.weekday); });
}
Value month(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count(t.month); });
}
Value quarter(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return count((t.month - 1) / 3 + 1); });
}
Value year(Context& c, Args a) {
  return part(c, a, [](const Moment&, const cel::Civil& t) { return Value::integer(t.year); });
}
Value timestamp(Context& c, Args a) {
  return part(c, a, [](const Moment& m, const cel::Civil&) { return Value::integer(m.seconds * 1000); });
}
Value unix_seconds(Context& c, Args a) {
  return part(c, a, [](const Moment& m, const cel::Civil&) { return Value::integer(m.seconds); });
}
Value is_leap_year(Context& c, Args a) {
  return part(c, a,
              [](const Moment&, const cel::Civil& t) { return Value::boolean(cel::days_in_month(t.year, 2) == 29); });
}
Value offset_name(Context& c, Args a) {
  return part(c, a, [&](const Moment& m, const cel::Civil&) { return c.text(m.zone); });
}
Value is_valid(Context& c, Args a) {
  Moment moment;
  Value fault;
  return target(c, a, moment, fault) ? Value::boolean(moment.valid) : fault;
}
Value on_day(Context& c, Args a, std::int64_t days) {
  Moment moment;
  Value fault;
  if (!target(c, a, moment, fault)) return fault;
  const Moment now{a[1].seconds() + days * 86400, moment.zone, true};
  return Value::boolean(moment.valid &&
                        start_of_unit(moment.local(), Unit::day) == start_of_unit(now.local(), Unit::day));
}
Value is_yesterday(Context& c, Args a) { return on_day(c, a, -1); }
Value is_today(Context& c, Args a) { return on_day(c, a, 0); }
Value is_tomorrow(Context& c, Args a) { return on_day(c, a, 1); }

}  // namespace

std::span<const Row> moment_rows() {
  static constexpr std::array<Row, 44> rows{{
      {"moment.isValid", "(dyn): bool", is_valid},
      {"d", "(timestamp): dyn", now_value},
      {"d", "(dyn, timestamp): dyn", d_one},
      {"d", "(dyn, dyn, timestamp): dyn", d_two},
      {"moment.add", "(dyn, dyn): dyn", add_text},
      {"moment.add", "(dyn, dyn, dyn): dyn", add_units},
      {"moment.sub", "(dyn, dyn): dyn", sub_text},
      {"moment.sub", "(dyn, dyn, dyn): dyn", sub_units},
      {"moment.format", "(dyn): dyn", format_default},
      {"moment.format", "(dyn, dyn): dyn", format},
      {"moment.toString", "(dyn): dyn", format_default},
      {"moment.set", "(dyn, dyn, dyn): dyn", set},
      {"moment.startOf", "(dyn, dyn): dyn", start_of},
      {"moment.endOf", "(dyn, dyn): dyn", end_of},
      {"moment.tz", "(dyn, dyn): dyn", tz},
      {"moment.diff", "(dyn, dyn): dyn", diff_millis},
      {"moment.diff", "(dyn, dyn, dyn): dyn", diff},
      {"moment.isSame", "(dyn, dyn): bool", is_same<false>},
      {"moment.isSame", "(dyn, dyn, dyn): bool", is_same<true>},
      {"moment.isBefore", "(dyn, dyn): bool", is_before<false>},
      {"moment.isBefore", "(dyn, dyn, dyn): bool", is_before<true>},
      {"moment.isAfter", "(dyn, dyn): bool", is_after<false>},
      {"moment.isAfter", "(dyn, dyn, dyn): bool", is_after<true>},
      {"moment.isSameOrBefore", "(dyn, dyn): bool", is_same_or_before<false>},
      {"moment.isSameOrBefore", "(dyn, dyn, dyn): bool", is_same_or_before<true>},
      {"moment.isSameOrAfter", "(dyn, dyn): bool", is_same_or_after<false>},
      {"moment.isSameOrAfter", "(dyn, dyn, dyn): bool", is_same_or_after<true>},
      {"moment.second", "(dyn): dyn", second},
      {"moment.minute", "(dyn): dyn", minute},
      {"moment.hour", "(dyn): dyn", hour},
      {"moment.day", "(dyn): dyn", day},
      {"moment.dayOfYear", "(dyn): dyn", day_of_year},
      {"moment.week", "(dyn): dyn", week},
      {"moment.weekday", "(dyn): dyn", weekday},
      {"moment.month", "(dyn): dyn", month},
      {"moment.quarter", "(dyn): dyn", quarter},
      {"moment.year", "(dyn): dyn", year},
      {"moment.timestamp", "(dyn): dyn", timestamp},
      {"moment.unix", "(dyn): dyn", unix_seconds},
      {"moment.isLeapYear", "(dyn): dyn", is_leap_year},
      {"moment.offsetName", "(dyn): dyn", offset_name},
      {"moment.isYesterday", "(dyn, timestamp): bool", is_yesterday},
      {"moment.isToday", "(dyn, timestamp): bool", is_today},
      {"moment.isTomorrow", "(dyn, timestamp): bool", is_tomorrow},
  }};
  return rows;
}

}  // namespace socle::rules::zen
