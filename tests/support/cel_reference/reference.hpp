// reference.hpp: CEL by the book: a plain walk over the Ast that interprets comprehensions as the folds they are, with
// no compile step, no slots, no folding. Slow on purpose; only to compare the real evaluator with. Of a checked Ast it
// reads values as their types have them: where a field, an element of a list or map or a loop's item is declared to be
// a date, a timestamp or a number of one kind, and where a choice between whole numbers and doubles is a double.
// What it shares with the product: the parser, the checker and their Ast, the values and their text, the order of
// values, looking a field up in a map, and those functions that functions.hpp does not have.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/function.hpp"
#include "socle/cel/value.hpp"
#include "support/cel_reference/functions.hpp"

namespace cel_reference {

class Reference {
 public:
  using Bindings = std::vector<std::pair<std::string, socle::cel::Value>>;
  // `checked`: whose types are used, and whose root (or a part of it) is evaluated; null: no types.
  Reference(const socle::cel::Environment& env, Bindings bindings, socle::cel::Arena& arena,
            const socle::cel::Ast* checked = nullptr)
      : env_(env), checked_(checked), scope_(std::move(bindings)), context_(arena, 10'000'000, 0, nullptr, nullptr) {}

  socle::cel::Value evaluate(const socle::cel::Expr& expr);

 private:
  using Value = socle::cel::Value;
  using Expr = socle::cel::Expr;
  Value error(const char* what) { return context_.error(socle::cel::ErrorCode::invalid_argument, what); }
  Value ident(const Expr& e);
  Value list(const Expr& e);
  Value map(const Expr& e);
  // The element for an entry written with `?`; nothing: it is left out. `out` is an error when it is no optional.
  bool given(const Expr& e, std::size_t entry, Value& out);
  Value select(const Expr& e);
  Value select_optional(const Expr& e);
  // A field or an element of an optional, or one that may be missing: an optional. `there`: it was found.
  Value perhaps(bool there, const Value& found, const socle::cel::Type& type);
  Value index(const Expr& e);
  Value or_else(const Expr& e);
  Value call(const Expr& e);
  Value apply(const std::string& name, const Values& args, bool member);
  static Value nothing_of(const socle::cel::Type& type);
  Value junction(const Expr& e, bool decisive);
  Value loop(const Expr& e);
  [[nodiscard]] const socle::cel::Type& type_of(const Expr& e) const;
  Value declared(const Value& value, const socle::cel::Type& type);

  const socle::cel::Environment& env_;
  const socle::cel::Ast* checked_;
  Bindings scope_;
  socle::cel::Context context_;
};

}  // namespace cel_reference
