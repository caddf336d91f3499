// text.cpp: literals for values, quoting, base64.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "decimal.hpp"
#include "network_text.hpp"
#include "numbers.hpp"
#include "socle/cel/time.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Of every byte the digit it stands for; 64: none.
constexpr auto base64_digits = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(64);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return out;
}();

void append_text(std::string& out, const Value& value, int depth, std::size_t longest) {
  if (out.size() > 4096 || depth > 64) {
    out += "…";
    return;
  }
  switch (value.kind()) {
    case Kind::null: out += "null"; return;
    case Kind::boolean: out += value.as_bool() ? "true" : "false"; return;
    case Kind::integer: out += std::to_string(value.as_int()); return;
    case Kind::unsigned_integer: out += std::to_string(value.as_uint()) + "u"; return;
    case Kind::real: {
      const auto text = double_text(value.as_double());
      const bool special = std::isnan(value.as_double()) || std::isinf(value.as_double());
      out += special ? "double(\"" + text + "\")" : text;
      if (!special && text.find_first_of(".e") == std::string::npos) out += ".0";
      return;
    }
    case Kind::string:
      out += quoted(shortened(value.as_string(), longest));
      out += value.as_string().size() > longest ? "…" : "";
      return;
    case Kind::bytes:
      out += quoted_bytes(value.as_string().substr(0, longest));
      out += value.as_string().size() > longest ? "…" : "";
      return;
    case Kind::type: out += value.as_string(); return;
    case Kind::timestamp: out += "timestamp(\"" + timestamp_text(value) + "\")"; return;
    case Kind::duration: out += "duration(\"" + duration_text(value) + "\")"; return;
    case Kind::date: out += "date(\"" + date_text(value.days()) + "\")"; return;
    case Kind::decimal: out += "decimal(\"" + decimal_text(value) + "\")"; return;
    case Kind::optional:
      if (value.optional_value() == nullptr) {
        out += "optional.none()";
        return;
      }
      out += "optional.of(";
      append_text(out, *value.optional_value(), depth + 1, longest);
      out += ')';
      return;
    case Kind::list:
    case Kind::map: {
      const bool map = value.is(Kind::map);
      out += map ? '{' : '[';
      for (std::size_t i = 0; i < value.size() && out.size() <= 4096; ++i) {
        if (i > 0) out += ", ";
        if (map) {
          append_text(out, value.key_at(i), depth + 1, longest);
          out += ": ";
        }
        append_text(out, value.at(i), depth + 1, longest);
      }
      out += map ? '}' : ']';
      return;
    }
    case Kind::ip: out += "ip(\"" + ip_text(value) + "\")"; return;
    case Kind::cidr: out += "cidr(\"" + cidr_text(value) + "\")"; return;
    case Kind::error: out += "error(" + std::string(value.error_info().message) + ")"; return;
  }
}

}  // namespace

std::string key_text(const Value& key) {
  if (key.is(Kind::string)) return std::string(key.as_string());
  return key.is(Kind::unsigned_integer) ? std::to_string(key.as_uint()) : to_text(key);
}

std::string to_text(const Value& value) {
  std::string out;
  append_text(out, value, 0, std::string_view::npos);
  return out;
}
std::string shown(const Value& value) {
  std::string out;
  append_text(out, value, 0, 200);
  return out;
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view specials = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view letters = "abfnrtv\\\"";
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\\' && c != '"'; };
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), plain);
    out.append(text.begin(), end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) return;
    if (const auto i = specials.find(text[0]); i != std::string_view::npos) {
      out += '\\';
      out += letters[i];
    } else {
      out += text[0];
    }
    text.remove_prefix(1);
  }
}
std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_escaped(out, text);
  return out + '"';
}

std::string quoted_bytes(std::string_view data) {
  std::string out = "b\"";
  for (const char c : data) {
    if (c >= ' ' && c < 127 && c != '"' && c != '\\') {
      out += c;
      continue;
    }
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer;
  }
  return out + '"';
}

std::string base64(std::string_view data) {
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t group = 0;
    const auto rest = std::min<std::size_t>(3, data.size() - i);
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < rest ? static_cast<unsigned char>(data[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += j <= rest ? alphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::size_t padding = 0;
  while (!text.empty() && text.back() == '=' && padding < 2) {
    text.remove_suffix(1);
    ++padding;
  }
  if (text.size() % 4 == 1 || (padding > 0 && (text.size() + padding) % 4 != 0)) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = base64_digits[static_cast<unsigned char>(c)];
    if (digit > 63) return std::nullopt;
    bits = bits << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace socle::cel
