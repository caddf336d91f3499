// rest.cpp: cel::residual replaces what is known as far as its value can be said and it stands outside of loops. What
// it leaves is replaced here: each path from a known variable by its value, or, when reading it errs, by an expression
// that errs in the same way and names nothing.
#include "policy/rest.hpp"

#include <cmath>

#include "socle/cel/partial.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/time.hpp"

namespace socle::authz {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::ExprPtr;

constexpr std::size_t most_values = 2000;  // elements of all literals together
constexpr unsigned deepest_literal = 16;

ExprPtr node(ExprKind kind) {
  auto out = std::make_unique<Expr>();
  out->kind = kind;
  return out;
}
ExprPtr constant(cel::Constant value) {
  auto out = node(ExprKind::constant);
  out->value = std::move(value);
  return out;
}
ExprPtr call(std::string function, ExprPtr first, ExprPtr second = nullptr) {
  auto out = node(ExprKind::call);
  out->name = std::move(function);
  out->args.push_back(std::move(first));
  if (second) out->args.push_back(std::move(second));
  return out;
}

class Closing {
 public:
  Closing(const Vocabulary& vocabulary, const cel::Ast& ast, const cel::Activation& known)
      : vocabulary_(vocabulary), ast_(ast), known_(known) {}

  // False when a value has no literal: the expression then cannot be said.
  bool close(ExprPtr& expr) {
    if (is_known_path(*expr)) {
      expr = value_of(*expr);
      return expr != nullptr;
    }
    for (auto& part : expr->args)
      if (!close(part)) return false;
    if (!expr->loop) return true;
    auto& loop = *expr->loop;
    return close(loop.range) && close(loop.init) && close(loop.condition) && close(loop.step) && close(loop.result);
  }

 private:
  // `user`, `user.a.b`, `has(user.a)`: a chain of names from a variable that is not the record.
  [[nodiscard]] bool is_known_path(const Expr& expr) const {
    const auto* at = &expr;
    for (;;) {
      const auto& reference = ast_.references[at->id];
      if (!reference.name.empty() && !reference.is_type &&
          (at->kind == ExprKind::ident || at->kind == ExprKind::select)) {
        const std::string_view name = reference.name;
        return !reference.is_local && name.substr(0, name.find('.')) != "record";
      }
      if (at->kind != ExprKind::select || at->args.empty()) return false;
      at = at->args[0].get();
    }
  }

  ExprPtr value_of(const Expr& path) {
    cel::Ast part;
    part.source = ast_.source;
    part.root = cel::clone(path);
    part.last_id = ast_.last_id;
    part.checked = true;
    part.types = ast_.types;
    part.references = ast_.references;
    const auto program = cel::Program::compile(vocabulary_.environment(), part);
    if (!program) return nullptr;
    cel::Arena arena(condition_memory);
    const auto value = program->evaluate(known_, arena, {condition_fuel, condition_memory, 0, nullptr, nullptr});
    // dyn: the value's own type must not make the checker refuse what the run-time would have answered.
    if (value.is_error()) return call("dyn", call("_/_", constant(std::int64_t{1}), constant(std::int64_t{0})));
    auto out = literal(value, 0);
    return out ? call("dyn", std::move(out)) : nullptr;
  }

  ExprPtr literal(const cel::Value& value, unsigned depth) {
    if (++values_ > most_values || depth > deepest_literal) return nullptr;
    switch (value.kind()) {
      case cel::Kind::null: return constant(std::monostate{});
      case cel::Kind::boolean: return constant(value.as_bool());
      case cel::Kind::integer: return constant(value.as_int());
      case cel::Kind::unsigned_integer: return constant(value.as_uint());
      case cel::Kind::real: return std::isfinite(value.as_double()) ? constant(value.as_double()) : nullptr;
      case cel::Kind::string: return constant(std::string(value.as_string()));
      case cel::Kind::timestamp: return call("timestamp", constant(cel::timestamp_text(value)));
      case cel::Kind::list:
      case cel::Kind::map: {
        const bool map = value.is(cel::Kind::map);
        auto out = node(map ? ExprKind::map : ExprKind::list);
        for (std::size_t i = 0; i < value.size(); ++i) {
          if (map) out->args.push_back(literal(value.key_at(i), depth + 1));
          if (map && !out->args.back()) return nullptr;
          out->args.push_back(literal(value.at(i), depth + 1));
          if (!out->args.back()) return nullptr;
        }
        return out;
      }
      default: return nullptr;
    }
  }

  const Vocabulary& vocabulary_;
  const cel::Ast& ast_;
  const cel::Activation& known_;
  std::size_t values_ = 0;
};

}  // namespace

Rest rest_of(const Vocabulary& vocabulary, const Condition& condition, const cel::Activation& known) {
  const cel::Limits limits{condition_fuel, condition_memory, 0, nullptr, nullptr};
  auto left = cel::residual(vocabulary.environment(), condition.ast, known, limits);
  if (!left || !left->root) return {};
  if (!reads(*left, *left->root, "record")) {
    const auto program = cel::Program::compile(vocabulary.environment(), *left);
    cel::Arena arena(condition_memory);
    const auto value = program ? program->evaluate(known, arena, limits) : cel::Value::error(nullptr);
    if (!value.is(cel::Kind::boolean)) return {};
    return {value.as_bool() ? Rest::Kind::always : Rest::Kind::never, {}};
  }
  if (!Closing(vocabulary, *left, known).close(left->root)) return {};
  return {Rest::Kind::depends, cel::unparse(*left->root)};
}

std::string quoted(std::string_view text) {
  Expr literal;
  literal.value = std::string(text);
  return cel::unparse(literal);
}

}  // namespace socle::authz
