// checker.hpp: gives every node of an Ast its type and resolves its names. Called by Environment::check.
#pragma once

#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"

namespace socle::cel {

// Fills ast.types and ast.references; all faults go to `issues`.
void check_ast(const Environment& environment, Ast& ast, std::vector<Issue>& issues);

// "a.b.c" when the expression is nothing but names joined by dots; empty otherwise. `first` gets the leftmost ident.
[[nodiscard]] std::string qualified_name(const Expr& expr, const Expr*& first);

}  // namespace socle::cel
