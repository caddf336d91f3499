// partial.hpp: evaluating what is known. Variables that the activation has are known, the others are not; what is left
// is a smaller expression, which can be printed, compiled, or turned into a question to a store (record_filter.hpp).
#pragma once

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/result.hpp"

namespace socle::cel {

// The residual: every part over known values replaced by its value, && || ?: decided where they can be. A part whose
// evaluation errs stays as it is, so that evaluating the residual errs in the same cases. The Ast is checked again.
Result<Ast> residual(const Environment& environment, const Ast& ast, const Activation& known,
                     const Limits& limits = {});

}  // namespace socle::cel
