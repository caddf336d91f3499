#include "access/second_factor.hpp"

#include <algorithm>

#include "identity/permissions.hpp"

namespace socle::auth {
namespace {

constexpr std::string_view any_role = "*";

std::string_view role_of(std::string_view held) { return held.substr(0, held.find('@')); }

}  // namespace

SecondFactor::SecondFactor(Host& host, const Settings& settings, TenantViews& views)
    : settings_(settings), views_(views) {
  for (const std::string& role : settings.second_factor_roles)
    if (role != any_role && !is_built_in(role))
      host.log(Level::warn,
               "second_factor_roles: no built-in role '" + role + "'; it counts only where a tenant has one");
}

bool SecondFactor::named(std::string_view role) const {
  const auto& roles = settings_.second_factor_roles;
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

// The tenant's own roles are read only for those who hold one: what is built in inherits nothing.
Task<Got<bool>> SecondFactor::demanded(Context context, const std::vector<std::string>& roles) {
  if (named(any_role)) co_return true;
  bool own = false;
  for (const auto& held : roles) {
    if (named(role_of(held))) co_return true;
    own = own || !is_built_in(role_of(held));
  }
  if (!own) co_return false;
  auto view = co_await views_.get(context);
  if (!view) co_return std::move(view).problem();
  const auto& directory = *(*view)->directory;
  for (const auto& held : roles) {
    const auto number = directory.find(role_of(held));
    if (!number) continue;
    for (const auto each : directory.closure(*number)) {
      const auto& role = directory.roles()[each];
      if (role.second_factor || named(role.name)) co_return true;
    }
  }
  co_return false;
}

}  // namespace socle::auth
