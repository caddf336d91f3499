// permission.hpp: the closed list of what a plugin may ask for and an operator may grant. Any thread.
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace socle::manifest {

enum class PermissionKind {
  call,       // call:storage/1
  subscribe,  // subscribe:CHANNEL
  filter,     // filter:storage/1.*
  ingress,
  act_as,  // act-as: tenants
  catalog,
  threads,
  dlopen,
  read,   // read:/path
  write,  // write:/path
  network,
};

struct Permission {
  PermissionKind kind = PermissionKind::call;
  std::string argument;  // "storage/1", "records.changed", "tenants"; "" for kinds without one
  friend auto operator<=>(const Permission&, const Permission&) = default;
};

struct PermissionForm {
  PermissionKind kind;
  std::string_view name;
  std::string_view argument;  // what stands after the colon in the reference; "" for none
  std::string_view describe;
};
[[nodiscard]] std::span<const PermissionForm> permission_forms();

// Blanks after the colon do not count: "act-as: tenants" is "act-as:tenants".
[[nodiscard]] std::optional<Permission> parse_permission(std::string_view text);
[[nodiscard]] std::string to_string(const Permission& permission);

}  // namespace socle::manifest
