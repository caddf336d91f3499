// functions.hpp: what functions mean, written without the product's: texts over lists of code points, sets and lists by
// loops, numbers by arithmetic, and an equality of its own. What is not here (conversions, order, arithmetic, time,
// decimals, patterns, format, network) the reference walk takes from the product.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "socle/cel/function.hpp"
#include "socle/cel/value.hpp"

namespace cel_reference {

using Values = std::vector<socle::cel::Value>;
using Answer = std::optional<socle::cel::Value>;

// ==: numbers by value over all kinds (a decimal and a double are never equal), lists and maps deep.
[[nodiscard]] bool alike(const socle::cel::Value& a, const socle::cel::Value& b);

// The function's value or error; nothing: it is none of those written here.
[[nodiscard]] Answer own_function(socle::cel::Context& c, const std::string& name, const Values& args, bool member);

// Its parts: nothing where name and arguments are none of theirs.
[[nodiscard]] Answer text_function(socle::cel::Context& c, const std::string& name, const Values& args);
[[nodiscard]] Answer number_function(socle::cel::Context& c, const std::string& name, const Values& args);

}  // namespace cel_reference
