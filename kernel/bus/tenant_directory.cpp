#include "bus/tenant_directory.hpp"

namespace socle::bus {

EntryRefusal entry_refusal(const TenantDirectory* tenants, std::string_view tenant) {
  if (tenants == nullptr || tenant.empty() || tenant.front() == '~') return {};
  const TenantDirectory::Entry entry = tenants->entry(tenant);
  if (entry == TenantDirectory::Entry::open) return {};
  const std::string name = "tenant '" + std::string(tenant) + "' ";
  switch (entry) {
    case TenantDirectory::Entry::suspended:
      return {SOCLE_DENIED, "tenant_suspended", name + "is suspended; ask its operator to resume it"};
    case TenantDirectory::Entry::deleting: return {SOCLE_DENIED, "tenant_deleting", name + "is being deleted"};
    case TenantDirectory::Entry::open:
    case TenantDirectory::Entry::unknown: break;
  }
  return {SOCLE_DENIED, "unknown_tenant", name + "does not exist"};
}

}  // namespace socle::bus
