// id_token.hpp: whether an ID token says what it must for this sign-in (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725).
// Pure; any thread.
#pragma once

#include <socle/jose/jwt.hpp>

#include <string>
#include <string_view>

#include "oidc/provider.hpp"

namespace socle::oidc {

inline constexpr std::size_t max_id_token = 32 * 1024;
inline constexpr std::int64_t clock_leeway = 60;      // seconds
inline constexpr std::int64_t longest_way = 10 * 60;  // since it was issued, seconds

// Signature with a key and an algorithm allowed to the provider, then iss, aud, azp, exp, iat, nonce and sub.
[[nodiscard]] jose::Token verify_id_token(std::string_view text, const jose::KeySet& keys, const Provider& provider,
                                          std::string_view nonce, std::int64_t now);

// The answer of the token endpoint: its `id_token`, or why there is none. Code::invalid when it is no such answer,
// denied with the provider's own error code when it refused.
[[nodiscard]] Result<std::string> read_token_answer(int status, std::string_view text);

// A code that a provider sent, as far as it may be shown and logged: letters, digits, - . _; at most 64.
[[nodiscard]] std::string shown_code(std::string_view code);

}  // namespace socle::oidc
