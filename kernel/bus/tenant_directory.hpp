// tenant_directory.hpp: what the bus asks about tenants; kernel/tenants answers. Every function may be called on any
// worker at any time and neither locks nor blocks. Names that begin with '~' and "" are nobody's tenants: the kernel,
// plugins and peers that have not said who they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "socle/abi.h"

namespace socle::bus {

class TenantDirectory {
 public:
  // Whether requests of this tenant are served.
  enum class Entry : uint8_t { open, suspended, deleting, unknown };
  virtual ~TenantDirectory() = default;
  [[nodiscard]] virtual Entry entry(std::string_view tenant) const = 0;
  // The plan's number; +inf when it has none of this name or there is no such tenant.
  [[nodiscard]] virtual double limit(std::string_view tenant, std::string_view name) const = 0;
  // The name of its plan, "" without one; good until the calling worker's turn ends.
  [[nodiscard]] virtual std::string_view plan(std::string_view) const { return {}; }
  // Adds to a flow.
  virtual void meter(std::string_view tenant, std::string_view name, double amount, int64_t now) = 0;
  // Sets a stock.
  virtual void meter_level(std::string_view tenant, std::string_view name, double level) = 0;
  // What the tenant may and does use, as JSON; "" when there is no such tenant.
  [[nodiscard]] virtual std::string usage_json(std::string_view tenant, int64_t now) const = 0;
};

// Why a request of this tenant is not let in, as a call's outcome; status OK when it is.
struct EntryRefusal {
  socle_status status = SOCLE_OK;
  std::string_view code;
  std::string message;
};
[[nodiscard]] EntryRefusal entry_refusal(const TenantDirectory* tenants, std::string_view tenant);

}  // namespace socle::bus
