// version.hpp: semantic versions of models. Plain values, any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::models {

struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

[[nodiscard]] std::string to_string(const Version& version);
// "1.2.3", nothing else; each part at most 999,999, no leading zero.
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);

// What an address names: "2" (the newest 2.x.y), "2.1" (the newest 2.1.y) or "2.1.0".
struct Selector {
  std::uint32_t major = 0;
  std::optional<std::uint32_t> minor{}, patch{};
  [[nodiscard]] bool matches(const Version& version) const {
    return version.major == major && (!minor || version.minor == *minor) && (!patch || version.patch == *patch);
  }
  [[nodiscard]] bool exact() const { return patch.has_value(); }
};
[[nodiscard]] std::optional<Selector> parse_selector(std::string_view text);

enum class Level : std::uint8_t { patch, minor, major };
[[nodiscard]] std::string_view to_string(Level level);
[[nodiscard]] Version bumped(const Version& version, Level level);

}  // namespace socle::models
