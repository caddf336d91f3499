// ruleset.hpp: a compiled ruleset: an ordered graph of steps over one input. Immutable and shared by any number of
// threads.
//
//   Diagnostics diagnostics;
//   auto ruleset = Ruleset::compile(source, diagnostics);          // null when there are errors; tests have been run
//   cel::Arena arena;
//   Outcome outcome = ruleset->evaluate({.input = record}, arena);
//
// The model's form is in docs/rules.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/cel/program.hpp"
#include "socle/json/view.hpp"
#include "table/diagnostic.hpp"
#include "table/meter.hpp"

namespace socle::rules {

struct Call {
  json::View input;
  std::int64_t now_seconds = 0;  // since 1970
  std::uint32_t now_nanos = 0;
  json::View user;    // absent: null in expressions
  json::View tenant;  // absent: null
  json::View env;     // absent: null
  bool trace = false;
  cel::Limits limits;
};

// A fault of the input, at the field that a person corrects.
struct FieldError {
  std::string pointer;
  std::string code;
  std::string message;
};

struct Outcome {
  std::string output;                // JSON text; empty when there is a fault
  std::string trace;                 // JSON text of the why-trace, when it was asked for (also beside a fault)
  std::vector<FieldError> warnings;  // of validators that do not refuse
  std::optional<Fault> fault;
  std::vector<FieldError> errors;  // beside the faults invalid_input and validation_failed: each one
  std::uint64_t fuel = 0;          // used
};

struct TestReport {
  struct One {
    std::string name;
    bool passed = false;
    std::string message;  // why not
    std::string pointer;
  };
  std::vector<One> tests;
  bool out_of_fuel = false;  // an evaluation ended so, whatever its test expected
  [[nodiscard]] std::size_t failed() const;
};

enum class CompileMode : std::uint8_t { fast, full };  // fast leaves the tests out

class Ruleset {
 public:
  static constexpr std::size_t most_steps = 500;
  static constexpr std::size_t most_validators = 500;
  static constexpr std::size_t most_tests = 1000;
  static constexpr std::size_t most_pattern_bytes = std::size_t{32} << 20;

  // `limits`: of one evaluation; what takes more fuel for sure is refused, and tests run within them.
  static std::shared_ptr<const Ruleset> compile(json::View source, Diagnostics& diagnostics,
                                                CompileMode mode = CompileMode::full, TestReport* report = nullptr,
                                                const cel::Limits& limits = {});
  ~Ruleset();

  // Resets the arena. Never throws, never fails otherwise than by outcome.fault.
  [[nodiscard]] Outcome evaluate(const Call& call, cel::Arena& arena) const;
  // The tests stored in the model. `source` is the model this was compiled from; `limits` are each test's, and one that
  // is interrupted fails those after it, too.
  [[nodiscard]] TestReport run_tests(json::View source, const cel::Limits& limits = {}) const;

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::size_t bytes() const;
  struct Body;

 private:
  explicit Ruleset(std::unique_ptr<const Body> body);
  std::unique_ptr<const Body> body_;
};
using RulesetPtr = std::shared_ptr<const Ruleset>;

}  // namespace socle::rules
