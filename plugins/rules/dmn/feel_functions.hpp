// feel_functions.hpp: FEEL's built-in functions that are found in decision tables, as CEL. Any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "dmn/feel_term.hpp"
#include "dmn/feel_text.hpp"

namespace socle::rules::dmn {

// The function whose name and '(' stand here, both taken; nothing: none is known.
[[nodiscard]] std::optional<std::string_view> take_function(Cursor& cursor);
// REQUIRES: `name` is of take_function(). Code::unsupported: not with these arguments.
[[nodiscard]] Result<Term> called(std::string_view name, const std::vector<Term>& arguments);

}  // namespace socle::rules::dmn
