// second_factor.hpp: whose roles demand a second factor: those that the operator names for all tenants
// (`second_factor_roles`), those that a tenant marks (`second_factor: true` of a role), and whatever inherits one of
// them. Asked when somebody has shown his password; on the worker of the call.
#pragma once

#include "access/tenant_view.hpp"
#include "core/settings.hpp"

namespace socle::auth {

class SecondFactor {
 public:
  // Warns of roles that the operator names and that are not built in.
  SecondFactor(Host& host, const Settings& settings, TenantViews& views);

  // `roles` as a user holds them: NAME or NAME@UNIT.
  Task<Got<bool>> demanded(Context context, const std::vector<std::string>& roles);

 private:
  [[nodiscard]] bool named(std::string_view role) const;

  const Settings& settings_;
  TenantViews& views_;
};

}  // namespace socle::auth
