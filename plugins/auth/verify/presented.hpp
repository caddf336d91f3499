// presented.hpp: what a request shows of its sender, as the gateway passes it to auth/1.authenticate (meta; see
// docs/design/auth.md). Views into the call's payload. Any thread.
#pragma once

#include <socle/plugin.hpp>

#include <optional>

#include "credentials/secret_text.hpp"

namespace socle::auth {

enum class Access { open, authenticated, permission };

struct Presented {
  enum class Kind { none, session, key, token, bad };
  Kind kind = Kind::none;
  std::string_view text;  // the credential itself
  SecretText secret;      // of a session or key
  bool cookie = false;    // the browser sent it by itself: CSRF rules hold
  std::string_view why;   // of a bad one

  Access access = Access::authenticated;
  std::string_view permission;
  std::string_view method, path, host, origin, fetch_site, csrf, content_type, peer;
  std::string_view route;  // of a public one, as declared: "/v1/auth/links/{link}"

  // Where it went, as others may read it: the path of a public route may hold a secret, such as a one-time link.
  [[nodiscard]] std::string_view told_path() const { return access == Access::open ? route : path; }
};

[[nodiscard]] Presented read_presented(const Request& request);
// The credential alone: what Authorization says, else what the session's cookie holds. data() == nullptr: absent.
[[nodiscard]] Presented read_credential(std::string_view authorization, std::string_view cookie);

}  // namespace socle::auth
