// base64url.hpp: RFC 7515 appendix C, strictly: no padding, no white space, no other alphabet, and no two texts for the
// same bytes (the unused bits of the last character must be zero). Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::jose {

[[nodiscard]] std::string base64url(std::string_view bytes);
// Nothing when the text is not exactly what base64url() would have written.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace socle::jose
