#include "manifest/names.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "manifest/quantities.hpp"

namespace socle::manifest {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_word_character(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (is_lower(c)) return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// '*' is any run of characters; linear in the product of the lengths, no recursion.
bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_lower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), is_word_character);
}

bool is_dotted_word(std::string_view text) {
  if (text.empty() || text.size() > 128 || !is_letter(text[0]) || text.ends_with('.')) return false;
  return text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_word_character(c) || c == '.'; });
}

bool is_tenant_id(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text[0] != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::optional<ServiceId> parse_service_id(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_name(text.substr(0, slash))) return std::nullopt;
  const auto major = parse_unsigned(text.substr(slash + 1));
  if (!major || *major == 0 || *major > 65'535) return std::nullopt;
  return ServiceId{std::string(text.substr(0, slash)), static_cast<std::uint32_t>(*major)};
}

std::string to_string(const ServiceId& service) { return service.name + "/" + std::to_string(service.major); }

std::optional<MethodRef> parse_method_ref(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !is_word(text.substr(dot + 1))) return std::nullopt;
  auto service = parse_service_id(text.substr(0, dot));
  if (!service) return std::nullopt;
  return MethodRef{std::move(*service), std::string(text.substr(dot + 1))};
}

std::string to_string(const MethodRef& method) { return to_string(method.service) + "." + method.method; }

bool CallPattern::matches(const MethodRef& method) const { return glob_match(text, to_string(method)); }

std::optional<CallPattern> parse_call_pattern(std::string_view text) {
  const auto known = [](char c) { return is_word_character(c) || c == '/' || c == '.' || c == '*'; };
  if (text.empty() || text.size() > 160 || !std::all_of(text.begin(), text.end(), known)) return std::nullopt;
  // Without a star it must be a reference, with one it must still have the two separators unless it ends in a star.
  if (text.find('*') == std::string_view::npos) {
    if (!parse_method_ref(text)) return std::nullopt;
  } else if (!text.ends_with('*') && text.find('.') == std::string_view::npos) {
    return std::nullopt;
  }
  return CallPattern{std::string(text)};
}

std::string to_string(const CallPattern& pattern) { return pattern.text; }

bool Address::is_loopback() const { return host == "::1" || host.starts_with("127."); }

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = parse_unsigned(text.substr(colon + 1));
  if (!port || *port > 65'535) return std::nullopt;
  Address address{std::string(host), static_cast<std::uint16_t>(*port)};
  in6_addr bytes{};
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, address.host.c_str(), &bytes) != 1) return std::nullopt;
  return address;
}

std::string to_string(const Address& address) {
  const auto port = ":" + std::to_string(address.port);
  return address.is_ipv6() ? "[" + address.host + "]" + port : address.host + port;
}

std::optional<PublicKey> parse_public_key(std::string_view text) {
  constexpr std::string_view prefix = "ed25519:";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  PublicKey key;
  if (text.size() == 2 * key.bytes.size()) {
    for (std::size_t i = 0; i < key.bytes.size(); ++i) {
      const int high = hex_value(text[2 * i]);
      const int low = hex_value(text[2 * i + 1]);
      if (high < 0 || low < 0) return std::nullopt;
      key.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return key;
  }
  if (text.size() == 44 && text.ends_with('=')) text.remove_suffix(1);
  if (text.size() != 43) return std::nullopt;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    key.bytes[filled++] = static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count));
    bits &= (1U << static_cast<unsigned>(count)) - 1;
  }
  if (bits != 0) return std::nullopt;  // not canonical
  return key;
}

std::string to_string(const PublicKey& key) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const auto byte : key.bytes) {
    text += hex[byte >> 4U];
    text += hex[byte & 15U];
  }
  return text;
}

}  // namespace socle::manifest
