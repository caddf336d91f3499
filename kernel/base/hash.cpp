// base/hash.cpp: see hash.hpp.
#include "base/hash.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/text.hpp"

namespace socle::base {

Result<std::string> sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1 || size != 32) {
    return Error{Code::internal, "OpenSSL cannot compute SHA-256; check its installation and providers"};
  }
  std::string raw;
  for (unsigned i = 0; i < size; ++i) raw += static_cast<char>(digest.at(i));
  return to_hex(raw);
}

}  // namespace socle::base
