#include "verify/known.hpp"

#include <socle/json.hpp>

namespace socle::auth {

std::string claims_text(const Known& known, std::string_view name) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("user", known.user).member("name", name);
  if (!known.org.empty()) out.member("org", known.org);
  out.key("roles").begin_array();
  for (const std::string& role : known.roles) out.string(role);
  out.end_array();
  if (known.scoped) {
    out.key("scopes").begin_array();
    for (const std::string& scope : known.scopes) out.string(scope);
    out.end_array();
  }
  if (!known.session.empty()) out.member("session", known.session);
  if (!known.key.empty()) out.member("key", known.key);
  out.end_object();
  return text;
}

}  // namespace socle::auth
