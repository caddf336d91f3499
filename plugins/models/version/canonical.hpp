// canonical.hpp: one text for all ways of writing the same model, and its hash, by which a version is known everywhere.
// The text is RFC 8785 (JCS): members sorted by UTF-16, no blanks, numbers as ECMAScript prints them. A number of
// more digits than a double carries, which RFC 8785 leaves out, is printed as its exact digits. Any thread.
#pragma once

#include <string>

#include "socle/json/view.hpp"

namespace socle::models {

[[nodiscard]] std::string canonical_text(json::View value);

// SHA-256 in hex, 64 digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace socle::models
