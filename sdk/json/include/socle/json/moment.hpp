// moment.hpp: the texts of dates and moments (RFC 3339) as numbers that order as they do: what storage/1 keeps of an
// indexed one, so what a form may hold there. Any thread, no allocation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace socle::json::moment {

// full-date, in days since 1970-01-01.
[[nodiscard]] std::optional<std::int64_t> days(std::string_view text);
// date-time, in nanoseconds since 1970: of the years 1677 to 2262. A leap second counts as the second after it.
[[nodiscard]] std::optional<std::int64_t> nanoseconds(std::string_view text);

}  // namespace socle::json::moment
