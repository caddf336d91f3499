// moment.hpp: ZEN's dates made by d(): an instant with a time zone, or nothing. In expressions they are maps {"@at",
// "@zone"} that only the functions zen.moment.* look into; a result shows them as texts. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "socle/cel/function.hpp"
#include "socle/cel/time.hpp"

namespace socle::rules::zen {

struct Moment {
  std::int64_t seconds = 0;  // UTC
  std::string zone = "UTC";
  bool valid = false;

  [[nodiscard]] std::int64_t offset() const;
  [[nodiscard]] std::int64_t local() const { return seconds + offset(); }
  [[nodiscard]] cel::Civil civil() const { return cel::civil_of_seconds(local()); }
  // The instant at which that zone's clocks show these seconds since 1970.
  void set_local(std::int64_t local);
};

enum class Unit : std::uint8_t { second, minute, hour, day, week, month, quarter, year };
[[nodiscard]] std::optional<Unit> unit_of(std::string_view text);

[[nodiscard]] bool is_moment(const cel::Value& value);
[[nodiscard]] Moment moment_of(const cel::Value& value);  // REQUIRES is_moment
[[nodiscard]] cel::Value moment_value(cel::Context& c, const Moment& moment);
[[nodiscard]] std::string moment_text(const Moment& moment);  // RFC 3339 with the zone's offset

// "2023-10-15", "2023-10-15 14:30[:45]", RFC 3339: local seconds and, when it was written, the offset. Nothing: no
// date.
struct Written {
  std::int64_t local = 0;
  std::optional<std::int64_t> offset;
};
[[nodiscard]] std::optional<Written> parse_moment(std::string_view text);

}  // namespace socle::rules::zen
