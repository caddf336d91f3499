// text.hpp: Text<T> says of every scalar type how it is called, what is wanted, and how it is read and written. The
// schema tables are built on it, and so are command-line flags: parse_value<Duration>("60s"). Any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/names.hpp"
#include "manifest/permission.hpp"
#include "manifest/problems.hpp"
#include "manifest/quantities.hpp"
#include "manifest/version.hpp"
#include "socle/result.hpp"

namespace socle::manifest {

template <class T>
struct Text;  // name, wanted, parse, print; `bare` if quotes around it make it something else

template <class T>
concept HasText = requires(std::string_view text, const T& value) {
  { Text<T>::parse(text) } -> std::same_as<std::optional<T>>;
  { Text<T>::print(value) } -> std::convertible_to<std::string>;
  { Text<T>::wanted() } -> std::convertible_to<std::string>;
};

#define SOCLE_MANIFEST_TEXT(type, title, want, parser, is_bare)                      \
  template <>                                                                        \
  struct Text<type> {                                                                \
    static constexpr std::string_view name = title;                                  \
    static constexpr bool bare = is_bare;                                            \
    static std::string wanted() { return want; }                                     \
    static std::optional<type> parse(std::string_view text) { return parser(text); } \
    static std::string print(const type& value) { return to_string(value); }         \
  }

SOCLE_MANIFEST_TEXT(Duration, "duration", "a duration such as 100ms, 5s or 10min", parse_duration, false);
SOCLE_MANIFEST_TEXT(DurationRange, "duration range", "a range of durations such as 100ms..10s", parse_duration_range,
                    false);
SOCLE_MANIFEST_TEXT(ByteSize, "size", "a size such as 512B, 64KiB or 1MiB", parse_size, false);
SOCLE_MANIFEST_TEXT(Rate, "rate", "a rate such as 5 per 60s", parse_rate, false);
SOCLE_MANIFEST_TEXT(Percentage, "percentage", "a percentage from 0% to 100% such as 5%", parse_percentage, false);
SOCLE_MANIFEST_TEXT(Version, "version", "a semantic version such as 1.2.3 or 1.2.3-rc.1", parse_version, false);
SOCLE_MANIFEST_TEXT(VersionRange, "version range", "a version range such as \">=1.2 <2\"", parse_version_range, false);
SOCLE_MANIFEST_TEXT(AbiVersion, "ABI version", "an ABI version such as 1.0", parse_abi_version, false);
SOCLE_MANIFEST_TEXT(ServiceId, "service", "a service such as storage/1", parse_service_id, false);
SOCLE_MANIFEST_TEXT(MethodRef, "method reference", "a method such as hello/1.greet", parse_method_ref, false);
SOCLE_MANIFEST_TEXT(CallPattern, "call pattern", "a pattern of calls such as storage/1.* or */1.get",
                    parse_call_pattern, false);
SOCLE_MANIFEST_TEXT(Address, "address", "an address such as 127.0.0.1:8080 or [::1]:8080", parse_address, false);
SOCLE_MANIFEST_TEXT(PublicKey, "public key", "an Ed25519 public key (64 hex digits, or base64 of its 32 bytes)",
                    parse_public_key, false);
#undef SOCLE_MANIFEST_TEXT

template <>
struct Text<Permission> {
  static constexpr std::string_view name = "permission";
  static constexpr bool bare = false;
  static std::string wanted();  // lists the kinds
  static std::optional<Permission> parse(std::string_view text) { return parse_permission(text); }
  static std::string print(const Permission& value) { return to_string(value); }
};

template <>
struct Text<std::string> {
  static constexpr std::string_view name = "string";
  static constexpr bool bare = false;
  static std::string wanted() { return "a string"; }
  static std::optional<std::string> parse(std::string_view text) { return std::string(text); }
  static std::string print(const std::string& value) { return value; }
};

template <>
struct Text<bool> {
  static constexpr std::string_view name = "boolean";
  static constexpr bool bare = true;
  static std::string wanted() { return "true or false"; }
  static std::optional<bool> parse(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
  }
  static std::string print(bool value) { return value ? "true" : "false"; }
};

template <>
struct Text<std::uint64_t> {
  static constexpr std::string_view name = "integer";
  static constexpr bool bare = true;
  static std::string wanted() { return "a whole number from 0 up such as 64"; }
  static std::optional<std::uint64_t> parse(std::string_view text) { return parse_unsigned(text); }
  static std::string print(std::uint64_t value) { return std::to_string(value); }
};

template <>
struct Text<std::int64_t> {
  static constexpr std::string_view name = "integer";
  static constexpr bool bare = true;
  static std::string wanted() { return "a whole number such as 64 or -1"; }
  static std::optional<std::int64_t> parse(std::string_view text) { return parse_integer(text); }
  static std::string print(std::int64_t value) { return std::to_string(value); }
};

template <>
struct Text<double> {
  static constexpr std::string_view name = "number";
  static constexpr bool bare = true;
  static std::string wanted() { return "a number such as 10 or 0.5"; }
  static std::optional<double> parse(std::string_view text) { return parse_number(text); }
  static std::string print(double value) { return to_string(value); }
};

// An enumeration is a table: template <> struct Choices<Home> { static constexpr Choice<Home> table[] = {...}; };
template <class E>
struct Choice {
  E value;
  std::string_view name;
};
template <class E>
struct Choices;

template <class E>
requires std::is_enum_v<E>
struct Text<E> {
  static constexpr std::string_view name = "choice";
  static constexpr bool bare = false;
  static std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    all.reserve(std::size(Choices<E>::table));
    for (const auto& choice : Choices<E>::table) all.push_back(choice.name);
    return all;
  }
  static std::string wanted() {
    const auto all = names();
    std::string text = all.size() == 2 ? "" : "one of ";
    for (std::size_t i = 0; i < all.size(); ++i) {
      text += (i == 0 ? "" : i + 1 == all.size() ? " or " : ", ") + std::string(all[i]);
    }
    return text;
  }
  static std::optional<E> parse(std::string_view text) {
    for (const auto& choice : Choices<E>::table) {
      if (choice.name == text) return choice.value;
    }
    return std::nullopt;
  }
  static std::string print(E value) {
    for (const auto& choice : Choices<E>::table) {
      if (choice.value == value) return std::string(choice.name);
    }
    return {};
  }
};

// For text that does not come from a manifest. Error: "expected a duration such as …, found 'fast'".
template <HasText T>
[[nodiscard]] Result<T> parse_value(std::string_view text) {
  if (auto value = Text<T>::parse(text)) return std::move(*value);
  return Error{Code::invalid, "expected " + Text<T>::wanted() + ", found " + in_quotes(text)};
}

}  // namespace socle::manifest
