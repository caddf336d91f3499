#include "lifecycle/confine.hpp"

#include <algorithm>

namespace socle::lifecycle {

cell::Sandbox sandbox_of(const Package& package) {
  cell::Sandbox sandbox;
  const auto& grants = package.entry.grants;
  for (const manifest::Permission& asked : package.manifest->permissions) {
    if (std::find(grants.begin(), grants.end(), asked) == grants.end()) continue;
    if (asked.kind == manifest::PermissionKind::read) sandbox.read.push_back(asked.argument);
    if (asked.kind == manifest::PermissionKind::write) sandbox.write.push_back(asked.argument);
    if (asked.kind == manifest::PermissionKind::network) sandbox.network = true;
  }
  sandbox.memory = package.entry.limits.memory.bytes;
  sandbox.files = package.entry.limits.files;
  sandbox.cpu = package.entry.limits.cpu;
  return sandbox;
}

}  // namespace socle::lifecycle
