// units.hpp: numbers as people read them. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace socle::cli {

[[nodiscard]] std::string count_text(std::int64_t n);       // 1,234,567
[[nodiscard]] std::string time_text(double milliseconds);   // 0 ms, 63 µs, 4.21 ms, 139 ms, 2.5 s
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);  // 512 B, 27.3 MiB

}  // namespace socle::cli
