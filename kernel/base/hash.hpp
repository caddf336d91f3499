// base/hash.hpp: SHA-256 (FIPS 180-4, by OpenSSL's EVP). Any thread; 1 MiB takes well under a millisecond to a few.
#pragma once

#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::base {

// 64 lower-case hex digits. Fails only when OpenSSL offers no SHA-256 (a broken installation).
[[nodiscard]] Result<std::string> sha256_hex(std::string_view bytes);

}  // namespace socle::base
