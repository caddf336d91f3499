// encoded.hpp: the suite's encoded values ({"int":"1"}, {"list":[…]}) to cel values, and their comparison.
#pragma once

#include <string>

#include "socle/cel/value.hpp"
#include "socle/json/view.hpp"

namespace cel_suite {

// The value in the arena; `ok` is cleared when the encoding is unknown.
socle::cel::Value decode(socle::cel::Arena& arena, socle::json::View encoded, bool& ok);
// As the suite compares: kinds must agree, NaN equals NaN, maps are unordered.
bool same(const socle::cel::Value& a, const socle::cel::Value& b);

}  // namespace cel_suite
