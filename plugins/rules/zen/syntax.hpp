// syntax.hpp: an expression of GoRules' ZEN language, parsed. Used by the translation to CEL only. Any thread.
//
// Grammar and precedence after the language's public documentation: or 10, and 15, comparisons and in 20, + - 30, not
// 50,
// * / % 60, ^ 70 (right), ?? 80, unary - 200; ?: below all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules::zen {

enum class NodeKind : std::uint8_t {
  null,
  boolean,     // text "true" or "false"
  number,      // text as written
  string,      // text
  pattern,     // `…${}…`: children, texts among them
  array,       // children
  object,      // children: key, value, …
  interval,    // children: from, to; text: the two brackets, "[)"
  identifier,  // text; "$" and "$root" too
  pointer,     // #
  member,      // children: object, key
  slice,       // children: object, from, to (null nodes when left out)
  call,        // text: the function; children: arguments
  closure,     // text: the function; alias; children: list, body
  method,      // text: the method; children: target, arguments
  unary,       // text: "-", "+", "not"
  binary,      // text: the operator
  conditional,
  assignments,  // keys[i] = children[i]; a last child without a key is the result
  group,        // ( ): one child
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  NodeKind kind = NodeKind::null;
  std::string text;
  std::string alias;
  std::vector<std::string> keys;
  std::vector<NodePtr> children;
};

// Code::invalid: "1:7: what was wanted, what was found". At most 48 levels deep and 64 KiB long.
[[nodiscard]] Result<NodePtr> parse_expression(std::string_view source);

// A decision table's cell: comparisons with the column's value, joined by "and", "or" and ",". What stands without an
// operator is compared, looked for, or taken as a condition, depending on what it is.
struct CellTerm {
  enum class Kind : std::uint8_t { compare, alone };
  Kind kind = Kind::alone;
  std::string op;  // compare with the column's value: "==", "<", "in", …
  NodePtr operand;
  std::string join;  // how it joins what stands before it: "and", "or" ("," is or); empty for the first
};
[[nodiscard]] Result<std::vector<CellTerm>> parse_cell(std::string_view source);

}  // namespace socle::rules::zen
