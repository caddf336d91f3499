// key.hpp: JSON Web Keys (RFC 7517, 7518 section 6, 8037) and sets of them. A key knows which algorithms it may be used
// with, so that a token can never choose (RFC 8725, 3.1): the key's own `alg` where it has one, else what its type and
// curve allow. Keys are immutable; any number of threads may use one at once.
//
// Refused: RSA below 2,048 or above 8,192 bits, an HMAC secret shorter than the digest (RFC 7518, 3.2), points that are
// not on their curve, coordinates of another length than the curve's, private parts that do not belong to the public.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/jose/algorithm.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::jose {

class Key {
 public:
  // Of a JWK object. Code::invalid names the member at fault; Code::unsupported an unknown kty or crv.
  static Result<Key> parse(json::View jwk);
  // A new private key. `kid` empty: the key's RFC 7638 thumbprint.
  static Result<Key> generate(Algorithm algorithm, std::string_view kid = {});
  // A shared secret for HS256, HS384 or HS512.
  static Result<Key> secret(Algorithm algorithm, std::string_view bytes, std::string_view kid = {});

  [[nodiscard]] const std::string& kid() const;  // "" when it has none
  [[nodiscard]] Algorithms algorithms() const;
  [[nodiscard]] bool verifies() const;  // `use` and `key_ops` allow it
  [[nodiscard]] bool signs() const;     // that, and the private part is here
  // The RFC 7638 SHA-256 thumbprint, base64url.
  [[nodiscard]] std::string thumbprint() const;
  // The JWK as JSON text: without the private part (a shared secret has no public part: an error), or with it.
  [[nodiscard]] Result<std::string> public_jwk() const;
  [[nodiscard]] std::string private_jwk() const;

  // For jws.cpp and jwe.cpp.
  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit Key(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// A JWK Set, or a single JWK as a set of one.
class KeySet {
 public:
  static constexpr std::size_t max_size = 256 * 1024;  // bytes of text
  static constexpr std::size_t max_keys = 256;

  KeySet() = default;
  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}
  // Duplicate members are refused. A key of an unknown type and one that is broken or weak is left out, as RFC 7517
  // section 5 asks, so that one bad key of a provider does not lock everybody out; `skipped`, if given, gets the
  // reasons. A single JWK must be good.
  static Result<KeySet> parse(std::string_view text, std::vector<std::string>* skipped = nullptr);

  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
  // {"keys": [...]} of the public parts; shared secrets are left out.
  [[nodiscard]] std::string public_text() const;

 private:
  std::vector<Key> keys_;
};

}  // namespace socle::jose
