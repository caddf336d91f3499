#include "policy/giving.hpp"

#include <algorithm>

#include "policy/names.hpp"

namespace socle::authz {
namespace {

bool covers(std::string_view own, std::string_view given) {
  if (own == "*" || own == given) return true;
  const auto [area, action] = parts_of(given);
  if (given == "*" || parts_of(own).area != area) return false;
  return own.ends_with(":*") || (action != "*" && permission_covers(own, area, action));
}

template <class List>
bool any_covers(const List& list, std::string_view given) {
  return std::any_of(list.begin(), list.end(), [given](const auto& one) { return covers(one, given); });
}

}  // namespace

Giving::Giving(const Directory& directory, const Subject& subject) : directory_(directory), subject_(subject) {
  for (const auto& held : subject.roles()) {
    const auto role = directory.find(held.role);
    if (!role || !held.unit.empty()) continue;
    for (const auto number : directory.closure(*role))
      for (const auto& grant : directory.roles()[number].grants)
        if (grant.unlimited()) own_.insert(own_.end(), grant.permissions.begin(), grant.permissions.end());
  }
}

bool Giving::has(std::string_view permission) const {
  return any_covers(own_, permission) && (!subject_.scopes() || any_covers(*subject_.scopes(), permission));
}

std::string_view Giving::beyond(const Directory& directory, std::string_view role) const {
  const auto number = directory.find(role);
  if (!number) return {};
  for (const auto each : directory.closure(*number))
    for (const auto& grant : directory.roles()[each].grants)
      for (const auto& permission : grant.permissions)
        if (!has(permission)) return permission;
  return {};
}

bool Giving::may_give(const std::vector<std::string>& roles) const {
  return std::all_of(roles.begin(), roles.end(), [this](std::string_view held) {
    const auto number = directory_.find(held.substr(0, held.find('@')));
    const bool built_in = number && directory_.roles()[*number].built_in;
    return built_in ? beyond(directory_, directory_.roles()[*number].name).empty() : has("*");
  });
}

}  // namespace socle::authz
