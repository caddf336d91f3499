// code.hpp: what a Program holds, and lowering of an Ast to it.
#pragma once

#include "op.hpp"
#include "socle/cel/program.hpp"

namespace socle::cel {

struct Program::Code {
  std::string source;
  OpPtr root;
  std::uint32_t locals = 0;
  std::size_t pattern_bytes = 0;
  Arena constants{std::size_t{1} << 20};  // folded values; written only while compiling
};

// Lowers `expr`, a part of `ast`. Faults (a wrong constant pattern) go to `issues`. Comprehension variables that `expr`
// uses must be bound inside it.
OpPtr lower(const Environment& environment, const Ast& ast, const Expr& expr, CompileOptions options, Arena& constants,
            std::uint32_t& locals, std::size_t& pattern_bytes, std::vector<Issue>& issues);

}  // namespace socle::cel
