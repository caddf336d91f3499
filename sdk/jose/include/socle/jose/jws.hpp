// jws.hpp: JSON Web Signature (RFC 7515, 7797; the advice of RFC 8725 is law here). Verification is offline: `jku`,
// `x5u`, `jwk` and `x5c` of a header are never followed or trusted. Any thread; nothing is kept between calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/jose/key.hpp"
#include "socle/json/document.hpp"
#include "socle/result.hpp"

namespace socle::jose {

// Why a token is refused; code() is stable.
enum class Refusal : std::uint8_t {
  none,
  malformed,          // not three parts, not base64url, not JSON, a member twice
  too_large,          // more bytes than the rules allow
  header,             // a header member of the wrong type or in the wrong place
  critical,           // `crit` names what is not understood
  algorithm_unknown,  // `none`, or a name of no algorithm above
  algorithm_refused,  // the rules or the key do not allow it
  no_key,             // no key of the set fits
  bad_signature,
  claims,  // jwt.hpp: wrong issuer, audience, type or a claim of the wrong type
  expired,
  not_yet_valid,
};
[[nodiscard]] std::string_view code(Refusal refusal);  // "bad_signature"

struct Rules {
  Algorithms algorithms = Algorithms::all();  // besides the key's own list
  std::size_t max_size = 16 * 1024;           // bytes of the whole token
  std::size_t max_header = 4 * 1024;          // bytes of each decoded header
  // The payload of a detached signature (RFC 7515, appendix F); the token's own must then be empty.
  std::optional<std::string_view> detached = std::nullopt;
};

// One verified signature.
struct Signer {
  Algorithm algorithm = Algorithm::hs256;
  Key key;
  json::Document header;       // the protected one; null when there is none
  json::Document unprotected;  // JSON serialisation only; its content is not authenticated
};

struct Verdict {
  Refusal refusal = Refusal::none;
  std::string reason;  // for a person: what was found, what was wanted
  std::string payload;
  std::vector<Signer> signers;  // as many as the token has; none unless ok()
  [[nodiscard]] bool ok() const { return refusal == Refusal::none; }
};

// Compact serialisation: header.payload.signature.
[[nodiscard]] Verdict verify(std::string_view token, const KeySet& keys, const Rules& rules = {});
// Flattened and general JSON serialisation. Every signature must verify with a key of the set.
[[nodiscard]] Verdict verify_json(std::string_view text, const KeySet& keys, const Rules& rules = {});

// What to sign. Both headers are JSON object texts, taken byte for byte; `alg` must be in one and equal the algorithm.
struct Draft {
  std::string_view protected_header = {};
  std::string_view unprotected_header = {};
  bool detached = false;  // leave the payload out
};
// Code::invalid when the draft is inconsistent, denied when the key does not sign with that algorithm.
[[nodiscard]] Result<std::string> sign(std::string_view payload, const Key& key, Algorithm algorithm,
                                       std::string_view protected_header, bool detached = false);
[[nodiscard]] Result<std::string> sign_json(std::string_view payload, const Key& key, Algorithm algorithm,
                                            const Draft& draft);

}  // namespace socle::jose
