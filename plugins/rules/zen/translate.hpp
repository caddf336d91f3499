// translate.hpp: ZEN to CEL. The meaning of ZEN (null for what is missing, decimals, no errors in between) is kept by
// the functions zen.*, which every ruleset knows; what is constant in a table's cell becomes the shorthand of our
// tables, so that imported tables are indexed and analysed like any other.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules::zen {

// What names mean where an expression stands. All texts are CEL.
struct Scope {
  std::string context = "null";  // the object whose fields bare names are
  std::string dollar = "null";   // $
  // $.name, when it is known by itself: the results of an expression node so far.
  std::map<std::string, std::string> results;
  std::map<std::string, std::string> nodes;  // $nodes.NAME
};

[[nodiscard]] Result<std::string> to_cel(std::string_view expression, const Scope& scope);
// A cell of our table; `scope.dollar` is the cell's `value`.
[[nodiscard]] Result<std::string> to_cell(std::string_view cell, const Scope& scope);

// A CEL text literal.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace socle::rules::zen
