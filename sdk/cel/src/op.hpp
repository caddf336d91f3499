// op.hpp: a compiled node. A program is a tree of them with names resolved to slots; evaluating is one virtual call a
// node. test() is the fast way through conditions: no Value is built for true and false.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "socle/cel/function.hpp"
#include "socle/cel/type.hpp"

namespace socle::cel {

struct Frame {
  Context context;
  const Value* slots;
  Value* locals;
  Value other;  // what test() met when it answered Truth::other
};

enum class Truth : std::uint8_t { no, yes, other };

struct Op {
  Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;
  virtual ~Op() = default;
  virtual Value run(Frame& frame) const = 0;
  virtual Truth test(Frame& frame) const { return truth(run(frame), frame); }
  // The value when it is known at compile time.
  [[nodiscard]] virtual const Value* constant() const { return nullptr; }
  // "a.b.c" for messages; empty when this is no path.
  [[nodiscard]] virtual std::string path() const { return {}; }
  [[nodiscard]] virtual std::size_t size() const = 0;

  static Truth truth(const Value& value, Frame& frame) {
    if (value.is(Kind::boolean)) return value.as_bool() ? Truth::yes : Truth::no;
    frame.other = value;
    return Truth::other;
  }

  std::uint32_t offset = 0;
  std::uint32_t cost = 1;  // of this and what it always evaluates
};
using OpPtr = std::unique_ptr<Op>;

// Gives an error without a place this one.
inline Value placed(const Value& value, std::uint32_t offset) {
  if (value.is_error() && value.error_info().code < ErrorCode::out_of_fuel &&
      value.error_info().offset == ErrorInfo::nowhere)
    const_cast<ErrorInfo&>(value.error_info()).offset = offset;  // errors with a place to fill are in the arena
  return value;
}

// How a value read from JSON becomes what was declared: "date" texts dates, 5 a double where double is declared.
enum class Coercion : std::uint8_t { none, integer, real, timestamp, duration, date, decimal };
[[nodiscard]] Coercion coercion_to(const Type& type);
[[nodiscard]] Value coerced(Context& c, const Value& value, Coercion coercion);

OpPtr make_constant(const Value& value, std::uint32_t offset);

}  // namespace socle::cel
