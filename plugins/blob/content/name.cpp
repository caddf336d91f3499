// name.cpp: see the header.
#include "content/name.hpp"

#include <array>
#include <cstdint>

namespace socle::blob {
namespace {

constexpr std::size_t longest = 200;

// The next code point of UTF-8 and its length; length 0: malformed here.
struct Point {
  std::uint32_t value = 0;
  std::size_t length = 0;
};
Point point_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  std::uint32_t value = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool bad = value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF);
  return bad ? Point{} : Point{value, length};
}

// What hides a name's true end or looks like nothing.
bool deceives(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFF);
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    if (!coded) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
    i += 2;
  }
  return out;
}

bool same(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] | 0x20) != (lower[i] | 0x20)) return false;
  return true;
}

}  // namespace

std::string safe_name(std::string_view given) {
  if (const auto slash = given.find_last_of("/\\"); slash != std::string_view::npos) given = given.substr(slash + 1);
  std::string out;
  while (!given.empty()) {
    const auto point = point_at(given);
    const auto length = point.length == 0 ? 1 : point.length;
    const auto piece = given.substr(0, length);
    given.remove_prefix(length);
    if (point.length == 0 || deceives(point.value)) continue;
    if (out.empty() && (piece == "." || piece == " ")) continue;
    if (out.size() + length > longest) break;
    constexpr std::string_view unwelcome = "\"<>|:*?;%";
    out += length == 1 && unwelcome.find(piece[0]) != std::string_view::npos ? std::string_view("_") : piece;
  }
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  return out.empty() ? "file" : out;
}

std::string name_in(std::string_view header) {
  std::string plain;
  auto rest = header;
  for (auto at = rest.find(';'); at != std::string_view::npos; at = rest.find(';')) {
    rest.remove_prefix(at + 1);
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    const auto key = rest.substr(0, equals);
    auto value = rest.substr(equals + 1);
    std::string text;
    if (value.starts_with('"')) {
      std::size_t i = 1;
      for (; i < value.size() && value[i] != '"'; ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) ++i;
        text += value[i];
      }
      rest = value.substr(i < value.size() ? i + 1 : value.size());
    } else {
      text = value.substr(0, value.find(';'));
      while (text.ends_with(' ')) text.pop_back();
      rest = value;
    }
    if (same(key, "filename*")) {
      const auto quote = text.find('\'');
      const auto second = quote == std::string::npos ? quote : text.find('\'', quote + 1);
      if (second != std::string::npos && same(std::string_view(text).substr(0, quote), "utf-8"))
        return unescaped(std::string_view(text).substr(second + 1));
    } else if (same(key, "filename")) {
      plain = std::move(text);
    }
  }
  return plain;
}

std::string disposition(bool is_inline, std::string_view name) {
  std::string out(is_inline ? "inline" : "attachment");
  std::string plain, coded;
  bool ascii = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    ascii = ascii && byte < 0x80;
    if (byte < 0x80)
      plain += c;
    else if ((byte & 0xC0u) != 0x80u)
      plain += '_';
    const bool token =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (token) {
      coded += c;
    } else {
      coded += '%';
      coded += "0123456789ABCDEF"[byte >> 4];
      coded += "0123456789ABCDEF"[byte & 15];
    }
  }
  out.append("; filename=\"").append(plain).append("\"");
  if (!ascii) out.append("; filename*=UTF-8''").append(coded);
  return out;
}

}  // namespace socle::blob
