// permissions.hpp: what the built-in roles open. A permission is AREA:ACTION as routes declare it; a pattern is that,
// or `AREA:*`, or `*`. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace socle::auth {

[[nodiscard]] bool covers(std::string_view pattern, std::string_view permission);
// A role of this name is built in.
[[nodiscard]] bool is_built_in(std::string_view role);
// Some of these roles grants it. Unknown roles grant nothing.
[[nodiscard]] bool permits(std::span<const std::string> roles, std::string_view permission);

}  // namespace socle::auth
