// reference.hpp: CEL by the book: a plain walk over the Ast that interprets comprehensions as the folds they are, with
// no compile step, no slots, no folding. Slow on purpose; only to compare the real evaluator with.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/function.hpp"
#include "socle/cel/value.hpp"

namespace cel_reference {

class Reference {
 public:
  using Bindings = std::vector<std::pair<std::string, socle::cel::Value>>;
  Reference(const socle::cel::Environment& env, Bindings bindings, socle::cel::Arena& arena)
      : env_(env), scope_(std::move(bindings)), context_(arena, 10'000'000, 0, nullptr, nullptr) {}

  socle::cel::Value evaluate(const socle::cel::Expr& expr);

 private:
  using Value = socle::cel::Value;
  using Expr = socle::cel::Expr;
  Value error(const char* what) { return context_.error(socle::cel::ErrorCode::invalid_argument, what); }
  Value ident(const Expr& e);
  Value select(const Expr& e);
  Value call(const Expr& e);
  Value apply(const std::string& name, const std::vector<Value>& args, bool member);
  Value junction(const Expr& e, bool decisive);
  Value loop(const Expr& e);

  const socle::cel::Environment& env_;
  Bindings scope_;
  socle::cel::Context context_;
};

}  // namespace cel_reference
