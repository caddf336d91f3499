// cell.hpp: the shorthand of a decision table's input cell, taken apart:
//
//   cell  = part {"," part}                      any of them
//   part  = term {"&&" term}                     all of them
//   term  = "-" | "" | op expr | range | "in" (range | list) | "not(" cell ")" | list | expr
//   op    = "<" | "<=" | ">" | ">=" | "==" | "=" | "!="
//   range = ("[" | "(") expr ".." expr ("]" | ")")
//
// expr is CEL. Only the shape is read here; what the expressions mean is the compiler's business. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules {

// A CEL expression inside a cell's text.
struct Piece {
  std::string_view text;
  std::uint32_t offset = 0;
};

struct CellNode {
  enum class Kind : std::uint8_t { anything, compare, range, member, either, both, negation, expression };
  enum class Operator : std::uint8_t { lt, le, gt, ge, eq, ne };
  Kind kind = Kind::anything;
  Operator op = Operator::eq;      // compare
  Piece piece;                     // compare, member, expression: the operand; range: the lower end
  Piece upper;                     // range
  bool low_included = true;        // range
  bool high_included = true;       // range
  std::vector<CellNode> children;  // either, both, negation
};

struct CellFault {
  std::uint32_t offset = 0;
  std::string message;
};

// Borrows the text. False: `fault` tells why.
[[nodiscard]] bool parse_cell(std::string_view text, CellNode& cell, CellFault& fault);

}  // namespace socle::rules
