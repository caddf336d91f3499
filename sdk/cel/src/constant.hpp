// constant.hpp: a literal of the Ast as a value.
#pragma once

#include "socle/cel/ast.hpp"
#include "socle/cel/value.hpp"

namespace socle::cel {

// Texts and bytes are copied into the arena.
[[nodiscard]] Value constant_value(Arena& arena, const Constant& value);

}  // namespace socle::cel
