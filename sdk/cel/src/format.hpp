// format.hpp: string.format() of the strings extension: %s %d %f %e %b %o %x %X %%.
#pragma once

#include "socle/cel/function.hpp"

namespace socle::cel {

[[nodiscard]] Value format_values(Context& c, std::string_view pattern, const Value& values);

}  // namespace socle::cel
