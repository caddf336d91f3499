// cell_compiler.hpp: from a cell's text to what the table's columns can use: constants that become ranks, or, when the
// cell looks at anything but constants, one condition over `value`. Two steps, because ranks exist only once every
// constant of the column is known. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "table/cell.hpp"
#include "table/column.hpp"
#include "table/cost_check.hpp"
#include "table/definition.hpp"

namespace socle::rules {

// A cell of constants, before the column is sealed.
struct ConstantCell {
  CellNode::Kind kind = CellNode::Kind::anything;
  CellNode::Operator op = CellNode::Operator::eq;
  bool low_included = true;
  bool high_included = true;
  std::vector<cel::Value> values;
  std::vector<ConstantCell> children;
};

struct CellResult {
  std::optional<ConstantCell> constant;
  std::optional<cel::Program> condition;
};

class CellCompiler {
 public:
  // `costs`, if there is one, judges every program.
  CellCompiler(const cel::Environment& environment, cel::Arena& constants, Diagnostics& diagnostics,
               CostCheck* costs = nullptr)
      : environment_(environment), constants_(constants), diagnostics_(diagnostics), costs_(costs) {}
  // The least that the program compiled last costs.
  [[nodiscard]] std::uint64_t last_cost() const { return last_cost_; }

  // Adds the cell's constants to the column.
  [[nodiscard]] CellResult compile(const Text& cell, ColumnType type, Column& column);
  // The ranks of a compiled cell. REQUIRES: the column is sealed
  [[nodiscard]] static RankSet ranks(const ConstantCell& cell, const Column& column);

  // An expression that stands alone: its program, made to give the type's kind (a date of a text). Faults are told.
  [[nodiscard]] std::optional<cel::Program> expression(const Text& text, ColumnType type);
  // The value of an expression that reads nothing; nothing: it reads something, or is wrong (then told).
  [[nodiscard]] std::optional<cel::Value> constant(const Text& text, ColumnType type);

 private:
  struct Compiled;
  [[nodiscard]] bool compile_piece(const Piece& piece, const Text& cell, Compiled& out);
  [[nodiscard]] bool resolve(const CellNode& node, const Text& cell, ColumnType type, ConstantCell& out);
  [[nodiscard]] std::optional<cel::Value> piece_value(const Piece& piece, const Text& cell, ColumnType type);
  [[nodiscard]] std::optional<cel::Value> typed(const Piece& piece, const Text& cell, ColumnType type,
                                                cel::Value value);
  [[nodiscard]] std::optional<std::string> condition_text(const CellNode& node, const Text& cell, ColumnType type);
  [[nodiscard]] std::string operand(const Piece& piece, ColumnType type);
  [[nodiscard]] std::optional<cel::Value> evaluate(const std::string& source);
  [[nodiscard]] static RankSet joined(const ConstantCell& cell, const Column& column, bool refused);
  static void register_points(const ConstantCell& cell, Column& column);

  const cel::Environment& environment_;
  cel::Arena& constants_;
  Diagnostics& diagnostics_;
  CostCheck* costs_;
  std::uint64_t last_cost_ = 0;
  bool dynamic_ = false;  // something in the cell read a variable
  bool failed_ = false;
};

}  // namespace socle::rules
