// base/text.hpp: bytes as hex and base64 text (RFC 4648, padded, standard alphabet). Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::base {

[[nodiscard]] std::string to_hex(std::string_view bytes);
// Absent: odd length or a character that is no hex digit. Both letter cases are read.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);
// Absent: wrong length, wrong padding, unknown character, or bits set that the padding must leave zero.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace socle::base
