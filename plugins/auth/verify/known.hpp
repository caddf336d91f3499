// known.hpp: a credential that has been verified, as a worker remembers it: whose it is, what it opens, how long it
// holds. Immutable but for its times and what is found out of it later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "session/lifetime.hpp"

namespace socle::auth {

struct Known {
  std::string tenant;
  std::string user;     // id, the principal
  std::string session;  // id of a session, or ""
  std::string key;      // id of an API key, or ""
  std::string claims;   // JSON, as the context will hold it
  std::string org;
  std::vector<std::string> roles;
  std::vector<std::string> scopes;  // what a key or token is narrowed to
  bool factor_due = false;          // of a session: opens what sets a second factor up
  bool scoped = false;              // only `scopes` are open, within what the roles open
  std::string csrf;                 // of a session: what forms must send
  Lifetime lifetime;
  Span span;  // a session's, also of a token got with it; of a key and its tokens ends == limit
  Milliseconds token_ends = Milliseconds::max();  // of a token: its own end, whatever its session's
  // Permissions that the tenant's own roles and rules were found to open, as of this view of them (TenantView::number).
  struct Opened {
    std::uint64_t view = 0;
    std::vector<std::string> permissions;
  };
  Opened opened;

  [[nodiscard]] bool holds(Milliseconds now) const { return !over(span, now) && now < token_ends; }
};

// {"user":…,"name":…,"org":…,"roles":[…],"scopes":[…],"session":…,"key":…}
[[nodiscard]] std::string claims_text(const Known& known, std::string_view name);

}  // namespace socle::auth
