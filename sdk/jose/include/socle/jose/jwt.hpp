// jwt.hpp: JSON Web Token claims (RFC 7519; RFC 9068 for access tokens; RFC 8725). The signature comes first (jws.hpp);
// then this judges type, issuer, audience and times against what the verifier wants. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/jose/jws.hpp"

namespace socle::jose {

struct ClaimRules {
  std::string_view type = {};    // wanted `typ` ("at+jwt"; "application/" before it counts as absent); "": any
  std::string_view issuer = {};  // wanted `iss`; "": any
  std::vector<std::string_view> audiences;  // `aud` must name one of these; empty: a token for anybody
  std::int64_t now = 0;                     // seconds since 1970
  std::int64_t leeway = 60;                 // seconds that clocks may differ
  std::int64_t max_lifetime = 0;            // exp - iat at most, seconds; 0: any
  bool require_expiry = true;
};

// Verifies the signature, then the claims. On success `claims` of the result holds the payload.
struct Token {
  Verdict verdict;
  json::Document claims;
  [[nodiscard]] bool ok() const { return verdict.ok(); }
};
[[nodiscard]] Token verify_jwt(std::string_view token, const KeySet& keys, const Rules& rules,
                               const ClaimRules& claims);

// The claims alone, of a header and a payload that have been verified. Refusal::none and "" when they hold.
[[nodiscard]] Verdict check_claims(json::View header, json::View claims, const ClaimRules& rules);

}  // namespace socle::jose
