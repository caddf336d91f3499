// utf8.hpp: where text stops being UTF-8. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace socle::manifest {

// Offset of the first byte that does not belong to a well-formed UTF-8 sequence (Unicode 15, table 3-7), or
// text.size().
[[nodiscard]] std::size_t first_bad_utf8(std::string_view text);

}  // namespace socle::manifest
