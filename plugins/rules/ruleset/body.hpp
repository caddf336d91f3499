// body.hpp: what a compiled ruleset holds. Written by compile.cpp, read by evaluate.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ruleset/ruleset.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/schema/schema.hpp"
#include "table/table.hpp"

namespace socle::rules {

// A path that an expression reads, for the trace: evaluated only when one is asked for.
struct Read {
  std::string path;
  cel::Program program;
};

struct Expression {
  std::optional<cel::Program> program;  // always there once compiled
  std::string pointer;
  std::vector<Read> reads;
};

struct Case {
  Expression when;
  Expression then;
  std::int64_t priority = 0;
  std::string label;
};

struct Step {
  enum class Kind : std::uint8_t { table, set, decide };
  Kind kind = Kind::set;
  std::string name;
  std::string pointer;
  std::uint32_t slot = 0;
  std::optional<Expression> when;       // false: the step is left out and `otherwise` is its value
  std::optional<Expression> otherwise;  // also of a decide without a case that holds
  std::shared_ptr<const Table> table;
  std::optional<Expression> each;  // a table for every element of this list
  std::uint32_t each_slot = 0;
  std::optional<Expression> value;  // set
  std::vector<Case> cases;          // decide, highest priority first
};

struct Validator {
  std::string id;
  std::string message;
  std::string at;
  Severity severity = Severity::error;
  std::int64_t priority = 0;
  bool late = false;  // reads a step's result
  Expression when;
};

struct OutputPart {
  std::string name;  // empty: the output is this value alone
  Expression value;
};

struct Ruleset::Body {
  std::string name;
  std::unique_ptr<cel::Environment> environment;
  std::optional<schema::Schema> input_schema;
  std::uint32_t input_slot = 0;
  std::uint32_t now_slot = 0;
  std::uint32_t user_slot = 0;
  std::uint32_t tenant_slot = 0;
  std::uint32_t env_slot = 0;
  std::vector<Step> steps;  // in the order of evaluation
  std::vector<Validator> validators;
  std::vector<OutputPart> outputs;
};

}  // namespace socle::rules
