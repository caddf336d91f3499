// random.hpp: secrets that tokens are made of, and what is kept of them. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::tokens {

// base64url of that many random bytes. Code::internal when the system has none.
[[nodiscard]] Result<std::string> random_text(std::size_t bytes);
// base64url of SHA-256: what is stored of a secret of 128 random bits or more.
[[nodiscard]] std::string digest(std::string_view secret);
// In a time that does not depend on where they differ.
[[nodiscard]] bool same(std::string_view a, std::string_view b);

}  // namespace socle::tokens
