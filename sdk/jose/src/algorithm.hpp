// algorithm.hpp (private): what each algorithm is made of.
#pragma once

#include <cstddef>
#include <string_view>

#include "socle/jose/algorithm.hpp"

namespace socle::jose {

enum class Family : std::uint8_t { hmac, rsa_pkcs1, rsa_pss, ecdsa, eddsa };

struct AlgorithmFacts {
  std::string_view name;
  Family family;
  const char* digest;       // OpenSSL's name; nullptr for EdDSA
  std::size_t digest_size;  // bytes
  std::string_view curve;   // that ECDSA demands
};

[[nodiscard]] const AlgorithmFacts& facts(Algorithm algorithm);

}  // namespace socle::jose
