// version.hpp: versions of plugins (semver.org 2.0.0), ranges of them, and versions of the ABI. Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socle::manifest {

// 1.2.3, 1.2.3-rc.1; build metadata (+…) is kept but does not count in comparisons.
struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
  std::string pre_release;
  std::string build;
};
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);
[[nodiscard]] std::string to_string(const Version& version);
// By precedence, semver.org section 11: 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0.
[[nodiscard]] std::strong_ordering operator<=>(const Version& a, const Version& b);
[[nodiscard]] bool operator==(const Version& a, const Version& b);

// ">=1.2 <2": all comparisons must hold. Operators >= > <= < =; a version without operator means =. Missing minor and
// patch count as 0. "*" is every version. A pre-release is contained only if a comparison names a pre-release of the
// same major.minor.patch, so that ">=1.2 <2" never picks 2.0.0-rc.1.
class VersionRange {
 public:
  enum class Relation { at_least, above, at_most, below, equal };
  struct Comparison {
    Relation relation = Relation::equal;
    Version version;
  };

  VersionRange() = default;  // every version
  [[nodiscard]] bool contains(const Version& version) const;
  [[nodiscard]] bool is_any() const { return comparisons_.empty(); }
  [[nodiscard]] const std::vector<Comparison>& comparisons() const { return comparisons_; }

 private:
  friend std::optional<VersionRange> parse_version_range(std::string_view text);
  std::vector<Comparison> comparisons_;
};
[[nodiscard]] std::optional<VersionRange> parse_version_range(std::string_view text);
[[nodiscard]] std::string to_string(const VersionRange& range);

// "1.0", the ABI a plugin was built against.
struct AbiVersion {
  std::uint16_t major = 0, minor = 0;
  friend auto operator<=>(const AbiVersion&, const AbiVersion&) = default;
};
[[nodiscard]] std::optional<AbiVersion> parse_abi_version(std::string_view text);
[[nodiscard]] std::string to_string(AbiVersion version);

}  // namespace socle::manifest
