// guard.hpp: the pass over has(x) && x > 5 and x != null && x > 5: the comparison takes the guard's answer upon itself,
// so that x is read once. Used by the compiler while lowering &&.
#pragma once

#include "op.hpp"

namespace socle::cel {

// True: `left` guards `right`, which now answers for both, and is needed no more.
[[nodiscard]] bool absorb_guard(const Op& left, Op& right);

}  // namespace socle::cel
