// digest.cpp: the one file that asks OpenSSL for hashes and random bytes.
#include "socle/audit/digest.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "bytes.hpp"

namespace socle::audit {

Digest sha256(std::initializer_list<std::string_view> parts) {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Digest out{};
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto part : parts) EVP_DigestUpdate(context.get(), part.data(), part.size());
  EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
  }
  return out;
}

std::uint64_t tenant_tag(std::string_view tenant) {
  const Digest digest = sha256({tenant});
  return load<std::uint64_t>(bytes_of(digest), 0);
}

bool random_bytes(unsigned char* out, std::size_t size) { return RAND_bytes(out, static_cast<int>(size)) == 1; }

}  // namespace socle::audit
