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
    const auto* const tail = byte + (text.size() - row.suffix);
    const std::uint8_t* bits = row.bits.data();
    unsigned wrong = 0;
    for (const auto* const end = byte + row.prefix; byte != end; ++byte, ++bits) wrong |= *bits & outside_[*byte];
    unsigned middle = 0;
    for (; tail - byte >= 4; byte += 4)
      middle |= outside_[byte[0]] | outside_[byte[1]] | outside_[byte[2]] | outside_[byte[3]];
    for (; byte != tail; ++byte) middle |= outside_[*byte];
    for (const auto* const end = tail + row.suffix; byte != end; ++byte, ++bits) wrong |= *bits & outside_[*byte];
    return (wrong | (middle & row.middle)) == 0;
  }

  std::array<std::uint8_t, 256> outside_{};  // byte -> the bits of the classes it is not in
  std::vector<Row> rows_;
};

}  // namespace socle::schema
