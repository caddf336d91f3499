// op_logic.hpp: conditions, comparisons, calls and loops.
#pragma once

#include <optional>

#include "op.hpp"
#include "operators.hpp"
#include "regex.hpp"
#include "socle/cel/environment.hpp"

namespace socle::cel {

// && and ||: the second side decides when the first is an error; an error stays only when neither decides.
struct JunctionOp final : Op {
  JunctionOp(OpPtr l, OpPtr r, bool o) : left(std::move(l)), right(std::move(r)), disjunction(o) {
    cost = left->cost + right->cost + 1;
  }
  Value run(Frame& f) const override {
    const auto truth = test(f);
    return truth == Truth::other ? f.other : Value::boolean(truth == Truth::yes);
  }
  Truth test(Frame& f) const override {
    const auto decisive = disjunction ? Truth::yes : Truth::no;
    const auto first = left->test(f);
    if (first == decisive) return decisive;
    if (first != Truth::other) {
      const auto second = right->test(f);
      return second == Truth::other ? wrong(f) : second;
    }
    const Value kept = f.other;
    if (f.context.stop == nullptr && right->test(f) == decisive) return decisive;
    f.other = kept;
    return wrong(f);
  }
  Truth wrong(Frame& f) const;
  [[nodiscard]] std::size_t size() const override { return sizeof *this + left->size() + right->size(); }
  OpPtr left;
  OpPtr right;
  bool disjunction;
};

struct NotOp final : Op {
  explicit NotOp(OpPtr o) : operand(std::move(o)) { cost = operand->cost + 1; }
  Value run(Frame& f) const override {
    const auto truth = test(f);
    return truth == Truth::other ? f.other : Value::boolean(truth == Truth::yes);
  }
  Truth test(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size(); }
  OpPtr operand;
};

// True for everything but false, errors included: what lets a fold run on past an error.
struct LenientOp final : Op {
  explicit LenientOp(OpPtr o) : operand(std::move(o)) { cost = operand->cost + 1; }
  Value run(Frame& f) const override { return Value::boolean(operand->test(f) != Truth::no); }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size(); }
  OpPtr operand;
};

// A whole number as the double that the type says.
struct RealOp final : Op {
  explicit RealOp(OpPtr o) : operand(std::move(o)) { cost = operand->cost; }
  Value run(Frame& f) const override { return coerced(f.context, operand->run(f), Coercion::real); }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size(); }
  OpPtr operand;
};

struct ChoiceOp final : Op {
  ChoiceOp(OpPtr c, OpPtr y, OpPtr n) : condition(std::move(c)), yes(std::move(y)), no(std::move(n)) {
    cost = condition->cost + std::max(yes->cost, no->cost) + 1;
  }
  Value run(Frame& f) const override;
  Truth test(Frame& f) const override;
  const Op* chosen(Frame& f) const;
  [[nodiscard]] std::size_t size() const override {
    return sizeof *this + condition->size() + yes->size() + no->size();
  }
  OpPtr condition;
  OpPtr yes;
  OpPtr no;
};

enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// What an operator function compares; nothing for other functions.
[[nodiscard]] std::optional<Comparison> comparison_of(std::string_view function);

// A comparison with a constant on the right: the common kinds without a call.
struct CompareOp final : Op {
  CompareOp(OpPtr l, const Value& r, Comparison c, Function g)
      : left(std::move(l)), right(r), comparison(c), general(g) {
    cost = left->cost + 1;
  }
  Value run(Frame& f) const override {
    const auto truth = test(f);
    return truth == Truth::other ? f.other : Value::boolean(truth == Truth::yes);
  }
  Truth test(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override { return sizeof *this + left->size(); }
  OpPtr left;
  Value right;
  Comparison comparison;
  Function general;
  // A guard before it was folded in: false for what is absent (has(x) && …), for null (x != null && …).
  bool absent_is_false = false;
  bool null_is_false = false;
};

// x in [constants]
struct MemberOp final : Op {
  MemberOp(OpPtr o, const MapEntries* s) : operand(std::move(o)), set(s) { cost = operand->cost + 1; }
  Value run(Frame& f) const override {
    const Value value = operand->run(f);
    if (value.is_error()) return value;
    if (!charge_key(f.context, value)) return f.context.stopped();
    if (value.kind() > Kind::decimal) return Value::boolean(false);  // unlike all in the set
    std::size_t looks = 0;
    const auto at = find_entry(*set, value, &looks);
    return charge_looks(f.context, looks) ? Value::boolean(at != no_entry) : f.context.stopped();
  }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size(); }
  OpPtr operand;
  const MapEntries* set;
};

struct CallOp final : Op {
  Value run(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override;
  std::string name;
  std::vector<const Overload*> overloads;  // of this arity and style
  bool ordering = false;                   // <, <=, >, >=
  std::vector<OpPtr> args;
  std::shared_ptr<const Regex> regex;  // the pattern when it is a constant
};

// optional.or, orValue: the alternative is evaluated only when it is needed.
struct OrElseOp final : Op {
  OrElseOp(OpPtr o, OpPtr a, bool v) : operand(std::move(o)), alternative(std::move(a)), unwrap(v) {
    cost = operand->cost + alternative->cost + 1;
  }
  Value run(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size() + alternative->size(); }
  OpPtr operand;
  OpPtr alternative;
  bool unwrap;
};

// Evaluates `init` into a local, then `body`. An error in init is one only when the name is read.
struct BindOp final : Op {
  BindOp(OpPtr i, OpPtr b, std::uint32_t l) : init(std::move(i)), body(std::move(b)), local(l) {
    cost = init->cost + body->cost + 1;
  }
  Value run(Frame& f) const override {
    f.locals[local] = init->run(f);
    return f.context.stop != nullptr ? f.context.stopped() : body->run(f);
  }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + init->size() + body->size(); }
  OpPtr init;
  OpPtr body;
  std::uint32_t local;
};

// Every macro that loops. The general form is `fold`; the others are what it comes to, without the accumulator.
struct LoopOp final : Op {
  enum class Form : std::uint8_t { fold, all, exists, exists_one, list, map, map_entry };
  Value run(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override;
  Value fold(Frame& f, const Value& items) const;
  Value quantify(Frame& f, const Value& items) const;
  Value count_one(Frame& f, const Value& items) const;
  Value build_list(Frame& f, const Value& items) const;
  Value build_map(Frame& f, const Value& items) const;
  // Puts item i into the locals and takes the body's fuel.
  bool enter(Frame& f, const Value& items, std::size_t i) const;

  Form form = Form::fold;
  bool two = false;  // two variables
  Coercion coercion = Coercion::none;
  std::uint32_t variable = 0;
  std::uint32_t variable2 = 0;
  std::uint32_t accumulator = 0;
  std::uint32_t body_cost = 1;
  OpPtr range;
  OpPtr filter;                         // or the predicate of a quantifier; null: take all
  OpPtr value;                          // null: the item itself
  OpPtr key;                            // of transformMap: what is inserted under
  OpPtr init, condition, step, result;  // fold
};

// cel.block: locals in order, then the body.
struct BlockOp final : Op {
  Value run(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override;
  std::vector<OpPtr> parts;
  OpPtr body;
  std::uint32_t first = 0;
};

}  // namespace socle::cel
