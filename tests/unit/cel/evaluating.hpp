// evaluating.hpp: from a text to a value in one call, for tests.
#pragma once

#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"

namespace cel_test {

struct Outcome {
  std::string text;     // the value as a literal; empty when there is none
  std::string refusal;  // why it was not compiled
  std::string error;    // why it has no value
};

inline Outcome evaluate(const socle::cel::Environment& env, const std::string& source, bool checked = true,
                        const socle::cel::Limits& limits = {}, bool optimize = true) {
  Outcome out;
  auto ast = checked ? env.compile(source) : env.parse(source);
  if (!ast) {
    out.refusal = ast.error().message;
    return out;
  }
  const auto program = socle::cel::Program::compile(env, *ast, {optimize});
  if (!program) {
    out.refusal = program.error().message;
    return out;
  }
  socle::cel::Arena arena;
  const auto value = program->evaluate(socle::cel::Activation(env), arena, limits);
  if (value.is_error())
    out.error = program->describe(value);
  else
    out.text = to_text(value);
  return out;
}

inline Outcome evaluate(const std::string& source) { return evaluate(socle::cel::Environment(), source); }

}  // namespace cel_test
