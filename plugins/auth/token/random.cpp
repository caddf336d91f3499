#include "token/random.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "socle/jose/base64url.hpp"

namespace socle::tokens {

Result<std::string> random_text(std::size_t count) {
  std::string raw(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(count)) != 1)
    return Error{Code::internal, "the system has no randomness for secrets"};
  return jose::base64url(raw);
}

std::string digest(std::string_view secret) {
  std::array<char, 32> out{};
  unsigned size = 0;
  (void)EVP_Digest(secret.data(), secret.size(), reinterpret_cast<unsigned char*>(out.data()), &size, EVP_sha256(),
                   nullptr);
  return jose::base64url({out.data(), out.size()});
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace socle::tokens
