// body.hpp: what a compiled table holds. Written by the compiler (compile.cpp), read by the evaluation (table.cpp) and
// the hit policies.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "socle/cel/program.hpp"
#include "table/column.hpp"
#include "table/index.hpp"
#include "table/output_order.hpp"
#include "table/table.hpp"

namespace socle::rules {

struct CompiledInput {
  std::optional<cel::Program> program;
  Column column;
};

// One cell that is a condition: evaluated only for rows that everything else lets through.
struct Condition {
  std::uint32_t column = 0;
  cel::Program program;
};

struct CompiledRow {
  std::vector<Condition> conditions;
  // Of each output a constant or a program, or neither: left out.
  struct Output {
    std::optional<cel::Value> constant;
    std::optional<cel::Program> program;
  };
  std::vector<Output> outputs;
  std::optional<cel::Value> result;  // all of it, when every output is constant
};

struct Table::Body {
  TableDefinition definition;
  cel::Arena constants{std::size_t{1} << 30};  // written only while compiling
  std::uint32_t value_slot = 0;
  std::uint64_t least_cost = 0;
  std::vector<CompiledInput> inputs;
  std::vector<CompiledRow> rows;
  RowIndex index;
  std::vector<OutputOrder> order;                    // of each output
  std::optional<cel::Value> otherwise;               // the default result
  std::vector<CompiledRow::Output> otherwise_parts;  // when it must be computed
};

// A row's outputs as the result's shape: the value alone when the output has no name, else a map by name.
[[nodiscard]] cel::Value shape_result(cel::Arena& arena, const TableDefinition& definition,
                                      const std::vector<std::optional<cel::Value>>& outputs);

}  // namespace socle::rules
