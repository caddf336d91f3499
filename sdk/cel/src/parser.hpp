// parser.hpp: source text to Ast, macros expanded on the way. One call, any thread; called by Environment::parse.
#pragma once

#include <string_view>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/options.hpp"

namespace socle::cel {

// Stops at the first fault and puts it into `issues`; the Ast's root is null then.
Ast parse_source(std::string_view source, const Options& options, std::vector<Issue>& issues);

}  // namespace socle::cel
