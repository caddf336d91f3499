// uri.hpp: URI references taken apart, put together and resolved (RFC 3986, sections 3, 5.2 and 5.3). The compiler of
// schemas uses it for $id and $ref. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::schema {

struct Uri {
  std::optional<std::string> scheme;
  std::optional<std::string> authority;
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;  // still percent-encoded

  static Uri parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string without_fragment() const;
};

// `reference` as seen from `base`.
Uri resolve(const Uri& base, std::string_view reference);
// Percent-decoded; malformed escapes stay as they are.
std::string percent_decode(std::string_view text);

}  // namespace socle::schema
