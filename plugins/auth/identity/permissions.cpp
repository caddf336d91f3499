#include "identity/permissions.hpp"

#include <algorithm>
#include <array>

namespace socle::auth {
namespace {

struct BuiltIn {
  std::string_view role;
  std::array<std::string_view, 6> patterns;
};
// An administrator has all of the tenant; the owner beside him is for what the operator may keep from administrators
// later. Everybody's own account needs no permission.
constexpr std::array<BuiltIn, 4> built_in{{
    {"owner", {"*"}},
    {"admin", {"*"}},
    {"member", {"records:*", "rules:evaluate", "forms:read", "models:read", "files:*"}},
    {"viewer", {"records:read", "forms:read", "models:read", "files:read"}},
}};

const BuiltIn* find(std::string_view role) {
  const auto found =
      std::find_if(built_in.begin(), built_in.end(), [role](const BuiltIn& b) { return b.role == role; });
  return found == built_in.end() ? nullptr : found;
}

bool grants(const BuiltIn& role, std::string_view permission) {
  return std::any_of(role.patterns.begin(), role.patterns.end(),
                     [permission](std::string_view p) { return !p.empty() && covers(p, permission); });
}

}  // namespace

bool covers(std::string_view pattern, std::string_view permission) {
  if (pattern == "*" || pattern == permission) return true;
  if (pattern.size() < 3 || pattern.substr(pattern.size() - 2) != ":*") return false;
  const std::string_view area = pattern.substr(0, pattern.size() - 1);
  return permission.substr(0, area.size()) == area;
}

bool is_built_in(std::string_view role) { return find(role) != nullptr; }

bool permits(std::span<const std::string> roles, std::string_view permission) {
  return std::any_of(roles.begin(), roles.end(), [permission](const std::string& name) {
    const BuiltIn* role = find(name);
    return role != nullptr && grants(*role, permission);
  });
}

}  // namespace socle::auth
