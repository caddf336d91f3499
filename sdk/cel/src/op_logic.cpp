// op_logic.cpp: see the header.
#include "op_logic.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "library.hpp"

namespace socle::cel {
namespace {
Value no_overload(Frame& f, const Op& op, std::string_view what) {
  return placed(f.context.error(ErrorCode::no_such_overload, what), op.offset);
}
}  // namespace

std::optional<Comparison> comparison_of(std::string_view function) {
  constexpr std::array<std::string_view, 6> names{"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"};
  const auto* at = std::find(names.begin(), names.end(), function);
  if (at == names.end()) return std::nullopt;
  return static_cast<Comparison>(at - names.begin());
}

Truth JunctionOp::wrong(Frame& f) const {
  if (!f.other.is_error())
    f.other =
        no_overload(f, *this, disjunction ? "no such overload: || wants bool" : "no such overload: && wants bool");
  return Truth::other;
}

Truth NotOp::test(Frame& f) const {
  const auto truth = operand->test(f);
  if (truth != Truth::other) return truth == Truth::yes ? Truth::no : Truth::yes;
  if (!f.other.is_error()) f.other = no_overload(f, *this, "no such overload: ! wants bool");
  return truth;
}

const Op* ChoiceOp::chosen(Frame& f) const {
  const auto truth = condition->test(f);
  if (truth == Truth::other) {
    if (!f.other.is_error()) f.other = no_overload(f, *this, "no such overload: a condition must be bool");
    return nullptr;
  }
  return truth == Truth::yes ? yes.get() : no.get();
}
Value ChoiceOp::run(Frame& f) const {
  const auto* op = chosen(f);
  return op == nullptr ? f.other : op->run(f);
}
Truth ChoiceOp::test(Frame& f) const {
  const auto* op = chosen(f);
  return op == nullptr ? Truth::other : op->test(f);
}

Truth CompareOp::test(Frame& f) const {
  const Value value = left->run(f);
  if (null_is_false && value.is(Kind::null)) return Truth::no;
  if (absent_is_false && value.is_error() && !value.has_error_info()) return Truth::no;
  if (value.kind() == right.kind()) {
    const auto answer = [](bool yes) { return yes ? Truth::yes : Truth::no; };
    if (value.is(Kind::integer)) {
      const auto a = value.as_int();
      const auto b = right.as_int();
      switch (comparison) {
        case Comparison::equal: return answer(a == b);
        case Comparison::not_equal: return answer(a != b);
        case Comparison::less: return answer(a < b);
        case Comparison::less_equal: return answer(a <= b);
        case Comparison::greater: return answer(a > b);
        case Comparison::greater_equal: return answer(a >= b);
      }
    }
    if (value.is(Kind::real)) {
      const auto a = value.as_double();
      const auto b = right.as_double();
      switch (comparison) {
        case Comparison::equal: return answer(a == b);
        case Comparison::not_equal: return answer(a != b);
        case Comparison::less: return answer(a < b);
        case Comparison::less_equal: return answer(a <= b);
        case Comparison::greater: return answer(a > b);
        case Comparison::greater_equal: return answer(a >= b);
      }
    }
    // Equality with a constant text costs at most that text's length, which is in the program already.
    if (value.is(Kind::string) && comparison <= Comparison::not_equal)
      return answer((value.as_string() == right.as_string()) == (comparison == Comparison::equal));
  }
  if (value.is_error()) {
    f.other = value;
    return Truth::other;
  }
  const Value both[2] = {value, right};
  return truth(placed(general(f.context, both), offset), f);
}

Value CallOp::run(Frame& f) const {
  constexpr std::size_t few = 8;
  alignas(Value) std::array<std::byte, few * sizeof(Value)> room;  // not cleared: every argument is written
  auto* values = reinterpret_cast<Value*>(room.data());
  if (args.size() > few) {
    values = f.context.items(args.size());
    if (values == nullptr) return f.context.stopped();
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    values[i] = args[i]->run(f);
    if (values[i].is_error()) return values[i];
  }
  for (const auto* overload : overloads) {
    bool fits = true;
    for (std::size_t i = 0; i < args.size() && fits; ++i)
      fits = (overload->kinds[i] >> static_cast<unsigned>(values[i].kind()) & 1u) != 0;
    if (!fits) continue;
    if (overload->function == nullptr) break;
    f.context.regex = regex.get();
    return placed(overload->function(f.context, values), offset);
  }
  // Numbers of different kinds have an order at run time, whatever the checker wants to see declared.
  const auto numeric = [](const Value& v) { return v.kind() >= Kind::integer && v.kind() <= Kind::real; };
  if (ordering && numeric(values[0]) && numeric(values[1]))
    return placed(overloads.front()->function(f.context, values), offset);
  std::string text;
  for (std::size_t i = 0; i < args.size(); ++i) text += (i == 0 ? "" : ", ") + std::string(type_name(values[i]));
  return no_overload(f, *this, "no such overload: " + std::string(written_name(name)) + " applied to (" + text + ")");
}

std::size_t CallOp::size() const {
  std::size_t total = sizeof *this + overloads.capacity() * sizeof(void*) + args.capacity() * sizeof(OpPtr);
  for (const auto& arg : args) total += arg->size();
  return total + (regex ? regex->size() : 0);
}

Value OrElseOp::run(Frame& f) const {
  const Value value = operand->run(f);
  if (value.is_error()) return value;
  if (!value.is(Kind::optional)) return no_overload(f, *this, "no such overload: or() and orValue() want an optional");
  if (value.optional_value() == nullptr) return alternative->run(f);
  return unwrap ? *value.optional_value() : value;
}

bool LoopOp::enter(Frame& f, const Value& items, std::size_t i) const {
  if (!f.context.charge(body_cost)) return false;
  const bool list = items.is(Kind::list);
  const auto element = [&] {
    return coercion == Coercion::none ? items.at(i) : placed(coerced(f.context, items.at(i), coercion), offset);
  };
  if (two) {
    f.locals[variable] = list ? Value::integer(static_cast<std::int64_t>(i)) : items.key_at(i);
    f.locals[variable2] = element();
  } else {
    f.locals[variable] = list ? element() : items.key_at(i);
  }
  return true;
}

Value LoopOp::run(Frame& f) const {
  const Value items = range->run(f);
  if (items.is_error()) return items;
  if (!items.is(Kind::list) && !items.is(Kind::map))
    return no_overload(f, *this,
                       "'" + std::string(type_name(items)) + "' cannot be looped over; wanted a list or a map");
  switch (form) {
    case Form::fold: return fold(f, items);
    case Form::all:
    case Form::exists: return quantify(f, items);
    case Form::exists_one: return count_one(f, items);
    case Form::list: return build_list(f, items);
    case Form::map:
    case Form::map_entry: return build_map(f, items);
  }
  return {};
}

Value LoopOp::fold(Frame& f, const Value& items) const {
  Value kept = init->run(f);
  for (std::size_t i = 0, n = items.size(); i < n; ++i) {
    if (!enter(f, items, i)) return f.context.stopped();
    f.locals[accumulator] = kept;
    const auto go_on = condition->test(f);
    if (f.context.stop != nullptr) return f.context.stopped();
    if (go_on == Truth::no) break;
    if (go_on == Truth::other) return f.other;
    kept = step->run(f);
    if (f.context.stop != nullptr) return f.context.stopped();
  }
  f.locals[accumulator] = kept;
  return result->run(f);
}

Value LoopOp::quantify(Frame& f, const Value& items) const {
  const bool exists = form == Form::exists;
  Value kept;  // an error met on the way, or null
  for (std::size_t i = 0, n = items.size(); i < n; ++i) {
    if (!enter(f, items, i)) return f.context.stopped();
    const auto truth = filter->test(f);
    if (truth == Truth::other) {
      if (f.context.stop != nullptr) return f.context.stopped();
      if (!kept.is_error())
        kept = f.other.is_error() ? f.other : no_overload(f, *this, "no such overload: a predicate must be bool");
    } else if ((truth == Truth::yes) == exists) {
      return Value::boolean(exists);
    }
  }
  return kept.is_error() ? kept : Value::boolean(!exists);
}

Value LoopOp::count_one(Frame& f, const Value& items) const {
  std::size_t count = 0;
  for (std::size_t i = 0, n = items.size(); i < n; ++i) {
    if (!enter(f, items, i)) return f.context.stopped();
    const auto truth = filter->test(f);
    if (truth == Truth::other)
      return f.other.is_error() ? f.other : no_overload(f, *this, "no such overload: a predicate must be bool");
    count += truth == Truth::yes ? 1 : 0;
  }
  return Value::boolean(count == 1);
}

Value LoopOp::build_list(Frame& f, const Value& items) const {
  const auto n = items.size();
  std::size_t capacity = filter ? 0 : n;
  auto* out = capacity == 0 ? nullptr : f.context.items(capacity);
  if (capacity != 0 && out == nullptr) return f.context.stopped();
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!enter(f, items, i)) return f.context.stopped();
    if (filter) {
      const auto truth = filter->test(f);
      if (truth == Truth::other)
        return f.other.is_error() ? f.other : no_overload(f, *this, "no such overload: a condition must be bool");
      if (truth == Truth::no) continue;
    }
    const Value made = value ? value->run(f) : f.locals[variable];
    if (made.is_error()) return made;
    if (count == capacity) {
      capacity = std::min(n, std::max<std::size_t>(4, capacity * 2));
      auto* more = f.context.items(capacity);
      if (more == nullptr) return f.context.stopped();
      std::copy(out, out + count, more);
      out = more;
    }
    out[count++] = made;
  }
  return Value::list(out, count);
}

Value LoopOp::build_map(Frame& f, const Value& items) const {
  MapBuilder builder(f.context.arena, filter ? 0 : items.size());
  for (std::size_t i = 0, n = items.size(); i < n; ++i) {
    if (!enter(f, items, i)) return f.context.stopped();
    if (filter) {
      const auto truth = filter->test(f);
      if (truth == Truth::other)
        return f.other.is_error() ? f.other : no_overload(f, *this, "no such overload: a condition must be bool");
      if (truth == Truth::no) continue;
    }
    const Value made = value->run(f);
    if (made.is_error()) return made;
    if (form == Form::map) {
      const auto& under = f.locals[variable];
      if (!insert_entry(f.context, builder, under, made)) return placed(duplicate_or_stopped(f.context, under), offset);
      continue;
    }
    if (!made.is(Kind::map)) return no_overload(f, *this, "transformMapEntry() wants a map for every item");
    for (std::size_t j = 0; j < made.size(); ++j)
      if (!f.context.charge(1) || !insert_entry(f.context, builder, made.key_at(j), made.at(j)))
        return placed(duplicate_or_stopped(f.context, made.key_at(j)), offset);
  }
  const auto map = builder.finish();
  return map.is(Kind::map) ? map : f.context.out_of_memory();
}

std::size_t LoopOp::size() const {
  std::size_t total = sizeof *this;
  for (const auto* op : {&range, &filter, &value, &key, &init, &condition, &step, &result})
    if (*op) total += (*op)->size();
  return total;
}

Value BlockOp::run(Frame& f) const {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    f.locals[first + i] = parts[i]->run(f);
    if (f.context.stop != nullptr) return f.context.stopped();
  }
  return body->run(f);
}
std::size_t BlockOp::size() const {
  std::size_t total = sizeof *this + body->size();
  for (const auto& part : parts) total += part->size();
  return total;
}

}  // namespace socle::cel
