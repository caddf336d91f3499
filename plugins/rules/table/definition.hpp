// definition.hpp: a decision table as its author wrote it, before anything is compiled. Plain values with the place of
// each text, so that diagnostics can point at it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/view.hpp"
#include "table/diagnostic.hpp"

namespace socle::rules {

// DMN's hit policies: U A P F R O C, and C with + < > #.
enum class HitPolicy : std::uint8_t {
  unique,
  any,
  priority,
  first,
  rule_order,
  output_order,
  collect,
  sum,
  least,
  greatest,
  count,
};
// "F", "C+" or the long names of DMN ("FIRST", "RULE ORDER"), in any case; nothing: no such policy.
[[nodiscard]] std::optional<HitPolicy> hit_policy_of(std::string_view text);
[[nodiscard]] std::string_view to_string(HitPolicy policy);
// One row's outputs are the result; else a list of them or a number made of them.
[[nodiscard]] constexpr bool single_hit(HitPolicy policy) { return policy <= HitPolicy::first; }

// What a column's values are. any: whatever comes; a value of another kind than the cell's does not match.
enum class ColumnType : std::uint8_t { any, number, integer, decimal, string, boolean, date, timestamp, duration };
[[nodiscard]] std::optional<ColumnType> column_type_of(std::string_view text);
[[nodiscard]] std::string_view to_string(ColumnType type);

struct Text {
  std::string text;
  std::string pointer;
};

struct InputColumn {
  Text expression;
  ColumnType type = ColumnType::any;
  std::optional<Text> allowed;  // a cell that holds every value the input can have
};
struct OutputColumn {
  std::string name;  // empty: the table's result is this value alone
  ColumnType type = ColumnType::any;
  std::vector<Text> order;  // allowed values, the most important first
  std::optional<Text> otherwise;
};
struct Row {
  std::string id;
  std::string pointer;
  std::vector<Text> inputs;   // one a column
  std::vector<Text> outputs;  // one a column
};
// What single-hit tables give when no row is hit and there is no default: an error, or null.
enum class NoHit : std::uint8_t { error, null };

struct TableDefinition {
  std::string name;
  std::string pointer;
  HitPolicy policy = HitPolicy::unique;
  std::vector<InputColumn> inputs;
  std::vector<OutputColumn> outputs;
  std::vector<Row> rows;
  NoHit no_hit = NoHit::error;
  // For graphs imported from engines that never fail: an error in a cell means "no match", an output that cannot be
  // computed makes the row unhit, an empty output cell leaves the output out.
  bool lenient = false;
};

// The JSON form (docs/decision-tables.md). `effective` is the date by which rows are in force where the table does not
// say; empty: today. Faults go to `diagnostics`; nothing when there is none of the parts needed.
[[nodiscard]] std::optional<TableDefinition> read_table(json::View source, const std::string& pointer,
                                                        Diagnostics& diagnostics, std::string_view effective = {});

}  // namespace socle::rules
