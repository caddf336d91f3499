// checker.cpp: type inference over a parsed expression, after cel-spec's reference checker: bottom up, with type
// variables unified as calls are resolved.
// Longer than most files because every kind of node is typed against the same scope and mapping.

#include "checker.hpp"

#include <algorithm>
#include <utility>

#include "decimal.hpp"
#include "library.hpp"
#include "macros.hpp"
#include "unify.hpp"

namespace socle::cel {

std::string qualified_name(const Expr& expr, const Expr*& first) {
  if (expr.kind == ExprKind::ident) {
    first = &expr;
    return expr.name;
  }
  if (expr.kind != ExprKind::select || expr.test_only) return {};
  auto name = qualified_name(*expr.args[0], first);
  return name.empty() ? name : name + "." + expr.name;
}

namespace {

class Checker {
 public:
  Checker(const Environment& env, Ast& ast, std::vector<Issue>& issues) : env_(env), ast_(ast), issues_(issues) {}

  void run() {
    ast_.types.assign(ast_.last_id + 1, Type());
    ast_.references.assign(ast_.last_id + 1, {});
    check(*ast_.root);
    for (auto& type : ast_.types) type = unify_.substitute(type, true);
    ast_.checked = issues_.empty();
  }

 private:
  struct Local {
    std::string name;
    Type type;
  };

  Type fail(const Expr& at, std::string message) {
    if (issues_.size() < 100) issues_.push_back({position_of(ast_.source, at.offset), std::move(message)});
    return TypeKind::error;
  }
  const Type& set(const Expr& expr, Type type) { return ast_.types[expr.id] = std::move(type); }
  [[nodiscard]] const Local* local(std::string_view name) const {
    for (auto i = locals_.size(); i > 0; --i)
      if (locals_[i - 1].name == name) return &locals_[i - 1];
    return nullptr;
  }
  [[nodiscard]] std::string in_container() const { return " (in container '" + env_.options().container + "')"; }

  Type check(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::constant: return set(expr, constant(expr.value));
      case ExprKind::ident: return set(expr, ident(expr));
      case ExprKind::select: return set(expr, select(expr));
      case ExprKind::call: return set(expr, call(expr));
      case ExprKind::list: return set(expr, list(expr));
      case ExprKind::map: return set(expr, map(expr));
      case ExprKind::structure: return set(expr, structure(expr));
      case ExprKind::comprehension: return set(expr, comprehension(expr));
    }
    return TypeKind::error;
  }

  static Type constant(const Constant& value) {
    constexpr TypeKind kinds[] = {TypeKind::null_type, TypeKind::boolean, TypeKind::integer, TypeKind::unsigned_integer,
                                  TypeKind::real,      TypeKind::string,  TypeKind::bytes};
    return kinds[value.index()];
  }

  // A global name in the container's order; false when there is none.
  bool resolve(const Expr& expr, const std::string& name, bool leading_dot, Type& type) {
    for (const auto& candidate : env_.candidates(name, leading_dot)) {
      if (const auto* variable = env_.variable(candidate)) {
        type = variable->type;
        ast_.references[expr.id] = {candidate, false, false};
        return true;
      }
      if (auto value = env_.type_value(candidate)) {
        type = *value;
        ast_.references[expr.id] = {candidate, false, true};
        return true;
      }
    }
    return false;
  }

  Type ident(const Expr& expr) {
    if (!expr.leading_dot) {
      if (const auto* found = local(expr.name)) {
        ast_.references[expr.id] = {expr.name, true, false};
        return found->type;
      }
    }
    Type type;
    if (resolve(expr, expr.name, expr.leading_dot, type)) return type;
    return fail(expr, "undeclared reference to '" + expr.name + "'" + in_container());
  }

  Type select(const Expr& expr) {
    const Expr* first = nullptr;
    const auto name = qualified_name(expr, first);
    if (!name.empty() && (first->leading_dot || local(first->name) == nullptr)) {
      Type type;
      if (resolve(expr, name, first->leading_dot, type)) return type;
    }
    const auto operand = unify_.substitute(check(*expr.args[0]), false);
    auto field = field_type(expr, operand, expr.name, false);
    return expr.test_only ? Type(TypeKind::boolean) : field;
  }

  Type field_type(const Expr& at, const Type& operand, const std::string& name, bool optional_field) {
    switch (operand.kind()) {
      case TypeKind::optional: {
        auto inner = field_type(at, operand.at(0), name, optional_field);
        return inner.is(TypeKind::optional) ? inner : Type::optional_of(inner);
      }
      case TypeKind::map: return operand.at(1);
      case TypeKind::parameter:
        // What is selected from cannot be known any more: settle for dyn rather than guess.
        (void)unify_.assignable(Type(), operand);
        return {};
      case TypeKind::object: {
        const auto* object = env_.object(operand.name());
        const auto* field = object != nullptr ? object->find(name) : nullptr;
        if (field != nullptr) return field->type;
        if (object != nullptr && object->open) return {};
        return fail(at, "undefined field '" + name + "' of " + operand.name() + nearest(object, name));
      }
      default:
        if (operand.is_dyn()) return operand.is(TypeKind::error) ? operand : Type();
        return fail(at, "type '" + operand.text() + "' does not support field selection");
    }
  }
  // "; did you mean 'amount'?" for a declared field that differs in one or two letters.
  static std::string nearest(const ObjectType* object, const std::string& name) {
    if (object == nullptr) return {};
    for (const auto& field : object->fields) {
      if (field.name.size() + 2 < name.size() || name.size() + 2 < field.name.size()) continue;
      std::size_t same = 0;
      while (same < field.name.size() && same < name.size() && field.name[same] == name[same]) ++same;
      std::size_t tail = 0;
      const auto shorter = std::min(field.name.size(), name.size());
      while (tail + same < shorter && field.name[field.name.size() - 1 - tail] == name[name.size() - 1 - tail]) ++tail;
      if (std::max(field.name.size(), name.size()) - same - tail <= 2) return "; did you mean '" + field.name + "'?";
    }
    return {};
  }

  Type call(const Expr& expr) {
    if (expr.name == "_?._") return optional_select(expr);
    if (expr.name == "cel.@block") return block(expr);
    std::string function = expr.name;
    std::size_t skipped = 0;
    if (expr.member) {
      // math.abs(x): a target that is a plain dotted name may be the function's namespace.
      const Expr* first = nullptr;
      const auto space = qualified_name(*expr.args[0], first);
      if (!space.empty() && (first->leading_dot || local(first->name) == nullptr)) {
        for (const auto& candidate : env_.candidates(space + "." + expr.name, first->leading_dot))
          if (env_.has_function(candidate)) {
            function = candidate;
            skipped = 1;
            break;
          }
      }
    } else {
      for (const auto& candidate : env_.candidates(expr.name, expr.leading_dot))
        if (env_.has_function(candidate)) {
          function = candidate;
          break;
        }
    }
    std::vector<Type> arguments;
    for (std::size_t i = skipped; i < expr.args.size(); ++i) arguments.push_back(check(*expr.args[i]));
    if (!env_.has_function(function)) return fail(expr, "undeclared reference to '" + expr.name + "'" + in_container());
    ast_.references[expr.id] = {function, false, false};
    // The list that math.greatest(a, b, c) makes is of dyn, whatever they are.
    const bool extremum = function == "math.@max" || function == "math.@min";
    if (extremum && arguments.size() == 1 && expr.args.back()->kind == ExprKind::list) {
      std::vector<Type> elements;
      for (const auto& element : expr.args.back()->args) elements.push_back(ast_.types[element->id]);
      if (mixes_decimals(elements)) return no_overload(expr, function, elements);
    }
    return resolve_overload(expr, function, arguments, expr.member && skipped == 0);
  }

  Type resolve_overload(const Expr& expr, const std::string& function, std::vector<Type>& arguments, bool member) {
    bool found = false;
    Type result;
    for (const auto* overload : env_.overloads(function)) {
      if (overload->member != member || overload->parameters.size() != arguments.size()) continue;
      std::map<std::string, Type> renamed;
      std::vector<Type> parameters;
      for (const auto& type : overload->parameters) parameters.push_back(unify_.instantiate(type, renamed));
      const auto declared = unify_.instantiate(overload->result, renamed);
      if (!unify_.assignable(parameters, arguments) && !mixed_order(function, arguments)) continue;
      auto one = unify_.substitute(declared, false);
      if (!found)
        result = std::move(one);
      else if (!result.is_dyn() && one != result)
        result = Type();
      found = true;
    }
    if (found) return result;
    if (function == "_?_:_" && arguments.size() == 3 && env_.options().mixed_numbers && numeric(arguments[1]) &&
        numeric(arguments[2]) && unify_.assignable(TypeKind::boolean, arguments[0]))
      return TypeKind::real;
    return no_overload(expr, function, arguments);
  }
  Type no_overload(const Expr& expr, const std::string& function, const std::vector<Type>& arguments) {
    std::string text;
    for (const auto& type : arguments) text += (text.empty() ? "" : ", ") + unify_.substitute(type, true).text();
    return fail(expr, "found no matching overload for '" + std::string(written_name(function)) + "' applied to '(" +
                          text + ")'" + (mixes_decimals(arguments) ? "; " + std::string(no_common_number) : ""));
  }
  bool mixes_decimals(const std::vector<Type>& arguments) {
    const auto any = [&](TypeKind kind) {
      return std::any_of(arguments.begin(), arguments.end(), [&](const Type& type) {
        const auto known = unify_.substitute(type, true);
        return known.is(kind) || (known.is(TypeKind::list) && known.at(0).is(kind));
      });
    };
    return any(TypeKind::decimal) && any(TypeKind::real);
  }
  [[nodiscard]] bool numeric(const Type& type) {
    const auto known = unify_.substitute(type, false);
    return known.is(TypeKind::integer) || known.is(TypeKind::unsigned_integer) || known.is(TypeKind::real);
  }
  // A comparison of numbers of different kinds, where the options allow it; the run-time functions take any.
  [[nodiscard]] bool mixed_order(const std::string& function, const std::vector<Type>& arguments) {
    const auto& options = env_.options();
    const bool orders = function == "_<_" || function == "_<=_" || function == "_>_" || function == "_>=_";
    const bool equates = function == "_==_" || function == "_!=_";
    if (options.mixed_numbers && function == "@in" && arguments.size() == 2) {
      const auto range = unify_.substitute(arguments[1], false);
      return range.is(TypeKind::list) && numeric(arguments[0]) && numeric(range.at(0));
    }
    if (!(orders && (options.cross_type_ordering || options.mixed_numbers)) && !(equates && options.mixed_numbers))
      return false;
    return std::all_of(arguments.begin(), arguments.end(), [this](const Type& type) { return numeric(type); });
  }

  Type optional_select(const Expr& expr) {
    const auto operand = unify_.substitute(check(*expr.args[0]), false);
    check(*expr.args[1]);
    const auto* name = std::get_if<std::string>(&expr.args[1]->value);
    if (expr.args[1]->kind != ExprKind::constant || name == nullptr)
      return fail(expr, "an optional field selection wants a field name");
    auto field = field_type(expr, operand, *name, true);
    return field.is(TypeKind::optional) && operand.is(TypeKind::optional) ? field : Type::optional_of(field);
  }

  Type block(const Expr& expr) {
    const auto depth = locals_.size();
    std::vector<Type> types;
    const auto& slots = *expr.args[0];
    for (std::size_t i = 0; i < slots.args.size(); ++i) {
      auto type = check(*slots.args[i]);
      locals_.push_back({"@index" + std::to_string(i), type});
      types.push_back(type);
    }
    set(slots, Type::list_of(Type()));
    auto result = check(*expr.args[1]);
    locals_.resize(depth);
    return result;
  }

  Type element(const Expr& expr, std::size_t i, std::size_t entry) {
    auto type = check(*expr.args[i]);
    if (entry >= expr.optionals.size() || expr.optionals[entry] == 0) return type;
    const auto known = unify_.substitute(type, false);
    if (known.is(TypeKind::optional)) return known.at(0);
    if (known.is_dyn()) return {};
    return fail(*expr.args[i], "expected type 'optional_type(" + known.text() + ")' but found '" + known.text() + "'");
  }

  Type list(const Expr& expr) {
    if (expr.args.empty()) return Type::list_of(unify_.fresh());
    Type joined;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      auto type = element(expr, i, i);
      joined = i == 0 ? type : unify_.join(joined, type);
    }
    return Type::list_of(joined);
  }

  Type map(const Expr& expr) {
    if (expr.args.empty()) {
      auto key = unify_.fresh();
      return Type::map_of(key, unify_.fresh());
    }
    Type keys;
    Type values;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      auto key = check(*expr.args[i]);
      // No list or map is ever a key; and types nested on both sides would double with every level.
      if (!unify_.substitute(key, false).parameters().empty()) key = Type();
      auto value = element(expr, i + 1, i / 2);
      keys = i == 0 ? key : unify_.join(keys, key);
      values = i == 0 ? value : unify_.join(values, value);
    }
    return Type::map_of(keys, values);
  }

  Type structure(const Expr& expr) {
    for (const auto& arg : expr.args) check(*arg);
    for (const auto& candidate : env_.candidates(expr.name, expr.leading_dot)) {
      if (env_.object(candidate) != nullptr) return checked_object(expr, *env_.object(candidate));
      if (env_.type_value(candidate)) return fail(expr, "'" + expr.name + "' is not a message type");
      if (const auto* variable = env_.variable(candidate))
        return fail(expr, "'" + variable->type.text() + "' is not a type");
    }
    return fail(expr, "undeclared reference to '" + expr.name + "'" + in_container());
  }
  Type checked_object(const Expr& expr, const ObjectType& object) {
    ast_.references[expr.id] = {object.name, false, true};
    for (std::size_t i = 0; i < expr.fields.size(); ++i) {
      const auto* field = object.find(expr.fields[i]);
      if (field == nullptr && !object.open)
        fail(*expr.args[i], "undefined field '" + expr.fields[i] + "' of " + object.name);
      else if (field != nullptr && !unify_.assignable(field->type, ast_.types[expr.args[i]->id]))
        fail(*expr.args[i], "field '" + field->name + "' is " + field->type.text() + ", found " +
                                unify_.substitute(ast_.types[expr.args[i]->id], true).text());
    }
    return Type::object(object.name);
  }

  Type comprehension(const Expr& expr) {
    const auto& loop = *expr.loop;
    const auto range = unify_.substitute(check(*loop.range), false);
    auto accumulator = check(*loop.init);
    Type first;
    Type second;
    if (range.is(TypeKind::list)) {
      first = loop.variable2.empty() ? range.at(0) : Type(TypeKind::integer);
      second = range.at(0);
    } else if (range.is(TypeKind::map)) {
      first = range.at(0);
      second = range.at(1);
    } else if (range.is(TypeKind::parameter)) {
      (void)unify_.assignable(Type(), range);
    } else if (!range.is_dyn()) {
      fail(*loop.range, "expression of type '" + range.text() +
                            "' cannot be range of a comprehension (must be list, map, or dynamic)");
      first = second = TypeKind::error;
    }
    const auto depth = locals_.size();
    locals_.push_back({loop.accumulator, accumulator});
    const auto outer = locals_.size();
    locals_.push_back({loop.variable, first});
    if (!loop.variable2.empty()) locals_.push_back({loop.variable2, second});
    want(*loop.condition, check(*loop.condition), TypeKind::boolean);
    want(*loop.step, check(*loop.step), accumulator);
    locals_.resize(outer);
    auto result = check(*loop.result);
    locals_.resize(depth);
    return unify_.substitute(result, false);
  }
  void want(const Expr& at, const Type& found, const Type& wanted) {
    if (unify_.assignable(wanted, found)) return;
    fail(at, "expected type '" + unify_.substitute(wanted, true).text() + "' but found '" +
                 unify_.substitute(found, true).text() + "'");
  }

  const Environment& env_;
  Ast& ast_;
  std::vector<Issue>& issues_;
  Unifier unify_;
  std::vector<Local> locals_;
};

}  // namespace

void check_ast(const Environment& environment, Ast& ast, std::vector<Issue>& issues) {
  Checker(environment, ast, issues).run();
}

}  // namespace socle::cel
