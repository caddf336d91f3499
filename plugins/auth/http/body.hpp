// body.hpp: what a request of /v1/auth says and who makes it, and the answers that several endpoints give. One call's,
// on its worker.
#pragma once

#include <socle/json.hpp>

#include "core/got.hpp"

namespace socle::auth {

class Body {
 public:
  // A JSON object, or nothing at all.
  static Got<Body> of(const Request& request);
  // "" when it is absent or no text.
  [[nodiscard]] std::string text(std::string_view name) const { return std::string(member(name).as_string()); }
  [[nodiscard]] json::View member(std::string_view name) const { return document_.root().find(name); }
  [[nodiscard]] bool has(std::string_view name) const { return member(name).exists(); }

 private:
  json::Document document_;
};

// Who asks, as the context says.
struct Caller {
  std::string user, session, key;
  std::vector<std::string> roles;
  bool scoped = false;  // by a key, or a token that is narrowed: less than the user is open
  // In person: what the account itself wants.
  [[nodiscard]] bool signed_in() const { return !session.empty() && !scoped; }
};
[[nodiscard]] Caller caller_of(Context context);

struct Fault {
  std::string pointer, code, message;
};
// 422 with one error a field.
[[nodiscard]] Reply invalid(const std::vector<Fault>& faults);
// The same, of a new password on the operator's list.
[[nodiscard]] Reply listed_password(std::string_view pointer);
[[nodiscard]] Reply unknown(std::string_view what);  // 404
// The account's own business: a key, a narrowed token or a listener's identity cannot do it.
[[nodiscard]] Reply session_needed();
// JSON that no cache may keep.
[[nodiscard]] Reply private_json(std::string_view text);

// Where the request comes from, of routes with `headers: all`.
struct Origin {
  std::string peer, agent;
  std::string cookie;        // the session cookie's value, "" when it has none
  bool secure = false;       // the cookie is set with Secure and the __Host- prefix
  bool may_sign_in = false;  // not over a plain connection from elsewhere
};
[[nodiscard]] Origin origin_of(const Request& request, bool behind_tls);
// A cookie of that name; "" when there is none.
[[nodiscard]] std::string cookie_of(const Request& request, std::string_view name);
// Set-Cookie of a session; "" as the secret takes it back.
[[nodiscard]] std::string session_cookie(const Origin& origin, std::string_view secret);

}  // namespace socle::auth
