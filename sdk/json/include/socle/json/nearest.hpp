// nearest.hpp: the name that was probably meant, for messages about a member, key or word that nobody knows: of
// documents, manifests and command lines alike. Pure, allocates nothing; any thread.
#pragma once

#include <span>
#include <string_view>

namespace socle::json {

// The word of `known` most like `word`, the first of several, or "". Optimal string alignment: one letter more, less or
// another, or two neighbours exchanged, differ by 1. At most a third of its letters may differ, one in short ones,
// never all. What is over 64 bytes is like nothing.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace socle::json
