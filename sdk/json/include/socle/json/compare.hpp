// compare.hpp: equality and hash of JSON values. Any thread, no allocation, linear time.
#pragma once

#include <cstdint>

#include "socle/json/view.hpp"

namespace socle::json {

// Equal as JSON values: numbers by exact value however written (1, 1.0 and 10e-1; big ones too; -0 equals 0), strings
// by bytes, arrays in order, objects whatever the order of their members. Two absent views are equal.
[[nodiscard]] bool equal(View a, View b);

// Equal values have equal hashes. Not keyed: do not put an attacker's values into an unbounded hash table by it.
[[nodiscard]] std::uint64_t hash(View value);

}  // namespace socle::json
