// roles.hpp: administering roles, units and the list of policies: /v1/auth/roles, /units, /policies. All of a tenant's
// roles and units are one document, so that a change is checked as a whole and happens as a whole. Nobody gives what he
// has not: a role can only be made, changed or removed by somebody who has every permission in it, without limits. The
// units say how far roles and grants reach, so they want everything. What users hold is not removed.
#pragma once

#include <functional>

#include "access/access.hpp"

namespace socle::auth {

class Roles {
 public:
  Roles(Host& host, Store& store, Authorizer& access);

  Task<Reply> list(Request request);       // GET  /v1/auth/roles
  Task<Reply> get(Request request);        // GET  /v1/auth/roles/{role}
  Task<Reply> put(Request request);        // PUT  /v1/auth/roles/{role}
  Task<Reply> remove(Request request);     // DELETE /v1/auth/roles/{role}
  Task<Reply> units(Request request);      // GET  /v1/auth/units
  Task<Reply> put_units(Request request);  // PUT  /v1/auth/units {units: […]}
  Task<Reply> policies(Request request);   // GET  /v1/auth/policies

  // auth/1.access_changed: of this plugin's own generations: the worker forgets what it knows of the tenant.
  Reply changed(Request request);
  // A message of models.published.
  Task<Reply> published(Request request);

 private:
  struct Change {
    std::uint64_t revision;  // that it is a change of
    std::string document;    // {roles, units}
  };
  Task<Got<std::uint64_t>> store_change(Context context, const Change& change);
  Task<Status> announce(Context context);
  // The name of a user for whom `held` is true; "" when there is none. Reads all of them: for what is seldom done.
  Task<Got<std::string>> holder(Context context, const std::function<bool(json::View)>& held);
  Reply role_reply(const Charter& charter, std::string_view name) const;

  Host& host_;
  Store& store_;
  Authorizer& access_;
  Target changed_;
};

}  // namespace socle::auth
