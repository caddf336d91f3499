// mixed.hpp: arithmetic between whole numbers and doubles, for environments with Options::mixed_numbers.
#pragma once

#include <span>

#include "library.hpp"

namespace socle::cel {

std::span<const Builtin> mixed_functions();

}  // namespace socle::cel
