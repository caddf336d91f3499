// units.hpp: the calendar behind ZEN's dates: beginnings and ends of units, spans such as "1d 5h", names, formats. All
// on local seconds since 1970. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "zen/moment.hpp"

namespace socle::rules::zen {

struct Span {
  std::int64_t seconds = 0;
  std::int64_t months = 0;
  std::int64_t years = 0;
};
// "1d 5h", "90 minutes"
[[nodiscard]] std::optional<Span> parse_span(std::string_view text);
[[nodiscard]] Span span_of(std::int64_t count, Unit unit);
// Months keep the day, or take the month's last; nothing: outside of the years 1 to 9999.
[[nodiscard]] std::optional<std::int64_t> shifted(std::int64_t local, const Span& span, int sign);

[[nodiscard]] std::int64_t start_of_unit(std::int64_t local, Unit unit);
[[nodiscard]] std::int64_t end_of_unit(std::int64_t local, Unit unit);  // its last second

[[nodiscard]] unsigned iso_week(const cel::Civil& civil);
[[nodiscard]] std::string_view month_name(unsigned month);  // 1-12
[[nodiscard]] std::string_view day_name(unsigned weekday);  // 0 = Sunday
// %Y %y %m %b %B %d %e %j %H %I %M %S %p %a %A %u %V %F %T %D %R %Z %z %s %%; other letters stay as they are.
[[nodiscard]] std::string format_civil(const cel::Civil& civil, std::string_view format, std::string_view zone,
                                       std::int64_t offset);

}  // namespace socle::rules::zen
