// sealer.hpp: encryption of private keys at rest with a key that the operator keeps in a file: AES-256-GCM, a random
// nonce each time, the place (`context`) authenticated with it so that one sealed text cannot be put where another
// belongs. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::tokens {

class Sealer {
 public:
  static constexpr std::size_t least_key = 32;  // bytes in the file
  static constexpr std::size_t most_key = 4096;

  // Of the file's content: at least 32 bytes, as random as the operator made them (`openssl rand -hex 32`).
  // Code::invalid when they are fewer.
  static Result<Sealer> of(std::string_view key_file_content);

  // base64url of nonce, ciphertext and tag. Code::internal when the system has no randomness.
  [[nodiscard]] Result<std::string> seal(std::string_view plain, std::string_view context) const;
  // Code::denied when the text was made with another key, for another place, or changed.
  [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  Sealer() = default;
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace socle::tokens
