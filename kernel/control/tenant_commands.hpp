// tenant_commands.hpp: `socle tenant …` on the control socket, and what status and doctor say of tenants. Control
// threads; every call may block. Administrators and tokens are the auth/1 provider's, when one is loaded:
//
//   auth/1.invite {tenant, username, roles} → {username, password_link}     auth/1.issue {tenant, user?} → {token}
//
// both called for that tenant with the kernel as principal.
#pragma once

#include <string>
#include <vector>

#include "control/arguments.hpp"
#include "control/server.hpp"
#include "lifecycle/lifecycle.hpp"
#include "tenants/housekeeper.hpp"
#include "tenants/registry.hpp"

namespace socle::control {

class TenantCommands {
 public:
  TenantCommands(lifecycle::Lifecycle& lifecycle, tenants::Registry& registry, tenants::Housekeeper& housekeeper)
      : lifecycle_(lifecycle), registry_(registry), housekeeper_(housekeeper) {}
  // The words behind `tenant`.
  [[nodiscard]] Answer run(const std::vector<std::string>& words);
  [[nodiscard]] size_t count() const { return registry_.count(); }
  // "no tenant 'acmee'; did you mean 'acme'?"; "" when it is one.
  [[nodiscard]] std::string unknown(const std::string& tenant) const;
  [[nodiscard]] Status known(const std::string& tenant) const;
  // One error for all of `tenants` that are not there.
  [[nodiscard]] Status all_known(const std::vector<std::string>& tenants) const;
  [[nodiscard]] std::string stuck() const { return housekeeper_.stuck(); }

 private:
  Answer create(const Arguments& args);
  Answer create_from(const Arguments& args);
  Answer token(const std::string& tenant, const std::string& user);
  [[nodiscard]] Answer state_of(const std::string& tenant) const;
  lifecycle::Lifecycle& lifecycle_;
  tenants::Registry& registry_;
  tenants::Housekeeper& housekeeper_;
};

}  // namespace socle::control
