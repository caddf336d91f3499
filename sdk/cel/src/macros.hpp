// macros.hpp: expansion of CEL's macros at parse time. Called by the parser for every call it has read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "factory.hpp"
#include "socle/cel/ast.hpp"

namespace socle::cel {

inline constexpr std::string_view accumulator_name = "@result";
inline constexpr std::string_view unused_name = "#unused";

// The expansion, having consumed `target` and `args`; null with no message when this call is no macro; null with a
// message (and its place) when it is one that is written wrongly.
ExprPtr expand_macro(Factory& factory, ExprPtr& target, const std::string& name, std::vector<ExprPtr>& args,
                     std::uint32_t offset, std::string& message, std::uint32_t& where);

}  // namespace socle::cel
