// usage_service.hpp: the service tenants/1, which the kernel itself provides: `usage {}` answers what the context's
// tenant may and does use; GET /v1/usage leads there. Runs on the caller's worker and answers at once.
#pragma once

#include <memory>
#include <string_view>

#include "bus/bus.hpp"

namespace socle::tenants {

// What lifecycle::Lifecycle::add_house_service() takes beside make_usage_service()'s result.
extern const std::string_view usage_manifest;

// Asks the bus's TenantDirectory.
[[nodiscard]] std::unique_ptr<bus::Generation> make_usage_service(bus::Bus& bus);

}  // namespace socle::tenants
