#include "credentials/password.hpp"

#include <argon2.h>

#include "core/secret.hpp"

namespace socle::auth {
namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t hash_size = 32;

std::string head_of(const PasswordCost& cost) {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
         ",p=" + std::to_string(cost.lanes) + "$";
}

}  // namespace

Result<std::string> hash_password(std::string_view password, const PasswordCost& cost) {
  const std::string salt = random_bytes(salt_size);
  std::string encoded(argon2_encodedlen(cost.passes, cost.memory_kib, cost.lanes, salt_size, hash_size, Argon2_id),
                      '\0');
  const int code = argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes, password.data(), password.size(),
                                         salt.data(), salt.size(), hash_size, encoded.data(), encoded.size());
  if (code != ARGON2_OK)
    return Error{Code::internal, std::string("hash a password: ").append(argon2_error_message(code))};
  encoded.resize(encoded.find('\0'));
  return encoded;
}

std::string decoy_hash(const PasswordCost& cost) {
  std::string out = head_of(cost) + base64url(random_bytes(salt_size)) + "$" + base64url(random_bytes(hash_size));
  // argon2's base64 has the other alphabet.
  for (std::size_t i = out.rfind("$", out.rfind('$') - 1); i < out.size(); ++i) {
    if (out[i] == '-') out[i] = '+';
    if (out[i] == '_') out[i] = '/';
  }
  return out;
}

bool verify_password(const std::string& hash, std::string_view password) {
  return verification_fault(hash, password).empty();
}

std::string_view verification_fault(const std::string& hash, std::string_view password) {
  const int code = argon2id_verify(hash.c_str(), password.data(), password.size());
  return code == ARGON2_OK ? std::string_view() : std::string_view(argon2_error_message(code));
}

bool outdated(std::string_view hash, const PasswordCost& cost) {
  const std::string head = head_of(cost);
  return hash.substr(0, head.size()) != head;
}

}  // namespace socle::auth
