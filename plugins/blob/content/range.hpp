// range.hpp: the Range header (RFC 9110, 14.2) over a file of a known size. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace socle::blob {

struct Range {
  enum class Kind : std::uint8_t {
    whole,          // no range, one that is not understood, or several: the answer is the whole file, as 14.2 allows
    part,           // [first, last]
    unsatisfiable,  // 416
  };
  Kind kind = Kind::whole;
  std::uint64_t first = 0, last = 0;
};

[[nodiscard]] Range parse_range(std::string_view header, std::uint64_t size);

}  // namespace socle::blob
