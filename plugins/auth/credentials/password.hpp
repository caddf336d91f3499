// password.hpp: passwords at rest, argon2id by libargon2. A hash takes tens of milliseconds and `memory_kib` of memory:
// on an offload thread only, and only within a turn (turns.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::auth {

// OWASP's least: 19 MiB, two passes, one lane.
struct PasswordCost {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
};

inline constexpr std::size_t max_password = 1024;  // bytes

// "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH" under a new salt.
[[nodiscard]] Result<std::string> hash_password(std::string_view password, const PasswordCost& cost);
// The hash of no password: comparing with it costs what comparing with a real one does.
[[nodiscard]] std::string decoy_hash(const PasswordCost& cost);
// False also for text that is no hash.
[[nodiscard]] bool verify_password(const std::string& hash, std::string_view password);
// The same, "" when it matches, else libargon2's words: a hash that does not match differs from one that is none.
[[nodiscard]] std::string_view verification_fault(const std::string& hash, std::string_view password);
// The hash was made with other numbers than these.
[[nodiscard]] bool outdated(std::string_view hash, const PasswordCost& cost);

}  // namespace socle::auth
