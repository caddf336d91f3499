// directory.cpp: looking things up in a directory.
#include "policy/directory.hpp"

#include <algorithm>

#include "policy/names.hpp"

namespace socle::authz {

bool Grant::covers(std::string_view resource) const {
  return resources.empty() || std::any_of(resources.begin(), resources.end(),
                                          [&](const auto& pattern) { return resource_covers(pattern, resource); });
}

std::optional<std::uint32_t> Directory::find(std::string_view role) const {
  const auto at = role_by_name_.find(role);
  return at == role_by_name_.end() ? std::nullopt : std::optional(at->second);
}

std::uint32_t Directory::unit(std::string_view name) const {
  const auto at = unit_by_name_.find(name);
  return at == unit_by_name_.end() ? none : at->second;
}

bool Directory::within(std::string_view unit_name, std::string_view above) const {
  if (unit_name == above) return true;
  const auto top = unit(above);
  if (top == none) return false;
  for (auto at = unit(unit_name); at != none; at = units_[at].parent)
    if (at == top) return true;
  return false;
}

std::vector<std::string_view> Directory::subtree(std::string_view unit_name) const {
  std::vector<std::string_view> out{unit_name};
  const auto top = unit(unit_name);
  if (top == none) return out;
  std::vector<std::uint32_t> open{top};
  for (std::size_t next = 0; next < open.size(); ++next)
    for (const auto child : units_[open[next]].children) {
      open.push_back(child);
      out.push_back(units_[child].name);
    }
  return out;
}

bool may(const Directory& directory, std::uint32_t role, std::string_view permission) {
  const auto [area, action] = parts_of(permission);
  for (const auto each : directory.closure(role))
    for (const auto& grant : directory.roles()[each].grants)
      for (const auto& given : grant.permissions)
        if (permission_covers(given, area, action)) return true;
  return false;
}

}  // namespace socle::authz
