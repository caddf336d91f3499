// cost.hpp: the most fuel an expression can take, told before it ever runs, from the declared bounds of what it reads
// (maxItems, maxLength). Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"

namespace socle::cel {

struct CostEstimate {
  std::uint64_t most = 0;  // fuel; saturates at UINT64_MAX
  bool bounded = true;     // false: work depends on something without a declared bound, taken to have `assumed` items
  std::string unbounded;   // what that was, "record.items", for the author; empty when bounded
};
// `assumed`: items of a list and code points of a text that have no declared bound.
[[nodiscard]] CostEstimate estimate_cost(const Environment& environment, const Ast& ast, std::uint64_t assumed = 1000);
// The fuel with every declared bound reached, one item where there is none, and texts that are found where they are
// looked for: an expression that takes too much even so takes too much for sure.
[[nodiscard]] std::uint64_t least_cost(const Environment& environment, const Ast& ast);

}  // namespace socle::cel
