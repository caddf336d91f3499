// program.hpp: a compiled expression. Immutable: any number of threads may evaluate one Program at the same time, each
// with its own Arena.
//
//   auto program = Program::compile(env, *env.compile("a.x > 100"));
//   Activation activation(env);
//   activation.set(env.variable("a")->slot, document.root());
//   Arena arena;
//   Value value = program->evaluate(activation, arena);      // borrows arena, document and program
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/value.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::cel {

// Values of an Environment's variables. One thread; reuse it from evaluation to evaluation.
class Activation {
 public:
  explicit Activation(const Environment& environment) : values_(environment.variable_count(), unbound()) {}
  void set(std::size_t slot, const Value& value) { values_[slot] = value; }
  void set(std::size_t slot, json::View view) { values_[slot] = view.exists() ? Value::json(view) : unbound(); }
  void clear(std::size_t slot) { values_[slot] = unbound(); }
  [[nodiscard]] bool has(std::size_t slot) const { return !values_[slot].is_error(); }
  [[nodiscard]] const Value* values() const { return values_.data(); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  static Value unbound() { return Value::error(nullptr); }
  std::vector<Value> values_;
};

struct Limits {
  std::uint64_t fuel = 1'000'000;             // about one unit per operation
  std::size_t memory = std::size_t{8} << 20;  // bytes of the arena
  // Called every `interval` units of fuel, on the evaluating thread; false ends the evaluation (a scheduler may yield
  // inside and return true). 0: never.
  std::uint64_t interval = 0;
  bool (*interrupt)(void* data) = nullptr;
  void* data = nullptr;
  // For tests: if given, raised to the most fuel that was taken at once, where that is above `interval`: so long, and
  // `interval` more, may be worked between two looks at the interrupt.
  std::uint64_t* largest = nullptr;
};

struct CompileOptions {
  bool optimize = true;  // folding, dead branches, hashed sets, fused comparisons, special loops
};

class Program {
 public:
  // Code::invalid when a constant regular expression is wrong (with its place). The environment must outlive the
  // program.
  static Result<Program> compile(const Environment& environment, const Ast& ast, CompileOptions options = {});
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  // Never fails otherwise than by an error value. Does not reset the arena. `fuel_left`, if given, is set to what is
  // left of the fuel: a host that runs several programs as one piece of work hands it to the next.
  [[nodiscard]] Value evaluate(const Activation& activation, Arena& arena, const Limits& limits = {},
                               std::uint64_t* fuel_left = nullptr) const;
  // The value when it does not depend on anything; null otherwise. Lives as long as the program.
  [[nodiscard]] const Value* constant() const;
  // "1:7: no such key: 'x' (reading a.x)" and the marked line. REQUIRES: error.is_error()
  [[nodiscard]] std::string describe(const Value& error) const;
  [[nodiscard]] const std::string& source() const;
  [[nodiscard]] std::size_t bytes() const;  // memory this program holds, about
  // The most that its constant regular expressions may grow to, with those that were folded away, which count here
  // alone.
  [[nodiscard]] std::size_t pattern_bytes() const;
  // Without those: part of bytes().
  [[nodiscard]] std::size_t live_pattern_bytes() const;
  // The straight-line fuel of one evaluation: comprehensions and functions over data add to it.
  [[nodiscard]] std::uint64_t base_cost() const;

 private:
  struct Code;
  explicit Program(std::unique_ptr<const Code> code);
  std::unique_ptr<const Code> code_;
};

}  // namespace socle::cel
