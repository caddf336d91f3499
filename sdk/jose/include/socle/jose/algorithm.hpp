// algorithm.hpp: the signature algorithms of RFC 7518 and RFC 8037 that Socle verifies. `none` is not among them and
// never will be (RFC 8725, 3.1 and 3.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace socle::jose {

enum class Algorithm : std::uint8_t {
  hs256,
  hs384,
  hs512,
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  eddsa,
};
inline constexpr std::size_t algorithm_count = 13;

[[nodiscard]] std::string_view name(Algorithm algorithm);  // "ES256"
[[nodiscard]] std::optional<Algorithm> algorithm_named(std::string_view name);

// A set of algorithms, as one word.
class Algorithms {
 public:
  constexpr Algorithms() = default;
  constexpr Algorithms(Algorithm one) : bits_(bit(one)) {}
  [[nodiscard]] static constexpr Algorithms all() {
    return from(static_cast<std::uint16_t>((1U << algorithm_count) - 1));
  }
  [[nodiscard]] constexpr bool has(Algorithm a) const { return (bits_ & bit(a)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend constexpr Algorithms operator|(Algorithms a, Algorithms b) {
    return from(static_cast<std::uint16_t>(a.bits_ | b.bits_));
  }
  friend constexpr Algorithms operator&(Algorithms a, Algorithms b) {
    return from(static_cast<std::uint16_t>(a.bits_ & b.bits_));
  }
  friend constexpr bool operator==(Algorithms, Algorithms) = default;

 private:
  static constexpr std::uint16_t bit(Algorithm a) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(a)); }
  static constexpr Algorithms from(std::uint16_t bits) {
    Algorithms out;
    out.bits_ = bits;
    return out;
  }
  std::uint16_t bits_ = 0;
};

}  // namespace socle::jose
