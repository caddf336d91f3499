#include "manifest/json_text.hpp"

#include "manifest/utf8.hpp"

namespace socle::manifest {

std::string json_quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string json_object(const std::map<std::string, std::string>& members) {
  std::string out;
  for (const auto& [key, value] : members) out += (out.empty() ? "{" : ",") + json_quoted(key) + ":" + value;
  return out.empty() ? "{}" : out + "}";
}

bool is_json_text(std::string_view text) { return first_bad_utf8(text) == text.size(); }

}  // namespace socle::manifest
