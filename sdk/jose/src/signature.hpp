// signature.hpp (private): one signature over one message with one key; no headers, no encodings.
#pragma once

#include <string>
#include <string_view>

#include "socle/jose/key.hpp"
#include "socle/result.hpp"

namespace socle::jose {

// Raw signatures: ECDSA as r || s (RFC 7518, 3.4). REQUIRES: key.algorithms().has(algorithm).
[[nodiscard]] bool verify_raw(const Key& key, Algorithm algorithm, std::string_view message,
                              std::string_view signature);
[[nodiscard]] Result<std::string> sign_raw(const Key& key, Algorithm algorithm, std::string_view message);

}  // namespace socle::jose
