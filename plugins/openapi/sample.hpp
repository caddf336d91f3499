// sample.hpp: a value that a schema is likely to accept: its own example, else one made from its keywords. Whether it
// is accepted is for the caller to try. Pure; any thread.
#pragma once

#include <string>

#include "socle/json/view.hpp"

namespace socle::openapi {

// JSON text. Recursion ends at 16 levels, lists hold at most 8 elements.
[[nodiscard]] std::string sample_of(json::View schema);

}  // namespace socle::openapi
