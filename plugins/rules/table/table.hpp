// table.hpp: a compiled decision table. Immutable and shared by any number of threads; each evaluation brings its own
// Meter (values, memory, fuel).
//
//   Diagnostics diagnostics;
//   auto table = Table::compile(definition, environment, diagnostics);      // null when there are errors
//   cel::Value value = table->evaluate(meter);                              // error value: meter.fault tells
//
// The environment must declare `value` (dyn): the column's value inside a cell's condition; and outlive the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "table/cost_check.hpp"
#include "table/definition.hpp"
#include "table/meter.hpp"

namespace socle::rules {

inline constexpr std::string_view cell_variable = "value";

// What an evaluation saw, for the why-trace. Values live as long as the meter's arena.
struct TableTrace {
  struct Miss {
    std::uint32_t row = 0;
    std::uint32_t column = 0;  // the first that refused; past the last: the row was hit and has no output
  };
  std::vector<cel::Value> read;     // one an input column
  std::vector<std::uint32_t> hits;  // rows, in order
  std::vector<Miss> misses;         // at most `most_misses`
  std::uint32_t missed = 0;         // all of them
  static constexpr std::size_t most_misses = 200;
};

class Table {
 public:
  // `input`: the schema that judges `input` before every evaluation; the analysis goes by it. Needed by the call alone.
  static std::shared_ptr<const Table> compile(const TableDefinition& definition, const cel::Environment& environment,
                                              Diagnostics& diagnostics, CostCheck* costs = nullptr,
                                              json::View input = {});
  ~Table();

  [[nodiscard]] cel::Value evaluate(Meter& meter, TableTrace* trace = nullptr) const;

  [[nodiscard]] const TableDefinition& definition() const;
  // Of the result, for what reads it later.
  [[nodiscard]] cel::Type type() const;
  [[nodiscard]] std::size_t rows() const;
  // The fuel of one evaluation with one row hit, at least.
  [[nodiscard]] std::uint64_t least_cost() const;
  [[nodiscard]] std::size_t bytes() const;
  // Of it what regular expressions may grow to.
  [[nodiscard]] std::size_t pattern_bytes() const;
  struct Body;

 private:
  explicit Table(std::unique_ptr<const Body> body);
  std::unique_ptr<const Body> body_;
};

}  // namespace socle::rules
