// op_access.hpp: ops that read: constants, variables, fields, elements, and the literals that build lists and maps.
#pragma once

#include <string>

#include "op.hpp"
#include "operators.hpp"
#include "socle/cel/ast.hpp"

namespace socle::cel {

struct ConstantOp final : Op {
  explicit ConstantOp(const Value& v) : value(v) { cost = 0; }
  Value run(Frame&) const override { return value; }
  [[nodiscard]] const Value* constant() const override { return &value; }
  [[nodiscard]] std::size_t size() const override { return sizeof *this; }
  Value value;
};

struct SlotOp final : Op {
  Value run(Frame& f) const override {
    const auto& value = f.slots[slot];
    if (value.is_error()) [[unlikely]]
      return missing(f);
    return coercion == Coercion::none ? value : placed(coerced(f.context, value, coercion), offset);
  }
  Value missing(Frame& f) const;
  [[nodiscard]] std::string path() const override { return name; }
  [[nodiscard]] std::size_t size() const override { return sizeof *this; }
  std::uint32_t slot = 0;
  Coercion coercion = Coercion::none;
  std::string name;
};

struct LocalOp final : Op {
  Value run(Frame& f) const override { return f.locals[index]; }
  [[nodiscard]] std::string path() const override { return name; }
  [[nodiscard]] std::size_t size() const override { return sizeof *this; }
  std::uint32_t index = 0;
  std::string name;
};

// Something that can only fail: an undeclared name, an unknown function, a message literal.
struct FailOp final : Op {
  Value run(Frame& f) const override { return placed(f.context.error(code, message), offset); }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + message.size(); }
  ErrorCode code = ErrorCode::undeclared;
  std::string message;
};

struct SelectOp final : Op {
  SelectOp(OpPtr o, std::string n) : operand(std::move(o)), name(std::move(n)), hash(json::layout::hash_key(name)) {
    cost = operand->cost + 1;
  }
  Value run(Frame& f) const override {
    const Value from = operand->run(f);
    if (from.is(Kind::map) && from.is_json()) [[likely]] {
      const auto found = from.view().find(json::Key(name, hash));
      if (!found.exists()) return absent(f);
      if (plain) [[likely]]
        return Value::json(found);
      if (test_only) return Value::boolean(true);
      const auto value = Value::json(found);
      const auto made = finish(f, value);
      return optional_field && !made.is_error() ? f.context.some(made) : made;
    }
    return slow(f, from);
  }
  Value slow(Frame& f, const Value& from) const;
  Value absent(Frame& f) const;
  Value finish(Frame& f, const Value& value) const { return placed(coerced(f.context, value, coercion), offset); }
  [[nodiscard]] std::string path() const override {
    auto prefix = operand->path();
    return prefix.empty() ? name : prefix + "." + name;
  }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size(); }
  OpPtr operand;
  std::string name;
  std::uint32_t hash;
  Coercion coercion = Coercion::none;
  bool test_only = false;       // has()
  bool optional_field = false;  // a.?b
  bool absent_is_null = false;
  bool guarded = false;  // under has() of itself: what is absent is an error without info, for CompareOp only
  bool plain = true;     // none of the flags above and no coercion
};

struct IndexOp final : Op {
  IndexOp(OpPtr o, OpPtr k, bool opt) : operand(std::move(o)), key(std::move(k)), optional_index(opt) {
    cost = operand->cost + key->cost + 1;
  }
  Value run(Frame& f) const override;
  [[nodiscard]] std::string path() const override {
    const auto* known = key->constant();
    return operand->path() + "[" + (known != nullptr ? to_text(*known) : "…") + "]";
  }
  [[nodiscard]] std::size_t size() const override { return sizeof *this + operand->size() + key->size(); }
  OpPtr operand;
  OpPtr key;
  bool optional_index;
  Coercion coercion = Coercion::none;
};

struct ListOp final : Op {
  Value run(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override;
  std::vector<OpPtr> items;
  std::vector<std::uint8_t> optionals;
};

struct MapOp final : Op {
  Value run(Frame& f) const override;
  [[nodiscard]] std::size_t size() const override;
  std::vector<OpPtr> parts;  // key, value, …
  std::vector<std::uint8_t> optionals;
};

}  // namespace socle::cel
