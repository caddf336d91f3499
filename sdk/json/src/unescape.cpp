#include "src/unescape.hpp"

#include <cstdint>
#include <cstring>

namespace socle::json {
namespace {

bool hex_unit(const char* from, const char* end, std::uint32_t& unit) {
  if (end - from < 4) return false;
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = from[i];
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9')
      unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
    else if (lower >= 'a' && lower <= 'f')
      unit = unit * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    else
      return false;
  }
  return true;
}

char* put_utf8(char* to, std::uint32_t code) {
  if (code < 0x80) {
    *to++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *to++ = static_cast<char>(0xC0 | (code >> 6));
    *to++ = static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *to++ = static_cast<char>(0xE0 | (code >> 12));
    *to++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *to++ = static_cast<char>(0x80 | (code & 0x3F));
  } else {
    *to++ = static_cast<char>(0xF0 | (code >> 18));
    *to++ = static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    *to++ = static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    *to++ = static_cast<char>(0x80 | (code & 0x3F));
  }
  return to;
}

// At the first hexadecimal digit after \u; leaves `from` behind the escape (or the pair of them).
bool unicode(const char*& from, const char* end, char*& to) {
  std::uint32_t code = 0;
  if (!hex_unit(from, end, code)) return false;
  from += 4;
  if (code >= 0xD800 && code <= 0xDFFF) {
    std::uint32_t low = 0;
    if (code >= 0xDC00 || end - from < 6 || from[0] != '\\' || from[1] != 'u' || !hex_unit(from + 2, end, low))
      return false;
    if (low < 0xDC00 || low > 0xDFFF) return false;
    from += 6;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  to = put_utf8(to, code);
  return true;
}

}  // namespace

std::optional<std::size_t> unescape(const char* from, const char* end, char* to) {
  char* const start = to;
  while (from < end) {
    const auto* escape = static_cast<const char*>(std::memchr(from, '\\', static_cast<std::size_t>(end - from)));
    const auto run = static_cast<std::size_t>((escape ? escape : end) - from);
    std::memcpy(to, from, run);
    to += run;
    if (!escape) break;
    from = escape + 1;
    if (from == end) return std::nullopt;
    switch (*from++) {
      case '"': *to++ = '"'; break;
      case '\\': *to++ = '\\'; break;
      case '/': *to++ = '/'; break;
      case 'b': *to++ = '\b'; break;
      case 'f': *to++ = '\f'; break;
      case 'n': *to++ = '\n'; break;
      case 'r': *to++ = '\r'; break;
      case 't': *to++ = '\t'; break;
      case 'u':
        if (!unicode(from, end, to)) return std::nullopt;
        break;
      default: return std::nullopt;
    }
  }
  return static_cast<std::size_t>(to - start);
}

}  // namespace socle::json
