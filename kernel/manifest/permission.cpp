#include "manifest/permission.hpp"

#include <algorithm>
#include <array>

#include "manifest/names.hpp"

namespace socle::manifest {

namespace {

constexpr std::array<PermissionForm, 11> forms{{
    {PermissionKind::call, "call", "SERVICE/N", "Call this service. Needed, with a grant, for every required service."},
    {PermissionKind::subscribe, "subscribe", "CHANNEL",
     "Get what another plugin's channel carries, of all tenants. Needed, as a grant, for every such subscription."},
    {PermissionKind::filter, "filter", "PATTERN",
     "Stand around the calls the pattern matches. Needed, as a grant, for every filter."},
    {PermissionKind::ingress, "ingress", "", "Make root contexts, that is: say who a request is for (gateway, auth)."},
    {PermissionKind::act_as, "act-as", "tenants", "Work for a tenant without a caller; each use is logged."},
    {PermissionKind::catalog, "catalog", "", "Read routes, plugins, health and metrics of the whole system."},
    {PermissionKind::threads, "threads", "", "Import thread functions; such a library is never unmapped."},
    {PermissionKind::dlopen, "dlopen", "", "Import `dlopen`."},
    {PermissionKind::read, "read", "/PATH", "In a cell: read files at or below this path."},
    {PermissionKind::write, "write", "/PATH", "In a cell: read, write and create files at or below this path."},
    {PermissionKind::network, "network", "", "In a cell: open sockets."},
}};

bool argument_fits(PermissionKind kind, std::string_view argument) {
  switch (kind) {
    case PermissionKind::call: return parse_service_id(argument).has_value();
    case PermissionKind::subscribe: return is_dotted_word(argument);
    case PermissionKind::filter: return parse_call_pattern(argument).has_value();
    case PermissionKind::act_as: return argument == "tenants";
    case PermissionKind::read:
    case PermissionKind::write: return argument.starts_with('/') && argument.find("..") == std::string_view::npos;
    case PermissionKind::ingress:
    case PermissionKind::catalog:
    case PermissionKind::threads:
    case PermissionKind::network:
    case PermissionKind::dlopen: return argument.empty();
  }
  return false;
}

}  // namespace

std::span<const PermissionForm> permission_forms() { return forms; }

std::optional<Permission> parse_permission(std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  std::string_view argument;
  if (colon != std::string_view::npos) {
    argument = text.substr(colon + 1);
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
    if (argument.empty()) return std::nullopt;
  }
  const auto form = std::find_if(forms.begin(), forms.end(), [&](const auto& known) { return known.name == name; });
  if (form == forms.end() || !argument_fits(form->kind, argument)) return std::nullopt;
  return Permission{form->kind, std::string(argument)};
}

std::string to_string(const Permission& permission) {
  for (const auto& form : forms) {
    if (form.kind != permission.kind) continue;
    return std::string(form.name) + (permission.argument.empty() ? "" : ":" + permission.argument);
  }
  return {};
}

}  // namespace socle::manifest
