#include "core/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>

namespace socle::auth {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) std::abort();
  return out;
}

std::string random_text(std::size_t bytes) { return base64url(random_bytes(bytes)); }

std::string random_base32(std::size_t length) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out = random_bytes(length);
  for (char& c : out) c = alphabet[static_cast<unsigned char>(c) & 31U];
  return out;
}

std::string base64url(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out.push_back(alphabet[bits >> count & 63U]);
    }
  }
  if (count > 0) out.push_back(alphabet[bits << (6 - count) & 63U]);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out = base64url(bytes);
  for (char& c : out) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return out.append((4 - out.size() % 4) % 4, '=');
}

Digest sha256(std::string_view bytes) {
  Digest out;
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();
  return out;
}

void Sha256::Free::operator()(evp_md_ctx_st* state) const { EVP_MD_CTX_free(state); }

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
  EVP_MD* kind = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (kind == nullptr || !state_ || EVP_DigestInit_ex2(state_.get(), kind, nullptr) != 1) std::abort();
  EVP_MD_free(kind);  // the state holds it
}

Digest Sha256::operator()(std::string_view bytes) {
  Digest out;
  unsigned int size = 0;
  if (EVP_DigestInit_ex2(state_.get(), nullptr, nullptr) != 1 ||
      EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(state_.get(), out.data(), &size) != 1)
    std::abort();
  return out;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest out;
  unsigned int size = 0;
  const auto* found = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(), &size);
  if (found == nullptr) std::abort();
  return out;
}

std::string fingerprint(std::string_view secret) {
  const Digest digest = sha256(secret);
  return base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace socle::auth
