// dfa_matcher.hpp: a regular pattern as one table over bytes: no captures, no backtracking, one lookup a byte.
// Built by subset construction over an NFA of UTF-8 byte ranges, under small limits; a pattern that exceeds them goes
// to RE2 instead. Immutable after build; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pattern_tree.hpp"

namespace socle::schema {

class DfaMatcher {
 public:
  // Nothing when the pattern is not regular, uses \b or \p{}, or needs too many states.
  static std::optional<DfaMatcher> build(const PatternTree& tree);

  [[nodiscard]] bool matches(std::string_view text) const {
    std::uint32_t state = start_;
    for (const char c : text) {
      if (state <= matched) return state == matched;
      state = next_[state * width_ + classes_[static_cast<unsigned char>(c)]];
    }
    return accepts_at_end_[state] != 0;
  }

 private:
  friend class DfaBuilder;
  static constexpr std::uint32_t dead = 0;     // no continuation matches
  static constexpr std::uint32_t matched = 1;  // every continuation matches

  std::array<std::uint8_t, 256> classes_{};
  std::uint32_t width_ = 0;
  std::uint32_t start_ = dead;
  std::vector<std::uint16_t> next_;
  std::vector<std::uint8_t> accepts_at_end_;
};

}  // namespace socle::schema
