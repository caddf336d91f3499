// partial.hpp: evaluating what is known. Variables that the activation has are known, the others are not; what is left
// is a smaller expression, which can be printed, compiled, or split into a predicate that a store can answer from its
// indexes and a remainder that must be evaluated on each candidate.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/result.hpp"

namespace socle::cel {

// The residual: every part over known values replaced by its value, && || ?: decided where they can be. A part whose
// evaluation errs stays as it is, so that evaluating the residual errs in the same cases. The Ast is checked again.
Result<Ast> residual(const Environment& environment, const Ast& ast, const Activation& known,
                     const Limits& limits = {});

// A condition on fields of one record, in storage's words.
struct Predicate {
  enum class Kind : std::uint8_t { all, any, negation, compare, exists };
  enum class Operator : std::uint8_t { eq, ne, lt, le, gt, ge, in, prefix };
  Kind kind = Kind::all;               // all without children: true; any without children: false
  std::vector<Predicate> children;     // all, any: any number; negation: one
  Operator comparison = Operator::eq;  // compare
  std::vector<std::string> path;       // compare, exists: field names from the record's root
  std::vector<Constant> values;        // compare: one; in: any number

  // {"and": […]}, {"or": […]}, {"not": …}, {"eq": {"path": ["a", "b"], "value": 1}}, {"exists": {"path": […]}};
  // uint, timestamps and bytes have no JSON form of their own and are never in a predicate.
  [[nodiscard]] std::string to_json() const;
};

struct Split {
  Predicate predicate;  // true for every record for which the expression is true
  ExprPtr remainder;    // null: the predicate says it all; else to be evaluated on what the predicate admits
};
// `record` is the variable whose fields the store holds; "" takes bare variables as its fields. An expression is split
// at its top-level &&. A comparison goes to the store only if store and CEL agree on it when the field is missing or of
// another kind: both then exclude the record.
[[nodiscard]] Split split(const Environment& environment, const Ast& ast, std::string_view record);

}  // namespace socle::cel
