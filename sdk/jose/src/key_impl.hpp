// key_impl.hpp (private): what stands behind a Key. Immutable once made.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "openssl.hpp"
#include "socle/jose/key.hpp"

namespace socle::jose {

enum class KeyType : std::uint8_t { oct, rsa, ec, okp };

struct Key::Impl {
  KeyType type = KeyType::oct;
  std::string curve;  // JWK name; ec and okp
  std::string kid;
  Algorithms algorithms;
  std::string alg;  // as the JWK has it; may be one of JWE's
  bool verify_allowed = true;
  bool sign_allowed = true;
  bool has_private = false;
  Pkey pkey;           // not of oct
  std::string secret;  // of oct, raw
  // Members of the JWK by name, base64url or text, in the order that RFC 7638 wants for the required ones.
  std::vector<std::pair<std::string, std::string>> public_members;
  std::vector<std::pair<std::string, std::string>> private_members;
  std::string use;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { OPENSSL_cleanse(secret.data(), secret.size()); }
};

// Bytes of one coordinate of a curve; 0: unknown.
std::size_t coordinate_size(std::string_view curve);

}  // namespace socle::jose
