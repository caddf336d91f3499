// utf8.hpp: counting and checking UTF-8, and walking it by code point. REQUIRES valid UTF-8 except where it is checked
// or repaired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace socle::cel {

// Bytes of the code point that begins at byte `at`; 0 when none does. REQUIRES: at < data.size()
[[nodiscard]] inline std::size_t point_length(std::string_view data, std::size_t at) {
  const auto lead = static_cast<unsigned char>(data[at]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > data.size()) return 0;
  for (std::size_t j = 1; j < length; ++j)
    if ((static_cast<unsigned char>(data[at + j]) & 0xC0u) != 0x80u) return 0;
  const auto second = static_cast<unsigned char>(data[at + 1]);
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

[[nodiscard]] inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto length = point_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

// The data as text; bytes that are none become one U+FFFD, however many there are in a row. In parts: from `at` to the
// first character that begins at `end` or behind it; `replaced`: the part before ended with such bytes.
inline void append_repaired(std::string& out, std::string_view data, std::size_t& at, std::size_t end, bool& replaced) {
  while (at < end) {
    const auto length = point_length(data, at);
    if (length > 0)
      out += data.substr(at, length);
    else if (!replaced)
      out += "\xEF\xBF\xBD";
    replaced = length == 0;
    at += length > 0 ? length : 1;
  }
}

// The beginning of a text, for a message: at most `most` bytes, no code point cut.
[[nodiscard]] inline std::string shortened(std::string_view text, std::size_t most = 64) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
    text = text.substr(0, most);
  }
  return std::string(text);
}

[[nodiscard]] inline std::size_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

[[nodiscard]] inline std::size_t count_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u ? 1 : 0;
  return count;
}

// Byte offset of code point `index`; text.size() when index is the number of code points, npos beyond.
[[nodiscard]] inline std::size_t offset_of_point(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  while (index > 0) {
    if (at >= text.size()) return std::string_view::npos;
    at += utf8_length(text[at]);
    --index;
  }
  return at <= text.size() ? at : std::string_view::npos;
}

// The code point at byte `at`.
[[nodiscard]] inline std::uint32_t point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
  switch (utf8_length(text[at])) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
}

}  // namespace socle::cel
