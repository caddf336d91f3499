// nearest.hpp: the name that was probably meant, for messages about a member nobody knows. Pure; any thread.
#pragma once

#include <span>
#include <string_view>

namespace socle::json {

// The word of `known` most like `word` (optimal string alignment), or "": at most a third of its letters may differ,
// one in short ones. What is over 64 bytes is like nothing.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace socle::json
