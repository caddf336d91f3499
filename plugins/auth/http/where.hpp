// where.hpp: which tenant a request that shows no credential means, and at which address of ours it came in. Any
// thread.
#pragma once

#include "core/settings.hpp"
#include "http/body.hpp"

namespace socle::auth {

[[nodiscard]] bool is_tenant_name(std::string_view text);

// What the request says, else the listener's, else the Host header's; "" when none does. May be no tenant's name.
[[nodiscard]] std::string tenant_of(const Request& request, const Settings& settings, std::string said);

// "https://app.example.com": public_url, unless the request came by a name of `hosts`, or, on a loopback listener, by
// an address of loopback.
[[nodiscard]] std::string base_url(const Request& request, const Settings& settings);

}  // namespace socle::auth
