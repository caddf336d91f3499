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
    case ExprKind::list: return list(e);
    case ExprKind::map: return map(e);
    case ExprKind::structure: return error("no messages");
  }
  return error("unknown");
}

bool Reference::given(const Expr& e, std::size_t entry, Value& out) {
  if (entry >= e.optionals.size() || e.optionals[entry] == 0) return true;
  if (!out.is(Kind::optional)) {
    out = error("no optional");
    return true;
  }
  if (out.optional_value() == nullptr) return false;
  out = *out.optional_value();
  return true;
}

Value Reference::list(const Expr& e) {
  Values items;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    auto item = evaluate(*e.args[i]);
    if (item.is_error()) return item;
    if (!given(e, i, item)) continue;
    if (item.is_error()) return item;
    items.push_back(item);
  }
  return make_list(context_.arena, items);
}

Value Reference::map(const Expr& e) {
  std::vector<std::pair<Value, Value>> entries;
  for (std::size_t i = 0; i + 1 < e.args.size(); i += 2) {
    const auto key = evaluate(*e.args[i]);
    if (key.is_error()) return key;
    auto value = evaluate(*e.args[i + 1]);
    if (value.is_error()) return value;
    if (!given(e, i / 2, value)) continue;
    if (value.is_error()) return value;
    if (!key.is(Kind::boolean) && !key.is(Kind::integer) && !key.is(Kind::unsigned_integer) && !key.is(Kind::string))
      return error("bad key");
    for (const auto& [other, unused] : entries)
      if (alike(other, key)) return error("repeated key");
    entries.emplace_back(key, value);
  }
  return make_map(context_.arena, entries);
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
  const bool chained = operand.is(Kind::optional);
  if (chained && operand.optional_value() == nullptr) return e.test_only ? Value::boolean(false) : operand;
  const auto& from = chained ? *operand.optional_value() : operand;
  if (!from.is(Kind::map)) return error("no fields");
  Value found;
  const bool there = from.find(Value::string(e.name), found);
  if (e.test_only) return Value::boolean(there);
  if (chained) return perhaps(there, found, type_of(e));
  return there ? declared(found, type_of(e)) : error("no such key");
}

Value Reference::select_optional(const Expr& e) {
  const auto operand = evaluate(*e.args[0]);
  if (operand.is_error()) return operand;
  const bool chained = operand.is(Kind::optional);
  if (chained && operand.optional_value() == nullptr) return operand;
  const auto& from = chained ? *operand.optional_value() : operand;
  if (!from.is(Kind::map)) return error("no fields");
  Value found;
  const bool there = from.find(evaluate(*e.args[1]), found);
  return perhaps(there, found, type_of(e));
}

Value Reference::perhaps(bool there, const Value& found, const Type& type) {
  if (!there) return Value::optional_none();
  const auto value = declared(found, type.is(TypeKind::optional) ? type.at(0) : type);
  return value.is_error() ? value : context_.some(value);
}

// A list is indexed by any number that is whole: 0, 0u and 0.0 are one place.
Value Reference::index(const Expr& e) {
  const auto operand = evaluate(*e.args[0]);
  if (operand.is_error()) return operand;
  const auto key = evaluate(*e.args[1]);
  if (key.is_error()) return key;
  const bool chained = operand.is(Kind::optional);
  if (chained && operand.optional_value() == nullptr) return operand;
  const auto& from = chained ? *operand.optional_value() : operand;
  if (!from.is(Kind::list) && !from.is(Kind::map)) return error("no elements");
  const bool real =
      key.is(Kind::real) && key.as_double() == std::trunc(key.as_double()) && std::fabs(key.as_double()) < 9.2e18;
  if (from.is(Kind::list) && !real && !key.is(Kind::integer) && !key.is(Kind::unsigned_integer))
    return error("no place");
  Value found;
  bool there = false;
  for (std::size_t i = 0; i < from.size() && !there; ++i) {
    there = alike(key, from.is(Kind::map) ? from.key_at(i) : Value::integer(static_cast<std::int64_t>(i)));
    if (there) found = from.at(i);
  }
  if (chained || e.name == "_[?_]") return perhaps(there, found, type_of(e));
  return there ? declared(found, type_of(e)) : error("no such element");
}

// The alternative is evaluated only where it is wanted.
Value Reference::or_else(const Expr& e) {
  const auto first = evaluate(*e.args[0]);
  if (first.is_error()) return first;
  if (!first.is(Kind::optional)) return error("no optional");
  if (first.optional_value() == nullptr) return evaluate(*e.args[1]);
  return e.name == "or" ? first : *first.optional_value();
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
    const auto& chosen = *e.args[condition.as_bool() ? 1 : 2];
    const auto value = evaluate(chosen);
    const auto kind = type_of(chosen).kind();
    return kind == TypeKind::integer || kind == TypeKind::unsigned_integer ? declared(value, type_of(e)) : value;
  }
  if (e.name == "@not_strictly_false") {
    const auto value = evaluate(*e.args[0]);
    return Value::boolean(!(value.is(Kind::boolean) && !value.as_bool()));
  }
  if (e.name == "_?._") return select_optional(e);
  if (e.name == "_[_]" || e.name == "_[?_]") return index(e);
  if (e.member && e.args.size() == 2 && (e.name == "or" || e.name == "orValue")) return or_else(e);
  std::string name = e.name;
  std::size_t skipped = 0;
  if (e.member && e.args[0]->kind == ExprKind::ident && env_.has_function(e.args[0]->name + "." + e.name)) {
    name = e.args[0]->name + "." + e.name;
    skipped = 1;
  }
  Values args;
  for (std::size_t i = skipped; i < e.args.size(); ++i) {
    args.push_back(evaluate(*e.args[i]));
    if (args.back().is_error()) return args.back();
  }
  // Nothing to add up: what it comes to has the kind that the checker gives it.
  if (name == "sum" && e.member && args.size() == 1 && args[0].is(Kind::list) && args[0].size() == 0)
    return nothing_of(type_of(e));
  return apply(name, args, e.member && skipped == 0);
}

Value Reference::nothing_of(const Type& type) {
  switch (type.kind()) {
    case TypeKind::unsigned_integer: return Value::unsigned_integer(0);
    case TypeKind::real: return Value::real(0);
    case TypeKind::decimal: return Value::decimal(0, 0);
    case TypeKind::duration: return Value::duration(0, 0);
    default: return Value::integer(0);
  }
}

Value Reference::apply(const std::string& name, const Values& args, bool member) {
  if (auto answer = own_function(context_, name, args, member); answer) return *answer;
  const bool order = name == "_<_" || name == "_<=_" || name == "_>_" || name == "_>=_";
  if (order) {
    const auto result = compare(args[0], args[1]);
    if (result == Order::incomparable) return error("no order");
    const bool same = result == Order::equal && (name == "_<=_" || name == "_>=_");
    return Value::boolean(same || result == (name[1] == '<' ? Order::less : Order::greater));
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
