// reference.cpp: see the header.
#include "support/cel_reference/reference.hpp"

#include <algorithm>
#include <cmath>

namespace cel_reference {

using namespace socle::cel;

Value Reference::evaluate(const Expr& e) {
  switch (e.kind) {
    case ExprKind::constant:
      switch (e.value.index()) {
        case 1: return Value::boolean(std::get<bool>(e.value));
        case 2: return Value::integer(std::get<std::int64_t>(e.value));
        case 3: return Value::unsigned_integer(std::get<std::uint64_t>(e.value));
        case 4: return Value::real(std::get<double>(e.value));
        case 5: return Value::string(std::get<std::string>(e.value));
        case 6: return Value::bytes(std::get<Bytes>(e.value).data);
        default: return {};
      }
    case ExprKind::ident: return ident(e);
    case ExprKind::select: return select(e);
    case ExprKind::call: return call(e);
    case ExprKind::comprehension: return loop(e);
    case ExprKind::list: {
      std::vector<Value> items;
      for (const auto& arg : e.args) {
        items.push_back(evaluate(*arg));
        if (items.back().is_error()) return items.back();
      }
      return make_list(context_.arena, items);
    }
    case ExprKind::map: {
      std::vector<std::pair<Value, Value>> entries;
      for (std::size_t i = 0; i + 1 < e.args.size(); i += 2) {
        const auto key = evaluate(*e.args[i]);
        if (key.is_error()) return key;
        const auto value = evaluate(*e.args[i + 1]);
        if (value.is_error()) return value;
        if (!key.is(Kind::boolean) && !key.is(Kind::integer) && !key.is(Kind::unsigned_integer) &&
            !key.is(Kind::string))
          return error("bad key");
        for (const auto& [other, unused] : entries)
          if (equal(other, key)) return error("repeated key");
        entries.emplace_back(key, value);
      }
      return make_map(context_.arena, entries);
    }
    case ExprKind::structure: return error("no messages");
  }
  return error("unknown");
}

Value Reference::ident(const Expr& e) {
  for (auto i = scope_.size(); i > 0; --i)
    if (scope_[i - 1].first == e.name) return scope_[i - 1].second;
  if (env_.type_value(e.name)) return Value::type(e.name);
  return error("unknown name");
}

Value Reference::select(const Expr& e) {
  const auto operand = evaluate(*e.args[0]);
  if (operand.is_error()) return operand;
  if (!operand.is(Kind::map)) return error("no fields");
  Value found;
  const bool there = operand.find(Value::string(e.name), found);
  if (e.test_only) return Value::boolean(there);
  return there ? declared(found, type_of(e)) : error("no such key");
}

const Type& Reference::type_of(const Expr& e) const {
  static const Type dyn;
  return checked_ != nullptr ? checked_->types[e.id] : dyn;
}

// JSON has one kind of numbers, and texts for what it has no kind for.
Value Reference::declared(const Value& value, const Type& type) {
  const bool whole = value.is(Kind::integer) || value.is(Kind::unsigned_integer);
  switch (type.kind()) {
    case TypeKind::integer: {
      if (!value.is(Kind::real)) return value;
      const auto number = value.as_double();
      const bool fits = number == std::trunc(number) && std::fabs(number) < 9.2e18;
      return fits ? Value::integer(static_cast<std::int64_t>(number)) : value;
    }
    case TypeKind::real: return whole ? apply("double", {value}, false) : value;
    case TypeKind::date: return value.is(Kind::string) ? apply("date", {value}, false) : value;
    case TypeKind::timestamp: return value.is(Kind::string) ? apply("timestamp", {value}, false) : value;
    case TypeKind::duration: return value.is(Kind::string) ? apply("duration", {value}, false) : value;
    case TypeKind::decimal: {
      if (!whole && !value.is(Kind::real) && !value.is(Kind::string)) return value;
      const auto made = apply("decimal", {value}, false);
      return made.is_error() && value.is(Kind::real) ? value : made;
    }
    default: return value;
  }
}

Value Reference::junction(const Expr& e, bool decisive) {
  const auto left = evaluate(*e.args[0]);
  if (left.is(Kind::boolean) && left.as_bool() == decisive) return left;
  const auto right = evaluate(*e.args[1]);
  if (right.is(Kind::boolean) && right.as_bool() == decisive) return right;
  if (left.is(Kind::boolean) && right.is(Kind::boolean)) return Value::boolean(!decisive);
  return error("not bool");
}

Value Reference::call(const Expr& e) {
  if (e.name == "_&&_") return junction(e, false);
  if (e.name == "_||_") return junction(e, true);
  if (e.name == "_?_:_") {
    const auto condition = evaluate(*e.args[0]);
    if (!condition.is(Kind::boolean)) return error("not bool");
    return declared(evaluate(*e.args[condition.as_bool() ? 1 : 2]), type_of(e));
  }
  if (e.name == "@not_strictly_false") {
    const auto value = evaluate(*e.args[0]);
    return Value::boolean(!(value.is(Kind::boolean) && !value.as_bool()));
  }
  std::string name = e.name;
  std::size_t skipped = 0;
  if (e.member && e.args[0]->kind == ExprKind::ident && env_.has_function(e.args[0]->name + "." + e.name)) {
    name = e.args[0]->name + "." + e.name;
    skipped = 1;
  }
  std::vector<Value> args;
  for (std::size_t i = skipped; i < e.args.size(); ++i) {
    args.push_back(evaluate(*e.args[i]));
    if (args.back().is_error()) return args.back();
  }
  const auto value = apply(name, args, e.member && skipped == 0);
  return name == "_[_]" ? declared(value, type_of(e)) : value;
}

Value Reference::apply(const std::string& name, const std::vector<Value>& args, bool member) {
  const bool order = name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_";
  if (order) {
    const auto result = compare(args[0], args[1]);
    if (result == Order::incomparable) return error("no order");
    const bool same = result == Order::equal && (name == "_<=_" || name == "_>=_");
    return Value::boolean(same || result == (name[1] == '<' ? Order::less : Order::greater));
  }
  // A list is indexed by any number that is whole: 0, 0u and 0.0 are one place.
  if (name == "_[_]" && args[0].is(Kind::list) && (args[1].is(Kind::real) || args[1].is(Kind::unsigned_integer))) {
    for (std::size_t i = 0; i < args[0].size(); ++i)
      if (equal(args[1], Value::integer(static_cast<std::int64_t>(i)))) return args[0].at(i);
    return error("no such index");
  }
  for (const auto* overload : env_.overloads(name)) {
    if (overload->member != member || overload->parameters.size() != args.size()) continue;
    bool fits = true;
    for (std::size_t i = 0; i < args.size(); ++i)
      fits = fits && (overload->kinds[i] >> static_cast<unsigned>(args[i].kind()) & 1u) != 0;
    if (fits && overload->function != nullptr) return overload->function(context_, args.data());
  }
  return error("no overload");
}

Value Reference::loop(const Expr& e) {
  const auto& l = *e.loop;
  const auto range = evaluate(*l.range);
  if (range.is_error()) return range;
  if (!range.is(Kind::list) && !range.is(Kind::map)) return error("no range");
  const auto& type = type_of(*l.range);
  const bool typed = type.is(TypeKind::list) || type.is(TypeKind::map);
  const Type item = typed ? type.parameters().back() : Type();
  const auto depth = scope_.size();
  scope_.emplace_back(l.accumulator, evaluate(*l.init));
  for (std::size_t i = 0; i < range.size(); ++i) {
    const bool list = range.is(Kind::list);
    const bool two = !l.variable2.empty();
    scope_.emplace_back(l.variable, !list ? range.key_at(i)
                                    : two ? Value::integer(static_cast<std::int64_t>(i))
                                          : declared(range.at(i), item));
    if (two) scope_.emplace_back(l.variable2, declared(range.at(i), item));
    const auto go_on = evaluate(*l.condition);
    if (!go_on.is_true()) break;
    const auto next = evaluate(*l.step);
    scope_.resize(depth + 1);
    scope_.back().second = next;
  }
  scope_.resize(depth + 1);
  const auto result = evaluate(*l.result);
  scope_.resize(depth);
  return result;
}

}  // namespace cel_reference
