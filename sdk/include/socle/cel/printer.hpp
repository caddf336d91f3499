// printer.hpp: an expression back as CEL text. Parsing the text again gives the same expression. Any thread.
#pragma once

#include <string>

#include "socle/cel/ast.hpp"

namespace socle::cel {

[[nodiscard]] std::string unparse(const Expr& expr);

}  // namespace socle::cel
