// discovery.hpp: what a provider says of itself (OpenID Connect Discovery 1.0, RFC 8414), believed only as far as it
// agrees with what the administrator wrote. Pure; any thread.
#pragma once

#include <socle/result.hpp>

#include <string>
#include <string_view>

#include "oidc/provider.hpp"

namespace socle::oidc {

inline constexpr std::size_t max_discovery = 64 * 1024;

// Where it is said: the issuer, then /.well-known/openid-configuration.
[[nodiscard]] std::string discovery_address(std::string_view issuer);

struct Metadata {
  Url authorization, token, keys;
  bool names_itself = false;  // its answers say who it is (RFC 9207)
};

// Code::invalid says which member is wrong: another issuer, an address outside the provider's origins, no code flow, no
// S256.
[[nodiscard]] Result<Metadata> read_metadata(std::string_view text, const Provider& provider);

// The page of the provider where somebody signs in for us.
struct Asking {
  std::string_view redirect_uri, state, nonce, challenge;
};
[[nodiscard]] std::string authorization_address(const Metadata& metadata, const Provider& provider,
                                                const Asking& asking);

// base64url of SHA-256 of the verifier (RFC 7636, S256).
[[nodiscard]] std::string challenge_of(std::string_view verifier);

}  // namespace socle::oidc
