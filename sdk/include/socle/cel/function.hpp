// function.hpp: what a CEL function implemented in C++ sees. Called on the evaluating thread, must not block.
//
//   Value half(Context& context, const Value* args) { return Value::integer(args[0].as_int() / 2); }
//   environment.declare_function("half", "(int): int", half);
//
// The kinds of the arguments have been checked against the overload's parameters; errors never reach a function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "socle/cel/value.hpp"

namespace socle::cel {

class Regex;

// One evaluation: its memory, its fuel, and how it may be stopped.
class Context {
 public:
  Context(Arena& arena_, std::uint64_t fuel, std::uint64_t interval, bool (*interrupt)(void*), void* interrupt_data)
      : arena(arena_), left_(fuel), interval_(interval), interrupt_(interrupt), interrupt_data_(interrupt_data) {
    stage(fuel);
  }

  Arena& arena;
  std::uint64_t* largest = nullptr;  // see Limits::largest
  const Regex* regex = nullptr;      // the call's pattern, when it was a constant
  const ErrorInfo* stop = nullptr;   // set once: the whole evaluation ends with it

  // Takes fuel; false when the evaluation must stop (then return stopped()). One unit is about one operation, or 16
  // bytes of text worked through. The interrupt is looked at here alone: what grows with its input takes its fuel in
  // pieces of at most about 2,000 units, each before the work that it pays for (text_steps.hpp, merge_sort.hpp).
  [[nodiscard]] bool charge(std::uint64_t units) {
    if (units <= stage_) {
      stage_ -= units;
      return true;
    }
    return next_stage(units);
  }
  [[nodiscard]] bool charge_text(std::size_t bytes) { return charge(bytes / 16 + 1); }
  [[nodiscard]] std::uint64_t fuel_left() const { return left_ + stage_; }
  [[nodiscard]] Value stopped();

  // An error value; the message is copied. The evaluator adds the place.
  Value error(ErrorCode code, std::string_view message);
  // Ends the evaluation for good.
  Value out_of_memory();
  // A copy of the text in the arena (and its fuel).
  Value text(std::string_view text, Kind kind = Kind::string);
  // Room for `size` values; null after out_of_memory().
  Value* items(std::size_t size);
  Value some(const Value& value);  // optional.of; an error stays one

 private:
  bool next_stage(std::uint64_t units);
  void stage(std::uint64_t available);
  void halt(ErrorCode code, std::string_view message);

  std::uint64_t stage_ = 0;  // may be used before the next look at the interrupt
  std::uint64_t left_;       // beyond the stage
  std::uint64_t interval_;
  bool (*interrupt_)(void*);
  void* interrupt_data_;
};

using Function = Value (*)(Context&, const Value* args);

}  // namespace socle::cel
