// strength.hpp: whether somebody signed in at the provider as this tenant demands of it: by means that are strong
// enough, and lately (OpenID Connect Core 1.0, 3.1.3.7, 12 and 13; ASVS 5.0, 6.8.4). Pure; any thread.
#pragma once

#include <socle/json.hpp>

#include <string>

#include "oidc/provider.hpp"

namespace socle::oidc {

// What an ID token that is believed lacks; "" when nothing. `begun`: when the sign-in here began, in seconds since
// 1970; a provider that was asked for `max_age` may say `auth_time` from then on, too.
[[nodiscard]] std::string too_weak(json::View claims, const Strength& wanted, std::int64_t begun);

}  // namespace socle::oidc
