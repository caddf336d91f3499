// secret.hpp: random bytes, digests and comparisons of secrets, over OpenSSL's primitives. Any thread; nothing is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace socle::auth {

using Digest = std::array<std::uint8_t, 32>;

// From the system's generator for secrets. Ends the process when it has none: nothing may be served with a weak secret.
[[nodiscard]] std::string random_bytes(std::size_t count);
// base64url without padding: 43 characters for 32 bytes.
[[nodiscard]] std::string random_text(std::size_t bytes);
// `length` characters of a-z and 2-7, five random bits each.
[[nodiscard]] std::string random_base32(std::size_t length);

[[nodiscard]] std::string base64url(std::string_view bytes);
// With the other alphabet and padding, as HTTP's Basic has it.
[[nodiscard]] std::string base64(std::string_view bytes);

[[nodiscard]] Digest sha256(std::string_view bytes);
// The same for the path of every request: what OpenSSL would look up and allocate for each digest is kept. One thread.
class Sha256 {
 public:
  Sha256();
  [[nodiscard]] Digest operator()(std::string_view bytes);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* state) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> state_;
};
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view bytes);
// What is stored of a secret that has at least 128 random bits of its own: base64url of SHA-256, 43 characters.
[[nodiscard]] std::string fingerprint(std::string_view secret);

// Time does not depend on where they differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

struct DigestHash {
  // A digest is uniform already, and nobody chooses one: a client chooses the text before it.
  std::size_t operator()(const Digest& digest) const {
    std::size_t out = 0;
    for (std::size_t i = 0; i < sizeof out; ++i) out = out << 8 | digest[i];
    return out;
  }
};

}  // namespace socle::auth
