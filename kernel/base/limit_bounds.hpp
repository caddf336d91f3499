// limit_bounds.hpp: what a tenant's limits can be at all. Beyond these a request would wait for ever: the manifest
// refuses such numbers, the scheduler holds whatever it is given within them.
#pragma once

namespace socle::base {

inline constexpr double least_weight = 1e-3, most_weight = 1e6;  // shares
inline constexpr double least_cpu = 1e-3;                        // cores

}  // namespace socle::base
