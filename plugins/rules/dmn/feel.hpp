// feel.hpp: the FEEL that stands in decision tables, as CEL: unary tests become cells of our tables, expressions use
// the functions zen.* for FEEL's arithmetic on decimals. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules::dmn {

// The names an expression may use; they may hold spaces ("Monthly Income"). Each is a field of `input`.
using Names = std::vector<std::string>;

// Code::invalid: "1:7: …"; Code::unsupported: FEEL beyond what tables need.
[[nodiscard]] Result<std::string> feel_expression(std::string_view text, const Names& names);
// A cell: "-", "<18", "[1..5[", "\"a\",\"b\"", "not(…)", "? > 5".
[[nodiscard]] Result<std::string> feel_cell(std::string_view text, const Names& names);
// "\"a\",\"b\"": allowed values, one expression each.
[[nodiscard]] Result<std::vector<std::string>> feel_values(std::string_view text, const Names& names);

}  // namespace socle::rules::dmn
