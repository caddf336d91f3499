#include "algorithm.hpp"

#include <array>

namespace socle::jose {
namespace {

constexpr std::array<AlgorithmFacts, algorithm_count> table{{
    {"HS256", Family::hmac, "SHA256", 32, ""},
    {"HS384", Family::hmac, "SHA384", 48, ""},
    {"HS512", Family::hmac, "SHA512", 64, ""},
    {"RS256", Family::rsa_pkcs1, "SHA256", 32, ""},
    {"RS384", Family::rsa_pkcs1, "SHA384", 48, ""},
    {"RS512", Family::rsa_pkcs1, "SHA512", 64, ""},
    {"PS256", Family::rsa_pss, "SHA256", 32, ""},
    {"PS384", Family::rsa_pss, "SHA384", 48, ""},
    {"PS512", Family::rsa_pss, "SHA512", 64, ""},
    {"ES256", Family::ecdsa, "SHA256", 32, "P-256"},
    {"ES384", Family::ecdsa, "SHA384", 48, "P-384"},
    {"ES512", Family::ecdsa, "SHA512", 64, "P-521"},
    {"EdDSA", Family::eddsa, nullptr, 0, ""},
}};

}  // namespace

const AlgorithmFacts& facts(Algorithm algorithm) { return table[static_cast<std::size_t>(algorithm)]; }

std::string_view name(Algorithm algorithm) { return facts(algorithm).name; }

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].name == name) return static_cast<Algorithm>(i);
  return std::nullopt;
}

}  // namespace socle::jose
