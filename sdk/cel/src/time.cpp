// time.cpp: calendar arithmetic (Howard Hinnant's "chrono-compatible low-level date algorithms") and the texts.
#include "socle/cel/time.hpp"

#include <array>
#include <cstdio>
#include <limits>

#include "utf8.hpp"

namespace socle::cel {
namespace {

constexpr std::size_t longest_duration = 256;  // bytes; a longer text is none

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

// Reads exactly `count` digits.
bool digits(std::string_view& text, std::size_t count, unsigned& out) {
  if (text.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}
// ".5" to nanoseconds; no point: 0. Digits beyond nanoseconds add nothing.
bool fraction(std::string_view& text, std::uint32_t& nanos) {
  nanos = 0;
  if (!take(text, '.')) return true;
  std::uint32_t unit = 100000000;
  std::size_t count = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; ++count) {
    nanos += static_cast<std::uint32_t>(text[0] - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return count > 0;
}
bool calendar(std::string_view& text, std::int64_t& days) {
  unsigned year = 0, month = 0, day = 0;
  if (!digits(text, 4, year) || !take(text, '-') || !digits(text, 2, month) || !take(text, '-') ||
      !digits(text, 2, day))
    return false;
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  days = days_of(year, month, day);
  return true;
}
// Whether a duration can be so long: cel-spec has what 64 bits of nanoseconds hold, about 292 years.
bool holds(Int128 nanos) {
  using Limits = std::numeric_limits<std::int64_t>;
  return nanos >= Limits::min() && nanos <= Limits::max();
}
std::string fraction_text(std::uint32_t nanos) {
  if (nanos == 0) return {};
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, ".%09u", nanos);
  std::string text = buffer;
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace

std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const auto era = floor_divide(year, 400);
  const auto year_of_era = year - era * 400;
  const auto day_of_year = (153 * (static_cast<std::int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

Civil civil_of_days(std::int64_t days) {
  const auto shifted = days + 719468;
  const auto era = floor_divide(shifted, 146097);
  const auto of_era = shifted - era * 146097;
  const auto year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const auto of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto month = (5 * of_year + 2) / 153;
  Civil civil;
  civil.day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1);
  civil.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.weekday = static_cast<unsigned>(((days + 4) % 7 + 7) % 7);
  civil.year_day = static_cast<unsigned>(days - days_of(civil.year, 1, 1));
  return civil;
}

Civil civil_of_seconds(std::int64_t seconds) {
  const auto days = floor_divide(seconds, 86400);
  auto civil = civil_of_days(days);
  const auto rest = static_cast<unsigned>(seconds - days * 86400);
  civil.hour = rest / 3600;
  civil.minute = rest / 60 % 60;
  civil.second = rest % 60;
  return civil;
}

unsigned days_in_month(std::int64_t year, unsigned month) {
  constexpr std::array<unsigned, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[month - 1];
}

std::optional<Value> parse_timestamp(std::string_view text) {
  std::int64_t days = 0;
  unsigned hour = 0, minute = 0, second = 0;
  std::uint32_t nanos = 0;
  if (!calendar(text, days) || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  if (!digits(text, 2, hour) || !take(text, ':') || !digits(text, 2, minute) || !take(text, ':') ||
      !digits(text, 2, second) || !fraction(text, nanos))
    return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t offset = 0;
  if (!take(text, 'Z') && !take(text, 'z')) {
    const bool west = !text.empty() && text[0] == '-';
    unsigned hours = 0, minutes = 0;
    if ((!take(text, '+') && !take(text, '-')) || !digits(text, 2, hours) || !take(text, ':') ||
        !digits(text, 2, minutes) || hours > 23 || minutes > 59)
      return std::nullopt;
    offset = static_cast<std::int64_t>(hours * 3600 + minutes * 60) * (west ? -1 : 1);
  }
  if (!text.empty()) return std::nullopt;
  const auto seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  if (seconds < first_second || seconds > last_second) return std::nullopt;
  return Value::timestamp(seconds, nanos);
}

std::string timestamp_text(const Value& value) {
  const auto civil = civil_of_seconds(value.seconds());
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02u:%02u:%02u", static_cast<int>(civil.year), civil.month,
                civil.day, civil.hour, civil.minute, civil.second);
  return buffer + fraction_text(value.nanos()) + "Z";
}

std::optional<Value> parse_duration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!take(text, '-')) (void)take(text, '+');
  if (text == "0") return Value::duration(0, 0);
  if (text.empty() || text.size() > longest_duration) return std::nullopt;
  Int128 total = 0;
  constexpr Int128 limit = Int128{1} << 63;
  struct Unit {
    std::string_view name;
    std::int64_t nanos;
  };
  constexpr std::array units{Unit{"ns", 1},          Unit{"us", 1000},        Unit{"\u00b5s", 1000},
                             Unit{"\u03bcs", 1000},  Unit{"ms", 1000000},     Unit{"s", 1000000000},
                             Unit{"m", 60000000000}, Unit{"h", 3600000000000}};
  while (!text.empty()) {
    Int128 whole = 0;
    bool any = false;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      whole = whole * 10 + (text[0] - '0');
      if (whole > limit) return std::nullopt;
      any = true;
      text.remove_prefix(1);
    }
    std::int64_t part = 0;
    std::int64_t scale = 1;
    if (take(text, '.')) {
      while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        if (scale < 100000000000000) {
          part = part * 10 + (text[0] - '0');
          scale *= 10;
        }
        any = true;
        text.remove_prefix(1);
      }
    }
    const Unit* unit = nullptr;
    for (const auto& candidate : units)
      if (text.starts_with(candidate.name) && (unit == nullptr || candidate.name.size() > unit->name.size()))
        unit = &candidate;
    if (!any || unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += whole * unit->nanos + static_cast<Int128>(part) * unit->nanos / scale;
    if (total > limit) return std::nullopt;
  }
  if (negative) total = -total;
  if (!holds(total)) return std::nullopt;
  auto seconds = static_cast<std::int64_t>(total / 1000000000);
  auto nanos = static_cast<std::int64_t>(total % 1000000000);
  if (nanos < 0) {
    nanos += 1000000000;
    --seconds;
  }
  return Value::duration(seconds, static_cast<std::uint32_t>(nanos));
}

std::string duration_text(const Value& value) {
  auto seconds = value.seconds();
  auto nanos = value.nanos();
  const bool negative = seconds < 0;
  if (negative && nanos > 0) {
    ++seconds;
    nanos = 1000000000 - nanos;
  }
  const auto magnitude = std::to_string(negative ? -seconds : seconds);
  return (negative ? "-" : "") + magnitude + fraction_text(nanos) + "s";
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  std::int64_t days = 0;
  if (!calendar(text, days) || !text.empty()) return std::nullopt;
  return days;
}

std::string date_text(std::int64_t days) {
  const auto civil = civil_of_days(days);
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", static_cast<int>(civil.year), civil.month, civil.day);
  return buffer;
}

namespace {
void normalize(std::int64_t& seconds, std::int64_t& nanos) {
  const auto carry = floor_divide(nanos, 1000000000);
  seconds += carry;
  nanos -= carry * 1000000000;
}
}  // namespace

Value make_timestamp(Context& c, std::int64_t seconds, std::int64_t nanos) {
  normalize(seconds, nanos);
  if (seconds < first_second || seconds > last_second)
    return c.error(ErrorCode::range, "timestamp is outside the years 1 to 9999");
  return Value::timestamp(seconds, static_cast<std::uint32_t>(nanos));
}

Value make_duration(Context& c, std::int64_t seconds, std::int64_t nanos) {
  normalize(seconds, nanos);
  if (!holds(Int128{seconds} * 1000000000 + nanos))
    return c.error(ErrorCode::range, "duration is longer than 292 years");
  return Value::duration(seconds, static_cast<std::uint32_t>(nanos));
}

Value shift(Context& c, const Value& timestamp, const Value& duration, int sign) {
  return make_timestamp(c, timestamp.seconds() + sign * duration.seconds(),
                        std::int64_t{timestamp.nanos()} + sign * std::int64_t{duration.nanos()});
}

Value between(Context& c, const Value& a, const Value& b) {
  const auto nanos = Int128{a.seconds() - b.seconds()} * 1000000000 + a.nanos() - b.nanos();
  if (!holds(nanos)) return c.error(ErrorCode::range, "the timestamps are more than 292 years apart");
  return make_duration(c, a.seconds() - b.seconds(), std::int64_t{a.nanos()} - std::int64_t{b.nanos()});
}

Value add_durations(Context& c, const Value& a, const Value& b, int sign) {
  return make_duration(c, a.seconds() + sign * b.seconds(), std::int64_t{a.nanos()} + sign * std::int64_t{b.nanos()});
}

// The system was asked for it, which takes some microseconds each time.
Value unknown_zone(Context& c, const Value& zone) {
  if (!c.charge(1000)) return c.stopped();
  return c.error(ErrorCode::invalid_argument, "unknown time zone '" + shortened(zone.as_string()) + "'");
}

}  // namespace socle::cel
