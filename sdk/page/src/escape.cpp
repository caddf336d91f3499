#include "socle/page/escape.hpp"

#include <algorithm>
#include <array>

namespace socle::page {
namespace {

std::string_view reference_of(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

constexpr auto special = [] {
  std::array<bool, 256> out{};
  for (const unsigned char c : {'&', '<', '>', '"', '\''}) out[c] = true;
  return out;
}();

bool unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!special[static_cast<unsigned char>(text[i])]) continue;
    out.append(text, from, i - from).append(reference_of(text[i]));
    from = i + 1;
  }
  out.append(text, from);
}

void append_component(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(byte)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 15U]);
    }
  }
}

bool is_local_path(std::string_view text) {
  if (text.empty() || text[0] != '/') return false;
  if (text.size() > 1 && (text[1] == '/' || text[1] == '\\')) return false;
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\\' || control(c); });
}

void append_url(std::string& out, std::string_view text) {
  constexpr std::array<std::string_view, 5> schemes{"https://", "http://", "mailto:", "tel:", "otpauth://"};
  const bool inside = is_local_path(text) || text.starts_with('?') || text.starts_with('#');
  const bool known = std::any_of(schemes.begin(), schemes.end(), [&](auto s) { return text.starts_with(s); });
  if (!inside && !known) {
    out.push_back('#');
    return;
  }
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text)
    if (!control(c)) clean.push_back(c);
  append_escaped(out, clean);
}

}  // namespace socle::page
