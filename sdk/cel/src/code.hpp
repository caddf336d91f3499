// code.hpp: what a Program holds, and lowering of an Ast to it.
#pragma once

#include "op.hpp"
#include "socle/cel/program.hpp"

namespace socle::cel {

// The most that the constant regular expressions may grow to.
struct PatternBytes {
  std::size_t all = 0;
  std::size_t live = 0;  // of those that were not folded away
};

struct Program::Code {
  std::string source;
  OpPtr root;
  std::uint32_t locals = 0;
  PatternBytes patterns;
  Arena constants{std::size_t{1} << 20};  // folded values; written only while compiling
};

// Lowers `expr`, a part of `ast`. Faults (a wrong constant pattern) go to `issues`. Comprehension variables that `expr`
// uses must be bound inside it.
OpPtr lower(const Environment& environment, const Ast& ast, const Expr& expr, CompileOptions options, Arena& constants,
            std::uint32_t& locals, PatternBytes& patterns, std::vector<Issue>& issues);

}  // namespace socle::cel
