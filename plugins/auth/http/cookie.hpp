// cookie.hpp: one cookie of a request's Cookie field (RFC 6265, 5.4). Pure.
#pragma once

#include <string>
#include <string_view>

namespace socle::auth {

// The value of the first one of that name; "" when there is none.
[[nodiscard]] std::string cookie_in(std::string_view field, std::string_view name);

}  // namespace socle::auth
