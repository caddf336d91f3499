#include "cli/width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "manifest/utf8.hpp"

namespace socle::cli {
namespace {

struct Range {
  char32_t first, last;
};

// Sorted. The blocks of Mn/Me/Cf characters and of East Asian Width W/F; unassigned gaps inside a block count with it.
constexpr std::array<Range, 22> combining{
    {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},    {0x64B, 0x65F},   {0x6D6, 0x6DC},
     {0x900, 0x902},   {0x93C, 0x93C},   {0x941, 0x948},   {0x94D, 0x94D},    {0xE31, 0xE31},   {0xE34, 0xE3A},
     {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},  {0x202A, 0x202E}, {0x2060, 0x2064},
     {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}}};
constexpr std::array<Range, 24> wide{{{0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x2614, 0x2615},
                                      {0x26A1, 0x26A1},   {0x2705, 0x2705},   {0x274C, 0x274C},   {0x2753, 0x2755},
                                      {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
                                      {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                      {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                                      {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF}, {0x1F300, 0x1F9FF}, {0x20000, 0x3FFFD}}};

template <size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  const auto it =
      std::lower_bound(ranges.begin(), ranges.end(), c, [](const Range& r, char32_t x) { return r.last < x; });
  return it != ranges.end() && it->first <= c;
}

struct Step {
  char32_t character = 0;
  size_t bytes = 1;
  bool valid = false;
};

// The character at the front of a text that is not empty.
Step decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t bytes = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (bytes > text.size() || manifest::first_bad_utf8(text.substr(0, bytes)) != bytes) return {0xFFFD, 1, false};
  if (bytes == 1) return {byte(0), 1, true};
  char32_t c = byte(0) & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) c = (c << 6U) | (byte(i) & 0x3FU);
  return {c, bytes, true};
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const Step step = decode(text.substr(at));
    at += step.bytes;
    if (step.valid && in(combining, step.character)) continue;
    width += step.valid && in(wide, step.character) ? 2 : 1;
  }
  return width;
}

std::string printable(std::string_view text, bool keep_lines) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Step step = decode(text.substr(at));
    const char32_t c = step.character;
    if (!step.valid) {
      out += "\xEF\xBF\xBD";
    } else if (c == '\n' && keep_lines) {
      out += '\n';
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(c));
    } else {
      out += text.substr(at, step.bytes);
    }
    at += step.bytes;
  }
  return out;
}

}  // namespace socle::cli
