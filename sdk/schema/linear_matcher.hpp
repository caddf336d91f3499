// linear_matcher.hpp: the quickest matcher, for patterns that are a row of ASCII classes between ^ and $ of which at
// most one repeats a variable number of times, or a few such rows as alternatives: ^[A-Z]{2}[0-9]{4}$,
// ^[0-9A-Z]{8,20}$,
// ^(0|[1-9][0-9]{0,11})\.[0-9]{2}$. The length decides which byte belongs to which class, so there is no state to carry
// from byte to byte. Immutable after build; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pattern_tree.hpp"

namespace socle::schema {

class LinearMatcher {
 public:
  // Nothing when the pattern has another shape.
  static std::optional<LinearMatcher> build(const PatternTree& tree);

  [[nodiscard]] bool matches(std::string_view text) const {
    for (const Row& row : rows_)
      if (text.size() >= row.min && text.size() <= row.max && matches_row(row, text)) return true;
    return false;
  }

 private:
  static constexpr std::size_t max_fixed = 40;
  struct Row {
    std::size_t min = 0;  // of the whole text, in bytes
    std::size_t max = 0;
    std::uint8_t prefix = 0;  // fixed bytes in front of the repeating class
    std::uint8_t suffix = 0;
    std::uint8_t middle = 0;                     // bit of the repeating class
    std::array<std::uint8_t, max_fixed> bits{};  // of the fixed bytes, prefix then suffix
  };

  [[nodiscard]] bool matches_row(const Row& row, std::string_view text) const {
    const auto* byte = reinterpret_cast<const unsigned char*>(text.data());
    unsigned missing = 0;
    for (std::size_t i = 0; i < row.prefix; ++i) missing |= (classes_[byte[i]] & row.bits[i]) ^ row.bits[i];
    const std::size_t tail = text.size() - row.suffix;
    for (std::size_t i = row.prefix; i < tail; ++i) missing |= (classes_[byte[i]] & row.middle) ^ row.middle;
    for (std::size_t i = 0; i < row.suffix; ++i) {
      const std::uint8_t want = row.bits[row.prefix + i];
      missing |= (classes_[byte[tail + i]] & want) ^ want;
    }
    return missing == 0;
  }

  std::array<std::uint8_t, 256> classes_{};  // byte -> the bits of the classes it is in
  std::vector<Row> rows_;
};

}  // namespace socle::schema
