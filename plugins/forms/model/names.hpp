// names.hpp: the rewriting of names in a parsed expression, before it is checked. Private to the language.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/field.hpp"
#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"

namespace socle::forms {

// A name that stands for something else than a field when it is written bare.
[[nodiscard]] bool is_built_in(const cel::Environment& environment, std::string_view name);

// Logic: each mention of a field becomes a variable named by its path, has(field) becomes a comparison with null.
class LogicNames {
 public:
  // `table`: the sub-table in whose rows the expression is evaluated, or Field::none.
  LogicNames(const Catalogue& catalogue, const cel::Environment& environment, std::uint32_t table)
      : catalogue_(catalogue), environment_(environment), table_(table) {}

  void rewrite(cel::Ast& ast);
  std::vector<std::uint32_t> reads;  // fields, sorted
  std::vector<cel::Issue> issues;    // with offsets only

 private:
  void walk(cel::ExprPtr& expr);
  bool chain(cel::ExprPtr& expr);
  void replace(cel::ExprPtr& outer, std::size_t keep, std::string name);

  const Catalogue& catalogue_;
  const cel::Environment& environment_;
  const std::uint32_t table_;
  std::vector<std::string> locals_;
  std::uint32_t last_id_ = 0;
};

// Strict: a bare field becomes record.field; a text compared with a date or a moment becomes one.
class StrictNames {
 public:
  StrictNames(const Catalogue& catalogue, const cel::Environment& environment)
      : catalogue_(catalogue), environment_(environment) {}

  void rewrite(cel::Ast& ast);

 private:
  void walk(cel::ExprPtr& expr);
  void typed_constants(cel::Expr& comparison);
  [[nodiscard]] FieldType type_of(const cel::Expr& expr) const;
  cel::ExprPtr node(cel::ExprKind kind, std::uint32_t offset);

  const Catalogue& catalogue_;
  const cel::Environment& environment_;
  std::vector<std::string> locals_;
  std::uint32_t last_id_ = 0;
};

}  // namespace socle::forms
