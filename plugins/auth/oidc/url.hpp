// url.hpp: the addresses of OpenID providers, read strictly (RFC 3986 without user information and fragments, hosts in
// lower case), and what is put into queries and forms. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socle::oidc {

struct Url {
  bool tls = true;   // https; else http
  std::string host;  // "idp.example.com", "127.0.0.1", "::1"
  std::uint16_t port = 443;
  std::string target;  // path and query, "/" at least

  // "https://idp.example.com", with the port where it is not the scheme's own.
  [[nodiscard]] std::string origin() const;
  // What the Host header says: origin() without the scheme.
  [[nodiscard]] std::string authority() const;
};

inline constexpr std::size_t max_url = 1024;

// Nothing when the text is no http(s) URL of this kind.
[[nodiscard]] std::optional<Url> read_url(std::string_view text);

// application/x-www-form-urlencoded, of a value: everything but letters, digits and -._~ as %XX.
[[nodiscard]] std::string encoded(std::string_view value);

// Where a browser may be sent after signing in: a path of ours. "/" for what is anything else (an open redirect).
[[nodiscard]] std::string safe_return(std::string_view path);

}  // namespace socle::oidc
