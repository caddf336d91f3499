// names.hpp: how things are called in manifests, and the small references built from names. Any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::manifest {

// storage-rocksdb: a lower-case letter, then lower-case letters, digits, '-'; at most 64. Plugins, services, listeners.
[[nodiscard]] bool is_name(std::string_view text);
// greet, list_open, Page2: a letter, then letters, digits, '_', '-'; at most 64. Methods, route parameters, config
// keys.
[[nodiscard]] bool is_word(std::string_view text);
// records.changed: parts of letters, digits, '_', '-' with dots between; at most 128. Channels, limits, handles.
[[nodiscard]] bool is_dotted_word(std::string_view text);
// acme, kunde-7: lower-case letters, digits and '-' inside; at most 63, so that it can be a label of a host name.
[[nodiscard]] bool is_tenant_id(std::string_view text);

// storage/1: the contract `storage` in its first major version.
struct ServiceId {
  std::string name;
  std::uint32_t major = 0;
  friend auto operator<=>(const ServiceId&, const ServiceId&) = default;
};
[[nodiscard]] std::optional<ServiceId> parse_service_id(std::string_view text);
[[nodiscard]] std::string to_string(const ServiceId& service);

// hello/1.greet
struct MethodRef {
  ServiceId service;
  std::string method;
  friend auto operator<=>(const MethodRef&, const MethodRef&) = default;
};
[[nodiscard]] std::optional<MethodRef> parse_method_ref(std::string_view text);
[[nodiscard]] std::string to_string(const MethodRef& method);

// storage/1.*, */1.get, *: a method reference in which '*' stands for any run of characters.
struct CallPattern {
  std::string text;
  [[nodiscard]] bool matches(const MethodRef& method) const;
  friend bool operator==(const CallPattern&, const CallPattern&) = default;
};
[[nodiscard]] std::optional<CallPattern> parse_call_pattern(std::string_view text);
[[nodiscard]] std::string to_string(const CallPattern& pattern);

// 127.0.0.1:8080 or [::1]:8080; numbers only, no names to look up. Port 0: any free one.
struct Address {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  [[nodiscard]] bool is_ipv6() const { return host.find(':') != std::string::npos; }
  [[nodiscard]] bool is_loopback() const;
  friend bool operator==(const Address&, const Address&) = default;
};
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] std::string to_string(const Address& address);

// An Ed25519 public key: 64 hex digits or base64 of the 32 bytes, either with an optional "ed25519:" in front.
struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
[[nodiscard]] std::optional<PublicKey> parse_public_key(std::string_view text);
[[nodiscard]] std::string to_string(const PublicKey& key);  // hex

}  // namespace socle::manifest
