// weakness.hpp: which passwords are refused when they are set: too short, or among those that are guessed first. No
// rules about kinds of characters: they make passwords worse. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socle::auth {

// What is wrong, for the person who chose it; nothing when it will do. `least`: characters.
[[nodiscard]] std::optional<std::string> weakness(std::string_view password, std::string_view username,
                                                  std::string_view tenant, std::size_t least);

}  // namespace socle::auth
