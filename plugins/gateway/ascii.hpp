// ascii.hpp: the character classes of RFC 9110 and RFC 3986 as one 256-entry table, and case-blind comparison of ASCII.
// Used by every parser of the gateway. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace socle::gateway::ascii {

enum Class : std::uint8_t {
  token = 1,       // RFC 9110 tchar: methods and field names
  field_text = 2,  // what a field value may hold: VCHAR, SP, HTAB, obs-text
  visible = 4,     // VCHAR: what a request target may hold at most
  path = 8,        // RFC 3986 pchar, "/" and "%"
  host = 16,       // reg-name: unreserved, sub-delims, "%"
  digit = 32,
  hex = 64,
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> t{};
  auto mark = [&t](std::string_view chars, std::uint8_t bits) {
    for (char c : chars)
      t[static_cast<unsigned char>(c)] = static_cast<std::uint8_t>(t[static_cast<unsigned char>(c)] | bits);
  };
  constexpr std::string_view alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  mark(alnum, token | path | host);
  mark("!#$%&'*+-.^_`|~", token);
  mark("-._~!$&'()*+,;=%", path | host);
  mark(":@/", path);
  mark("0123456789", digit | hex);
  mark("abcdefABCDEF", hex);
  for (unsigned c = 0x21; c < 0x7f; ++c) t[c] = static_cast<std::uint8_t>(t[c] | visible | field_text);
  for (unsigned c = 0x80; c < 0x100; ++c) t[c] = static_cast<std::uint8_t>(t[c] | field_text);
  mark(" \t", field_text);
  return t;
}
inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

[[nodiscard]] constexpr bool is(char c, Class k) { return (classes[static_cast<unsigned char>(c)] & k) != 0; }

[[nodiscard]] constexpr bool all(std::string_view text, Class k) {
  for (char c : text) {
    if (!is(c, k)) return false;
  }
  return true;
}

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

[[nodiscard]] constexpr bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

[[nodiscard]] constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Without optional white space (SP, HTAB) at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Calls each(item) for every non-empty element of a comma-separated list; stops when it returns false.
template <class Each>
constexpr bool each_item(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trim(list.substr(0, comma));
    if (!item.empty() && !each(item)) return false;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return true;
}

}  // namespace socle::gateway::ascii
