// base/signature.hpp: Ed25519 (RFC 8032, by OpenSSL) over whole messages. Any thread; one check takes about 0.1 ms plus
// hashing the message, so not on the request path.
#pragma once

#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::base {

// A public key: 32 raw bytes.
struct PublicKey {
  std::string raw;
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// Reads 64 hex digits, base64 of the 32 raw bytes, or base64 of the 44-byte SubjectPublicKeyInfo (the line between the
// PEM markers as `openssl pkey -pubout` prints it). Surrounding white space is ignored.
[[nodiscard]] Result<PublicKey> parse_public_key(std::string_view text);

// Reads a signature: exactly 64 raw bytes, 128 hex digits, or base64. Returns the 64 raw bytes.
[[nodiscard]] Result<std::string> parse_signature(std::string_view text);

// True when `signature` (64 raw bytes) is the key owner's over exactly `message`. An error means that OpenSSL could not
// check at all, which callers treat as refused.
[[nodiscard]] Result<bool> verify_ed25519(const PublicKey& key, std::string_view message, std::string_view signature);

// An Ed25519 signature of a whole message and the key that checks it.
struct Signed {
  PublicKey key;
  std::string signature;  // 64 raw bytes
};
// `private_key`: PEM, as `openssl genpkey -algorithm ed25519` writes it. Code::invalid when it is none.
[[nodiscard]] Result<Signed> sign_ed25519(std::string_view private_key, std::string_view message);

// The first 16 hex digits of the key's SHA-256: how logs and refusals name a key.
[[nodiscard]] Result<std::string> fingerprint(const PublicKey& key);

}  // namespace socle::base
