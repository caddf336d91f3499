// time.hpp: nanoseconds since 1970 as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace socle::audit {

[[nodiscard]] std::string utc_text(std::int64_t nanoseconds);  // 2026-11-21T12:00:00.123456789Z

}  // namespace socle::audit
