// content.cpp: base64 by table, JSON by Socle::json.
#include "content.hpp"

#include <array>
#include <optional>
#include <string>

#include "socle/json/document.hpp"

namespace socle::schema {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  unsigned bits = 0;
  int held = 0;
  std::size_t end = text.size();
  while (end > 0 && text.size() - end < 2 && text[end - 1] == '=') --end;
  for (std::size_t i = 0; i < end; ++i) {
    const auto value = alphabet.find(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<unsigned>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xFF);
  }
  return out;
}

}  // namespace

bool is_encoded(std::string_view encoding, std::string_view text) {
  if (encoding == "base64") return decode_base64(text).has_value();
  if (encoding == "base16")
    return text.size() % 2 == 0 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  return true;
}

bool is_media(std::string_view media_type, std::string_view encoding, std::string_view text) {
  const std::string_view type = media_type.substr(0, media_type.find(';'));
  if (type != "application/json" && !type.ends_with("+json")) return true;
  if (encoding.empty()) return json::Document::parse(text).has_value();
  if (encoding != "base64") return true;
  const auto decoded = decode_base64(text);
  return decoded && json::Document::parse(*decoded).has_value();
}

}  // namespace socle::schema
