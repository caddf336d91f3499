// times.hpp: points in time as the documents of this plugin hold them: RFC 3339 in UTC with milliseconds, and as
// milliseconds since 1970 where they are compared. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::auth {

using Milliseconds = std::chrono::milliseconds;

// "2026-01-31T12:00:00.000Z"; the point is `since_1970`.
[[nodiscard]] std::string timestamp(Milliseconds since_1970);
// Exactly what timestamp() writes; nothing else.
[[nodiscard]] std::optional<Milliseconds> read_timestamp(std::string_view text);

}  // namespace socle::auth
