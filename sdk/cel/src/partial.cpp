// partial.cpp: residuals. Maximal parts over known variables are compiled and run; the rest is rebuilt around them.
#include "socle/cel/partial.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "checker.hpp"
#include "code.hpp"
#include "decimal.hpp"
#include "factory.hpp"
#include "op_logic.hpp"
#include "socle/cel/time.hpp"

namespace socle::cel {
namespace {

class Residual {
 public:
  Residual(const Environment& env, const Ast& ast, const Activation& known, const Limits& limits)
      : env_(env), ast_(ast), known_(known), limits_(limits), factory_(100000, ast.last_id) {}

  ExprPtr reduce(const Expr& e) {
    if (e.kind == ExprKind::constant) return clone(e);
    if (is_known(e)) {
      if (auto value = run(e)) return value;
      return clone(e);
    }
    if (e.kind == ExprKind::call && !e.member) {
      if (e.name == "_&&_" || e.name == "_||_") return junction(e);
      if (e.name == "_?_:_") return choice(e);
    }
    auto copy = shallow(e);
    for (const auto& arg : e.args) copy->args.push_back(reduce(*arg));
    if (e.loop) copy->loop = loop(*e.loop);
    return copy;
  }
  [[nodiscard]] std::uint32_t last_id() const { return factory_.last_id(); }

 private:
  static ExprPtr shallow(const Expr& e) {
    auto copy = std::make_unique<Expr>();
    copy->kind = e.kind;
    copy->macro = e.macro;
    copy->test_only = e.test_only;
    copy->leading_dot = e.leading_dot;
    copy->member = e.member;
    copy->id = e.id;
    copy->offset = e.offset;
    copy->name = e.name;
    copy->fields = e.fields;
    copy->optionals = e.optionals;
    return copy;
  }
  // Only what a macro's arguments hold is reduced; its scaffolding must keep its shape.
  std::unique_ptr<Comprehension> loop(const Comprehension& from) {
    auto out = std::make_unique<Comprehension>();
    out->variable = from.variable;
    out->variable2 = from.variable2;
    out->accumulator = from.accumulator;
    out->range = reduce(*from.range);
    out->condition = clone(*from.condition);
    out->init = from.variable == "#unused" ? reduce(*from.init) : clone(*from.init);
    const auto depth = locals_.size();
    locals_.insert(locals_.end(), {from.accumulator, from.variable, from.variable2});
    out->step = clone(*from.step);
    out->result = clone(*from.result);
    locals_.resize(depth);
    return out;
  }

  // No unknown variable and no variable of a comprehension around it.
  bool is_known(const Expr& e) {
    if (e.kind == ExprKind::ident || e.kind == ExprKind::select) {
      const Expr* first = nullptr;
      const auto name = qualified_name(e, first);
      if (!name.empty()) {
        if (!first->leading_dot && std::find(locals_.begin(), locals_.end(), first->name) != locals_.end())
          return inner_.contains(first->name);
        for (const auto& candidate : env_.candidates(name, first->leading_dot)) {
          if (const auto* variable = env_.variable(candidate)) return known_.has(variable->slot);
          if (env_.type_value(candidate)) return true;
        }
        if (e.kind == ExprKind::ident) return false;
      }
    }
    for (const auto& arg : e.args)
      if (!is_known(*arg) && !is_namespace(e, *arg)) return false;
    if (!e.loop) return true;
    const auto& l = *e.loop;
    const auto depth = locals_.size();
    const auto saved = inner_;
    bool known = is_known(*l.range) && is_known(*l.init);
    for (const auto& name : {l.accumulator, l.variable, l.variable2}) {
      locals_.push_back(name);
      inner_.insert(name);
    }
    known = known && is_known(*l.condition) && is_known(*l.step) && is_known(*l.result);
    locals_.resize(depth);
    inner_ = saved;
    return known;
  }
  // math in math.abs(x) is no variable.
  bool is_namespace(const Expr& call, const Expr& target) const {
    if (call.kind != ExprKind::call || !call.member || &target != call.args[0].get()) return false;
    const Expr* first = nullptr;
    const auto space = qualified_name(target, first);
    if (space.empty()) return false;
    for (const auto& candidate : env_.candidates(space + "." + call.name, first->leading_dot))
      if (env_.has_function(candidate)) return true;
    return false;
  }

  // The value as a literal; null when it errs or has no literal form.
  ExprPtr run(const Expr& e) {
    std::vector<Issue> issues;
    Arena constants;
    std::uint32_t locals = 0;
    PatternBytes patterns;
    const auto op = lower(env_, ast_, e, {}, constants, locals, patterns, issues);
    if (!issues.empty()) return nullptr;
    Arena arena(limits_.memory);
    std::vector<Value> room(locals);
    Frame frame{Context(arena, limits_.fuel, limits_.interval, limits_.interrupt, limits_.data),
                known_.values(),
                room.data(),
                {}};
    const auto value = op->run(frame);
    if (value.is_error() || frame.context.stop != nullptr) return nullptr;
    return literal(value, e.offset, 0);
  }

  ExprPtr literal(const Value& value, std::uint32_t offset, int depth) {
    const auto call = [&](const char* function, std::string text) {
      return factory_.call(offset, function, factory_.constant(offset, std::move(text)));
    };
    switch (value.kind()) {
      case Kind::null: return factory_.constant(offset, std::monostate{});
      case Kind::boolean: return factory_.constant(offset, value.as_bool());
      case Kind::integer: return factory_.constant(offset, value.as_int());
      case Kind::unsigned_integer: return factory_.constant(offset, value.as_uint());
      case Kind::real: return std::isfinite(value.as_double()) ? factory_.constant(offset, value.as_double()) : nullptr;
      case Kind::string: return factory_.constant(offset, std::string(value.as_string()));
      case Kind::bytes: return factory_.constant(offset, Bytes{std::string(value.as_string())});
      case Kind::timestamp: return call("timestamp", timestamp_text(value));
      case Kind::duration: return call("duration", duration_text(value));
      case Kind::date: return call("date", date_text(value.days()));
      case Kind::decimal: return call("decimal", decimal_text(value));
      case Kind::list:
      case Kind::map: {
        const bool map = value.is(Kind::map);
        literals_ += value.size();
        if (literals_ > 10000 || depth > 16) return nullptr;
        auto expr = factory_.node(map ? ExprKind::map : ExprKind::list, offset);
        for (std::size_t i = 0; i < value.size(); ++i) {
          if (map) expr->args.push_back(literal(value.key_at(i), offset, depth + 1));
          expr->args.push_back(literal(value.at(i), offset, depth + 1));
          if (!expr->args.back()) return nullptr;
        }
        return expr;
      }
      default: return nullptr;
    }
  }

  static const bool* truth(const Expr& e) {
    return e.kind == ExprKind::constant ? std::get_if<bool>(&e.value) : nullptr;
  }
  ExprPtr junction(const Expr& e) {
    const bool disjunction = e.name == "_||_";
    auto left = reduce(*e.args[0]);
    if (const auto* known = truth(*left); known != nullptr && *known == disjunction) return left;
    auto right = reduce(*e.args[1]);
    if (const auto* known = truth(*right); known != nullptr && *known == disjunction) return right;
    if (truth(*left) != nullptr && is_bool(*e.args[1])) return right;
    if (truth(*right) != nullptr && is_bool(*e.args[0])) return left;
    auto copy = shallow(e);
    copy->args.push_back(std::move(left));
    copy->args.push_back(std::move(right));
    return copy;
  }
  [[nodiscard]] bool is_bool(const Expr& e) const { return ast_.checked && ast_.types[e.id].is(TypeKind::boolean); }

  ExprPtr choice(const Expr& e) {
    auto condition = reduce(*e.args[0]);
    if (const auto* known = truth(*condition)) return branch(e, *known ? 1 : 2);
    auto copy = shallow(e);
    copy->args.push_back(std::move(condition));
    copy->args.push_back(reduce(*e.args[1]));
    copy->args.push_back(reduce(*e.args[2]));
    return copy;
  }
  // What is left of a choice between a double and a whole number is a double either way.
  ExprPtr branch(const Expr& e, std::size_t i) {
    auto out = reduce(*e.args[i]);
    if (!ast_.checked || !ast_.types[e.id].is(TypeKind::real)) return out;
    const auto& own = ast_.types[e.args[i]->id];
    if (!own.is(TypeKind::integer) && !own.is(TypeKind::unsigned_integer)) return out;
    return factory_.call(e.offset, "double", std::move(out));
  }

  const Environment& env_;
  const Ast& ast_;
  const Activation& known_;
  const Limits& limits_;
  Factory factory_;
  std::size_t literals_ = 0;  // elements written so far: a residual stays small
  std::vector<std::string> locals_;
  std::set<std::string> inner_;  // locals bound inside the part that is being looked at
};

}  // namespace

Result<Ast> residual(const Environment& environment, const Ast& ast, const Activation& known, const Limits& limits) {
  if (!ast.root) return Error{socle::Code::invalid, "there is no expression to evaluate; parse one first"};
  Residual work(environment, ast, known, limits);
  Ast out;
  out.source = ast.source;
  out.root = work.reduce(*ast.root);
  out.last_id = work.last_id();
  return ast.checked ? environment.check(std::move(out)) : Result<Ast>(std::move(out));
}

}  // namespace socle::cel
