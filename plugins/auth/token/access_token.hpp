// access_token.hpp: access tokens as JWTs (RFC 9068), issued and verified under RFC 8725: the key decides the
// algorithm, `typ` is at+jwt, `iss`, `aud`, `exp`, `iat` are wanted and judged, sizes are bounded, a member twice is a
// refusal. Immutable inputs; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/jose/jwt.hpp"
#include "socle/json/document.hpp"
#include "socle/result.hpp"
#include "token/key_ring.hpp"

namespace socle::tokens {

struct Realm {
  std::string issuer;           // `iss`: the installation, such as https://socle.example
  std::string audience;         // `aud` of tokens for its API
  std::int64_t lifetime = 600;  // seconds
  std::int64_t leeway = 30;     // that clocks may differ
};

// What a token says of its bearer. Texts are borrowed for the call.
struct Bearer {
  std::string_view tenant;
  std::string_view subject;  // the principal
  std::string_view family;   // of refresh tokens, or the session: what is revoked to end it
  std::string_view client;   // `client_id`, when a client acts for itself
  std::string_view name;
  std::string_view org;
  std::vector<std::string_view> roles;
  std::vector<std::string_view> scopes;  // `scope`; empty with limited = false: what the roles grant
  bool limited = false;                  // the scopes are all it may do
};

struct Issued {
  std::string token;
  std::string id;            // `jti`
  std::int64_t expires = 0;  // seconds since 1970
};
// Code::internal when the key cannot sign or there is no randomness.
[[nodiscard]] Result<Issued> issue(const KeyRing& ring, const Realm& realm, const Bearer& bearer, std::int64_t now);

inline constexpr std::size_t largest_token = 8 * 1024;

struct Verified {
  jose::Refusal refusal = jose::Refusal::none;
  std::string reason;     // for a person
  json::Document claims;  // when ok()
  [[nodiscard]] bool ok() const { return refusal == jose::Refusal::none; }
  [[nodiscard]] std::string_view text(std::string_view claim) const { return claims.root().find(claim).as_string(); }
  [[nodiscard]] std::int64_t expires() const;
};
// Any number of rings' keys may be in `keys`. A token that is good in every other way but names no tenant or subject is
// refused as `claims`.
[[nodiscard]] Verified verify(std::string_view token, const jose::KeySet& keys, const Realm& realm, std::int64_t now);

// The claims of a context (docs/design/auth.md) that a verified token stands for: {user, name, roles, org?, scopes?,
// session, client?}. JSON text.
[[nodiscard]] std::string context_claims(const Verified& token);

}  // namespace socle::tokens
