// unescape.hpp: copies the inside of a JSON string, undoing its escapes. Internal; any thread.
#pragma once

#include <cstddef>
#include <optional>

namespace socle::json {

// Copies [from, end) to `to`, which has room for as many bytes (escapes only shrink), and returns the number of bytes
// written; nothing when an escape is wrong or half a surrogate pair. Reads nothing at or past `end`.
std::optional<std::size_t> unescape(const char* from, const char* end, char* to);

}  // namespace socle::json
