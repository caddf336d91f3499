// time.hpp: timestamps, durations, dates and time zones. Proleptic Gregorian calendar, no leap seconds. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socle/cel/function.hpp"

namespace socle::cel {

inline constexpr std::int64_t first_second = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t last_second = 253402300799;   // 9999-12-31T23:59:59Z

struct Civil {
  std::int64_t year = 1970;
  unsigned month = 1;  // 1-12
  unsigned day = 1;    // 1-31
  unsigned hour = 0, minute = 0, second = 0;
  unsigned weekday = 0;   // 0 = Sunday
  unsigned year_day = 0;  // 0-365
};
[[nodiscard]] std::int64_t days_of(std::int64_t year, unsigned month, unsigned day);
[[nodiscard]] Civil civil_of_days(std::int64_t days);
[[nodiscard]] Civil civil_of_seconds(std::int64_t seconds);
[[nodiscard]] unsigned days_in_month(std::int64_t year, unsigned month);

// RFC 3339 with any fraction; what is beyond nanoseconds is cut off.
[[nodiscard]] std::optional<Value> parse_timestamp(std::string_view text);
[[nodiscard]] std::string timestamp_text(const Value& value);
// "1h30m", "1.5s", "-2ms": as Go writes them. Nothing as well for one beyond 64 bits of nanoseconds (292 years).
[[nodiscard]] std::optional<Value> parse_duration(std::string_view text);
[[nodiscard]] std::string duration_text(const Value& value);                  // "5400s", "-0.002s"
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);  // "2024-02-29" to days
[[nodiscard]] std::string date_text(std::int64_t days);

// Errors when out of CEL's ranges.
[[nodiscard]] Value make_timestamp(Context& c, std::int64_t seconds, std::int64_t nanos);
[[nodiscard]] Value make_duration(Context& c, std::int64_t seconds, std::int64_t nanos);
[[nodiscard]] Value shift(Context& c, const Value& timestamp, const Value& duration, int sign);
[[nodiscard]] Value between(Context& c, const Value& a, const Value& b);
[[nodiscard]] Value add_durations(Context& c, const Value& a, const Value& b, int sign);

// Seconds east of UTC at an instant in "UTC", "Europe/Paris", "+02:00", "-7:30" …; nothing for an unknown zone.
[[nodiscard]] std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t seconds);
[[nodiscard]] Value unknown_zone(Context& c, const Value& zone);  // the error for one that has no offset

}  // namespace socle::cel
