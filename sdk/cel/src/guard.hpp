// guard.hpp: what the compiler asks while lowering && and ||. The pass over has(x) && x > 5 and x != null && x > 5: the
// comparison takes the guard's answer upon itself, so that x is read once.
#pragma once

#include "op.hpp"

namespace socle::cel {

// True: `left` guards `right`, which now answers for both, and is needed no more.
[[nodiscard]] bool absorb_guard(const Op& left, Op& right);

// Whether it gives a bool or an error, whatever it reads. A checked type does not say so: where something is dyn the
// checker takes what is wanted for what is there.
[[nodiscard]] bool yields_bool(const Op& op);

}  // namespace socle::cel
