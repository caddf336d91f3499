// compiler.cpp: Ast to ops. Names become slots, macros their own loops, constant parts values, constant conditions the
// branch they choose, `in` on a constant list a hash set, comparisons with constants one node.
// Longer than most files because every kind of node is lowered against the same scope of locals.

#include <algorithm>
#include <utility>

#include "checker.hpp"
#include "code.hpp"
#include "constant.hpp"
#include "guard.hpp"
#include "library.hpp"
#include "macros.hpp"
#include "op_access.hpp"
#include "op_logic.hpp"

namespace socle::cel {
namespace {

class Lowering {
 public:
  Lowering(const Environment& env, const Ast& ast, CompileOptions options, Arena& constants, std::vector<Issue>& issues)
      : env_(env), ast_(ast), options_(options), constants_(constants), issues_(issues) {}

  OpPtr lower(const Expr& expr) {
    auto op = build(expr);
    if (op->offset == 0) op->offset = expr.offset;
    return op;
  }
  [[nodiscard]] std::uint32_t most_locals() const { return most_locals_; }
  // While the ops that were made live.
  [[nodiscard]] PatternBytes pattern_bytes() const {
    PatternBytes out{pattern_bytes_, 0};
    for (const auto& pattern : patterns_)
      if (const auto live = pattern.lock()) out.live += live->size();
    return out;
  }

 private:
  struct Local {
    std::string name;
    std::uint32_t index;
  };

  OpPtr build(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::constant: return make_constant(constant_value(constants_, expr.value), expr.offset);
      case ExprKind::ident: return ident(expr);
      case ExprKind::select: return select(expr);
      case ExprKind::call: return call(expr);
      case ExprKind::list: return list(expr);
      case ExprKind::map: return map(expr);
      case ExprKind::structure: return structure(expr);
      case ExprKind::comprehension: return comprehension(expr);
    }
    return fail(expr, ErrorCode::undeclared, "unknown expression");
  }

  static OpPtr fail(const Expr& at, ErrorCode code, std::string message) {
    auto op = std::make_unique<FailOp>();
    op->offset = at.offset;
    op->code = code;
    op->message = std::move(message);
    return op;
  }
  [[nodiscard]] Coercion declared(const Expr& expr) const {
    return ast_.checked && expr.id < ast_.types.size() ? coercion_to(ast_.types[expr.id]) : Coercion::none;
  }
  [[nodiscard]] const Type& type_of(const Expr& expr) const {
    static const Type dyn;
    return ast_.checked && expr.id < ast_.types.size() ? ast_.types[expr.id] : dyn;
  }
  [[nodiscard]] const Local* local(std::string_view name) const {
    for (auto i = locals_.size(); i > 0; --i)
      if (locals_[i - 1].name == name) return &locals_[i - 1];
    return nullptr;
  }
  std::uint32_t push(const std::string& name) {
    const auto index = next_local_++;
    most_locals_ = std::max(most_locals_, next_local_);
    locals_.push_back({name, index});
    return index;
  }
  void pop(std::size_t count = 1) {
    locals_.resize(locals_.size() - count);
    next_local_ -= static_cast<std::uint32_t>(count);
  }

  // A declared variable or a type's name; null when there is none.
  OpPtr global(const Expr& expr, const std::string& name, bool leading_dot) {
    for (const auto& candidate : env_.candidates(name, leading_dot)) {
      if (const auto* variable = env_.variable(candidate)) {
        auto op = std::make_unique<SlotOp>();
        op->offset = expr.offset;
        op->slot = variable->slot;
        op->name = variable->name;
        op->coercion = coercion_to(variable->type);
        return op;
      }
      if (const auto type = env_.type_value(candidate)) {
        // The names of well-known types are their full ones.
        auto text = candidate;
        if (candidate == "timestamp") text = "google.protobuf.Timestamp";
        if (candidate == "duration") text = "google.protobuf.Duration";
        return make_constant(copy_string(constants_, text, Kind::type), expr.offset);
      }
    }
    return nullptr;
  }

  OpPtr ident(const Expr& expr) {
    if (!expr.leading_dot) {
      if (const auto* found = local(expr.name)) {
        auto op = std::make_unique<LocalOp>();
        op->offset = expr.offset;
        op->index = found->index;
        op->name = found->name;
        return op;
      }
    }
    if (auto op = global(expr, expr.name, expr.leading_dot)) return op;
    return fail(expr, ErrorCode::undeclared, "undeclared reference to '" + expr.name + "'");
  }

  OpPtr select(const Expr& expr) {
    const Expr* first = nullptr;
    const auto name = qualified_name(expr, first);
    if (!name.empty() && (first->leading_dot || local(first->name) == nullptr)) {
      if (auto op = global(expr, name, first->leading_dot)) return op;
    }
    return field(expr, *expr.args[0], expr.name, expr.test_only, false);
  }
  OpPtr field(const Expr& expr, const Expr& operand, const std::string& name, bool test, bool optional_field) {
    auto op = std::make_unique<SelectOp>(lower(operand), name);
    op->offset = expr.offset;
    op->test_only = test;
    op->optional_field = optional_field;
    const auto& from = type_of(operand);
    if (from.is(TypeKind::object)) {
      const auto* object = env_.object(from.name());
      op->absent_is_null = object != nullptr && object->absent_is_null && object->find(name) != nullptr;
    }
    // Of an optional, or with a ?, what is found goes into an optional.
    const auto& type = type_of(expr);
    if (!test) op->coercion = type.is(TypeKind::optional) ? coercion_to(type.at(0)) : declared(expr);
    op->plain = !test && !optional_field && op->coercion == Coercion::none;
    const bool known = op->operand->constant() != nullptr;
    return fold(std::move(op), {known});
  }

  // Replaces an op over constants by its value, unless that is an error: errors belong to run time.
  OpPtr fold(OpPtr op, std::initializer_list<bool> known) {
    return options_.optimize && std::all_of(known.begin(), known.end(), [](bool b) { return b; })
               ? folded(std::move(op))
               : std::move(op);
  }
  OpPtr folded(OpPtr op) {
    Frame frame{Context(constants_, 10000, 0, nullptr, nullptr), nullptr, nullptr, {}};
    const auto value = op->run(frame);
    if (value.is_error() || frame.context.stop != nullptr) return op;
    return make_constant(value, op->offset);
  }

  OpPtr call(const Expr& expr) {
    const auto& name = expr.name;
    const auto& args = expr.args;
    if (name == "_&&_" || name == "_||_") return junction(expr);
    if (name == "_?_:_") return choice(expr);
    if (name == "!_" && options_.optimize) {
      auto op = std::make_unique<NotOp>(lower(*args[0]));
      op->offset = expr.offset;
      const bool known = op->operand->constant() != nullptr;
      return fold(std::move(op), {known});
    }
    if (name == "@not_strictly_false") return not_strictly_false(expr);
    if (name == "_?._") return field(expr, *args[0], std::get<std::string>(args[1]->value), false, true);
    if (name == "_[_]" || name == "_[?_]") return index(expr);
    if (name == "cel.@block") return block(expr);
    if (expr.member && args.size() == 2 && (name == "or" || name == "orValue")) {
      auto op = std::make_unique<OrElseOp>(lower(*args[0]), lower(*args[1]), name == "orValue");
      op->offset = expr.offset;
      return op;
    }
    if (options_.optimize && args.size() == 2) {
      if (auto op = comparison(expr)) return op;
      if (name == "@in")
        if (auto op = membership(expr)) return op;
    }
    return function(expr);
  }

  OpPtr junction(const Expr& expr) {
    const bool disjunction = expr.name == "_||_";
    auto left = lower(*expr.args[0]);
    auto right = lower(*expr.args[1]);
    if (options_.optimize) {
      for (auto* side : {&left, &right})
        if (const auto* value = (*side)->constant();
            value != nullptr && value->is(Kind::boolean) && value->as_bool() == disjunction)
          return make_constant(Value::boolean(disjunction), expr.offset);
      // The neutral side goes, when the other is sure to be bool.
      const auto neutral = [&](const Op& op) {
        const auto* value = op.constant();
        return value != nullptr && value->is(Kind::boolean);
      };
      if (neutral(*left) && yields_bool(*right)) return right;
      if (neutral(*right) && yields_bool(*left)) return left;
      if (!disjunction && absorb_guard(*left, *right)) return right;
    }
    auto op = std::make_unique<JunctionOp>(std::move(left), std::move(right), disjunction);
    op->offset = expr.offset;
    return op;
  }

  OpPtr choice(const Expr& expr) {
    auto condition = lower(*expr.args[0]);
    const auto* known = condition->constant();
    if (options_.optimize && known != nullptr && known->is(Kind::boolean))
      return branch(expr, known->as_bool() ? 1 : 2);
    auto op = std::make_unique<ChoiceOp>(std::move(condition), branch(expr, 1), branch(expr, 2));
    op->offset = expr.offset;
    return op;
  }
  // A side of ?:. Where numbers mix (Options::mixed_numbers), a whole one becomes the double that the choice is.
  OpPtr branch(const Expr& expr, std::size_t i) {
    auto op = lower(*expr.args[i]);
    const auto& own = type_of(*expr.args[i]);
    if (!type_of(expr).is(TypeKind::real) || !(own.is(TypeKind::integer) || own.is(TypeKind::unsigned_integer)))
      return op;
    const bool known = op->constant() != nullptr;
    auto real = std::make_unique<RealOp>(std::move(op));
    real->offset = expr.args[i]->offset;
    return fold(std::move(real), {known});
  }

  OpPtr not_strictly_false(const Expr& expr) { return std::make_unique<LenientOp>(lower(*expr.args[0])); }

  OpPtr index(const Expr& expr) {
    const bool optional = expr.name == "_[?_]";
    auto op = std::make_unique<IndexOp>(lower(*expr.args[0]), lower(*expr.args[1]), optional);
    op->offset = expr.offset;
    const auto& type = type_of(expr);
    op->coercion = coercion_to(type.is(TypeKind::optional) ? type.at(0) : type);
    const bool known = op->operand->constant() != nullptr && op->key->constant() != nullptr;
    return fold(std::move(op), {known});
  }

  OpPtr block(const Expr& expr) {
    auto op = std::make_unique<BlockOp>();
    op->offset = expr.offset;
    op->first = next_local_;
    const auto& slots = *expr.args[0];
    for (std::size_t i = 0; i < slots.args.size(); ++i) {
      op->parts.push_back(lower(*slots.args[i]));
      op->cost += op->parts.back()->cost;
      // The name becomes visible only now, its place is the next one.
      (void)push("@index" + std::to_string(i));
    }
    op->body = lower(*expr.args[1]);
    op->cost += op->body->cost;
    pop(slots.args.size());
    return op;
  }

  OpPtr comparison(const Expr& expr) {
    const auto kind = comparison_of(expr.name);
    if (!kind) return nullptr;
    auto left = lower(*expr.args[0]);
    auto right = lower(*expr.args[1]);
    const auto* known = right->constant();
    if (known == nullptr || left->constant() != nullptr) {
      return call_op(expr, expr.name, false, std::move(left), std::move(right));
    }
    // The order functions all have one body that looks at the kinds itself.
    const auto general = standard_library().at(expr.name).front().function;
    auto op = std::make_unique<CompareOp>(std::move(left), *known, *kind, general);
    op->offset = expr.offset;
    return op;
  }
  // 1 equals 1.0 and decimal('1'), which do not equal each other: a set would keep one of them for all.
  static bool one_kind_of_numbers(const Value& list) {
    unsigned kinds = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto kind = list.at(i).kind();
      kinds |= kind == Kind::integer || kind == Kind::unsigned_integer ? 1u : 0u;
      kinds |= kind == Kind::real ? 2u : kind == Kind::decimal ? 4u : 0u;
    }
    return (kinds & (kinds - 1)) == 0;
  }
  OpPtr membership(const Expr& expr) {
    auto item = lower(*expr.args[0]);
    auto container = lower(*expr.args[1]);
    const auto* known = container->constant();
    if (known != nullptr && known->is(Kind::list) && known->size() > 0 && item->constant() == nullptr) {
      MapBuilder builder(constants_, known->size());
      bool simple = one_kind_of_numbers(*known);
      for (std::size_t i = 0; i < known->size() && simple; ++i) {
        const auto element = known->at(i);
        simple = element.kind() <= Kind::decimal && builder.add(element, element) != MapBuilder::Added::no_memory;
      }
      const auto set = simple ? builder.finish() : Value();
      if (set.is(Kind::map)) {
        auto op = std::make_unique<MemberOp>(std::move(item), set.entries());
        op->offset = expr.offset;
        return op;
      }
    }
    return call_op(expr, expr.name, false, std::move(item), std::move(container));
  }

  template <class... Ops>
  OpPtr call_op(const Expr& expr, const std::string& name, bool member, Ops... ops) {
    std::vector<OpPtr> args;
    (args.push_back(std::move(ops)), ...);
    return call_op(expr, name, member, std::move(args));
  }
  OpPtr call_op(const Expr& expr, const std::string& name, bool member, std::vector<OpPtr> args) {
    auto op = std::make_unique<CallOp>();
    op->offset = expr.offset;
    op->name = name;
    op->args = std::move(args);
    for (const auto& arg : op->args) op->cost += arg->cost;
    for (const auto* overload : env_.overloads(name))
      if (overload->member == member && overload->parameters.size() == op->args.size())
        op->overloads.push_back(overload);
    narrow(op->overloads, type_of(expr));
    op->overloads.shrink_to_fit();
    op->ordering = name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_";
    if (!pattern(expr, *op)) return op;
    const bool known =
        std::all_of(op->args.begin(), op->args.end(), [](const auto& a) { return a->constant() != nullptr; });
    return fold(std::move(op), {known && !op_is_environment(name)});
  }
  // What looks alike at run time, as lists of ints and of doubles do, the checked type tells apart.
  static void narrow(std::vector<const Overload*>& overloads, const Type& result) {
    const auto alike = [&](const Overload* one) { return one->kinds == overloads.front()->kinds; };
    if (overloads.size() < 2 || !std::all_of(overloads.begin(), overloads.end(), alike)) return;
    const auto wanted = [&](const Overload* one) { return one->result == result; };
    const auto at = std::find_if(overloads.begin(), overloads.end(), wanted);
    if (at != overloads.end()) overloads = {*at};
  }
  // Functions declared by the host may not be pure: never folded.
  bool op_is_environment(const std::string& name) const { return !standard_library().contains(name); }

  // Compiles a constant pattern; false when it is wrong (told as an issue).
  bool pattern(const Expr& expr, CallOp& op) {
    const bool regex = op.name == "matches" || op.name.starts_with("regex.");
    if (!regex || op.args.size() < 2) return true;
    const auto* text = op.args[1]->constant();
    if (text == nullptr || !text->is(Kind::string)) return true;
    auto compiled = Regex::compile(text->as_string());
    if (!compiled) {
      issues_.push_back({position_of(ast_.source, expr.args.back()->offset), compiled.error().message});
      return false;
    }
    op.regex = *std::move(compiled);
    pattern_bytes_ += op.regex->size();
    patterns_.push_back(op.regex);
    if (patterns_.size() <= Regex::max_patterns) return true;
    issues_.push_back(
        {position_of(ast_.source, expr.args.back()->offset),
         "an expression may have at most " + std::to_string(Regex::max_patterns) + " regular expressions"});
    return false;
  }

  OpPtr function(const Expr& expr) {
    std::string name = expr.name;
    std::size_t skipped = 0;
    const auto resolve = [&](const std::string& wanted, bool leading_dot) {
      for (const auto& candidate : env_.candidates(wanted, leading_dot))
        if (env_.has_function(candidate)) {
          name = candidate;
          return true;
        }
      return false;
    };
    bool found = false;
    if (expr.member) {
      const Expr* first = nullptr;
      const auto space = qualified_name(*expr.args[0], first);
      if (!space.empty() && (first->leading_dot || local(first->name) == nullptr) &&
          resolve(space + "." + expr.name, first->leading_dot)) {
        found = true;
        skipped = 1;
      } else {
        found = env_.has_function(expr.name);
      }
    } else {
      found = resolve(expr.name, expr.leading_dot);
    }
    if (!found) return fail(expr, ErrorCode::undeclared, "undeclared function '" + expr.name + "'");
    std::vector<OpPtr> args;
    for (std::size_t i = skipped; i < expr.args.size(); ++i) args.push_back(lower(*expr.args[i]));
    return call_op(expr, name, expr.member && skipped == 0, std::move(args));
  }

  OpPtr list(const Expr& expr) {
    auto op = std::make_unique<ListOp>();
    op->offset = expr.offset;
    op->optionals = expr.optionals;
    bool known = true;
    for (const auto& arg : expr.args) {
      op->items.push_back(lower(*arg));
      op->cost += op->items.back()->cost;
      known = known && op->items.back()->constant() != nullptr;
    }
    op->items.shrink_to_fit();
    return fold(std::move(op), {known});
  }
  OpPtr map(const Expr& expr) {
    auto op = std::make_unique<MapOp>();
    op->offset = expr.offset;
    op->optionals = expr.optionals;
    bool known = true;
    for (const auto& arg : expr.args) {
      op->parts.push_back(lower(*arg));
      op->cost += op->parts.back()->cost;
      known = known && op->parts.back()->constant() != nullptr;
    }
    op->parts.shrink_to_fit();
    return fold(std::move(op), {known});
  }
  // A declared record type is a map by its field names; anything else is a protocol-buffer message, which we have not.
  OpPtr structure(const Expr& expr) {
    for (const auto& candidate : env_.candidates(expr.name, expr.leading_dot)) {
      if (env_.object(candidate) == nullptr) continue;
      auto op = std::make_unique<MapOp>();
      op->offset = expr.offset;
      op->optionals = expr.optionals;
      for (std::size_t i = 0; i < expr.fields.size(); ++i) {
        op->parts.push_back(make_constant(copy_string(constants_, expr.fields[i]), expr.offset));
        op->parts.push_back(lower(*expr.args[i]));
      }
      return op;
    }
    return fail(expr, ErrorCode::undeclared, "unknown message type '" + expr.name + "'");
  }

  OpPtr comprehension(const Expr& expr) {
    const auto& loop = *expr.loop;
    // With an empty constant range, a false condition and an unused variable it is a name for a value.
    if (loop.variable == unused_name && loop.range->kind == ExprKind::list && loop.range->args.empty()) {
      auto init = lower(*loop.init);
      const auto index = push(loop.accumulator);
      auto body = lower(*loop.result);
      pop();
      auto op = std::make_unique<BindOp>(std::move(init), std::move(body), index);
      op->offset = expr.offset;
      return op;
    }
    auto op = std::make_unique<LoopOp>();
    op->offset = expr.offset;
    op->two = !loop.variable2.empty();
    op->range = lower(*loop.range);
    const auto& range = type_of(*loop.range);
    const bool element = range.is(TypeKind::list) || (range.is(TypeKind::map) && op->two);
    if (element) op->coercion = coercion_to(range.at(range.is(TypeKind::list) ? 0 : 1));
    const bool special = options_.optimize && expr.macro != Macro::none;
    op->cost += op->range->cost;
    if (!special) {
      op->init = lower(*loop.init);
      op->cost += op->init->cost;
    }
    op->accumulator = push(loop.accumulator);
    op->variable = push(loop.variable);
    if (op->two) op->variable2 = push(loop.variable2);
    if (special) {
      parts(expr, *op);
    } else {
      op->condition = lower(*loop.condition);
      op->step = lower(*loop.step);
    }
    for (const auto* part : {&op->filter, &op->value, &op->condition, &op->step})
      if (*part) op->body_cost += (*part)->cost;
    pop(op->two ? 2 : 1);
    if (!special) {
      op->result = lower(*loop.result);
      op->cost += op->result->cost;
    }
    pop();
    return op;
  }

  // Finds the macro's arguments again in its expansion.
  void parts(const Expr& expr, LoopOp& op) {
    const auto& step = *expr.loop->step;
    using Form = LoopOp::Form;
    switch (expr.macro) {
      case Macro::all:
      case Macro::all_two:
      case Macro::exists:
      case Macro::exists_two:
        op.form = expr.macro == Macro::all || expr.macro == Macro::all_two ? Form::all : Form::exists;
        op.filter = lower(*step.args[1]);
        return;
      case Macro::exists_one:
      case Macro::exists_one_two:
        op.form = Form::exists_one;
        op.filter = lower(*step.args[0]);
        return;
      default: break;
    }
    const bool filtered = step.name == "_?_:_";
    const auto& gather = filtered ? *step.args[1] : step;
    if (filtered) op.filter = lower(*step.args[0]);
    if (gather.name == "_+_") {
      op.form = Form::list;
      if (expr.macro != Macro::filter) op.value = lower(*gather.args[1]->args[0]);
      return;
    }
    op.form = gather.args.size() == 3 ? Form::map : Form::map_entry;
    op.value = lower(*gather.args.back());
  }

  const Environment& env_;
  const Ast& ast_;
  CompileOptions options_;
  Arena& constants_;
  std::vector<Issue>& issues_;
  std::vector<Local> locals_;
  std::vector<std::weak_ptr<const Regex>> patterns_;  // all; those of ops that were folded away are gone
  std::size_t pattern_bytes_ = 0;
  std::uint32_t next_local_ = 0;
  std::uint32_t most_locals_ = 0;
};

}  // namespace

OpPtr lower(const Environment& environment, const Ast& ast, const Expr& expr, CompileOptions options, Arena& constants,
            std::uint32_t& locals, PatternBytes& patterns, std::vector<Issue>& issues) {
  Lowering lowering(environment, ast, options, constants, issues);
  auto root = lowering.lower(expr);
  locals = lowering.most_locals();
  patterns = lowering.pattern_bytes();
  return root;
}

}  // namespace socle::cel
