#include "version/canonical.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "socle/json/decimal.hpp"
#include "socle/json/writer.hpp"

namespace socle::models {
namespace {

// The place of a string in UTF-16 order: code units from U+E000 on come after the surrogates of what is beyond U+FFFF.
bool before_in_utf16(std::string_view a, std::string_view b) {
  const std::size_t n = std::min(a.size(), b.size());
  std::size_t i = 0;
  while (i < n && a[i] == b[i]) ++i;
  if (i == n) return a.size() < b.size();
  const auto x = static_cast<unsigned char>(a[i]), y = static_cast<unsigned char>(b[i]);
  // Lead bytes EE and EF are U+E000 to U+FFFF, F0 to F4 what lies beyond; only there the orders differ.
  const bool high_x = x >= 0xF0, high_y = y >= 0xF0;
  if (high_x != high_y && std::max(x, y) >= 0xF0 && std::min(x, y) >= 0xEE) return high_x;
  return x < y;
}

// Number::toString of ECMAScript from the shortest digits.
std::string ecmascript(double value) {
  if (value == 0) return "0";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string out;
  if (text.front() == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  const int point = exponent + 1, count = static_cast<int>(digits.size());
  if (point >= count && point <= 21) return out + digits + std::string(static_cast<std::size_t>(point - count), '0');
  if (point > 0 && point <= 21)
    return out + digits.substr(0, static_cast<std::size_t>(point)) + "." +
           digits.substr(static_cast<std::size_t>(point));
  if (point > -6 && point <= 0) return out + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  out += digits[0];
  if (count > 1) out.append(".").append(digits, 1);
  return out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
}

std::string number_text(json::View number) {
  const std::string exact = json::decimal::canonical(number.number_text());
  std::string shortest = ecmascript(number.as_double());
  if (!json::decimal::is_number(shortest)) return exact;  // beyond a double's range
  // 17 digits are what a double carries; integers of 64 bits are exact for those who read them as such.
  const std::size_t digits = std::min(exact.find('e'), exact.size()) - (exact.starts_with('-') ? 1 : 0);
  const bool as_double = number.kind() == json::Kind::number && digits <= 17;
  return as_double || json::decimal::canonical(shortest) == exact ? shortest : exact;
}

void append(std::string& out, json::View value) {
  if (value.is_object()) {
    std::vector<json::Member> members;
    members.reserve(value.size());
    for (const json::Member& m : value.members()) members.push_back(m);
    std::sort(members.begin(), members.end(),
              [](const json::Member& a, const json::Member& b) { return before_in_utf16(a.key, b.key); });
    out += '{';
    for (const json::Member& m : members) {
      if (&m != &members.front()) out += ',';
      json::append_quoted(out, m.key);
      append(out += ':', m.value);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ',';
      append(out, value.at(i));
    }
    out += ']';
  } else if (value.is_number()) {
    out += number_text(value);
  } else {
    json::append_text(out, value);
  }
}

}  // namespace

std::string canonical_text(json::View value) {
  std::string out;
  append(out, value);
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

}  // namespace socle::models
