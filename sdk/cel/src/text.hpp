// text.hpp: quoting and base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::cel {

// A CEL string literal, in double quotes.
[[nodiscard]] std::string quoted(std::string_view text);
// What stands between the quotes.
void append_escaped(std::string& out, std::string_view text);
// A CEL bytes literal.
[[nodiscard]] std::string quoted_bytes(std::string_view data);
[[nodiscard]] std::string base64(std::string_view data);
// With or without padding; nothing when it is not base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace socle::cel
