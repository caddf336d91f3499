// compile.cpp: a table's definition to its body: inputs to programs, cells to ranks or conditions, outputs to values or
// programs, the index, and the analysis told as diagnostics.
#include <algorithm>
#include <utility>

#include "table/analysis.hpp"
#include "table/body.hpp"
#include "table/cell_compiler.hpp"
#include "table/codes.hpp"
#include "table/input_domain.hpp"
#include "table/result_groups.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

constexpr std::size_t most_rows = 50'000;
constexpr std::size_t most_columns = 64;
constexpr std::size_t most_overlaps = 20;

class TableCompiler {
 public:
  TableCompiler(const TableDefinition& definition, const cel::Environment& environment, Diagnostics& diagnostics,
                CostCheck* costs, json::View input)
      : definition_(definition),
        environment_(environment),
        input_(input),
        diagnostics_(diagnostics),
        body_(std::make_unique<Table::Body>()),
        cells_(environment, body_->constants, diagnostics, costs) {
    body_->definition = definition;
    const auto* value = environment.variable(cell_variable);
    body_->value_slot = value == nullptr ? 0 : value->slot;
  }

  std::unique_ptr<Table::Body> run() {
    const auto before = diagnostics_.errors();
    if (definition_.rows.size() > most_rows || definition_.inputs.size() > most_columns ||
        definition_.outputs.size() > most_columns) {
      diagnostics_.error(definition_.pointer, codes::too_large,
                         "a table has at most 50000 rows and 64 columns of each kind");
      return nullptr;
    }
    inputs();
    outputs();
    order();
    body_->least_cost = input_cost_ + condition_cost_ + output_cost_;
    // Whatever else is wrong, so that everything is told at once.
    ranks();
    analyse();
    if (diagnostics_.errors() != before) return nullptr;
    body_->index = RowIndex::build(sets_, definition_.rows.size());
    body_->definition.rows.shrink_to_fit();
    return std::move(body_);
  }

 private:
  void inputs() {
    body_->rows.resize(definition_.rows.size());
    constant_cells_.resize(definition_.inputs.size());
    unread_.resize(definition_.rows.size());
    for (std::size_t c = 0; c < definition_.inputs.size(); ++c) {
      const auto& input = definition_.inputs[c];
      auto& compiled = body_->inputs.emplace_back(
          CompiledInput{cells_.expression(input.expression, input.type), Column(input.type)});
      input_cost_ += compiled.program ? cells_.last_cost() : 0;
      schema_.push_back(InputDomain::of(input_, input, environment_, body_->constants, compiled.column));
      if (input.allowed) {
        auto allowed = cells_.compile(*input.allowed, input.type, compiled.column);
        if (allowed.condition)
          diagnostics_.error(input.allowed->pointer, codes::cell_syntax, "an input's 'values' are constants");
        allowed_.push_back(std::move(allowed.constant));
      } else {
        allowed_.emplace_back();
      }
      for (std::size_t r = 0; r < definition_.rows.size(); ++r) {
        auto cell = cells_.compile(definition_.rows[r].inputs[c], input.type, compiled.column);
        unread_[r] = unread_[r] || (!cell.condition && !cell.constant);
        if (cell.condition) {
          condition_cost_ = std::max(condition_cost_, cells_.last_cost());
          body_->rows[r].conditions.push_back({static_cast<std::uint32_t>(c), *std::move(cell.condition)});
        }
        constant_cells_[c].push_back(std::move(cell.constant));
      }
    }
  }

  CompiledRow::Output output(const Text& text, const OutputColumn& column) {
    CompiledRow::Output out;
    const auto before = diagnostics_.errors();
    out.constant = cells_.constant(text, column.type);
    if (!out.constant && diagnostics_.errors() == before) out.program = cells_.expression(text, column.type);
    if (out.program) output_cost_ = std::max(output_cost_, cells_.last_cost());
    return out;
  }

  void outputs() {
    bool defaults = false;
    std::vector<std::optional<Value>> constants;
    for (const auto& column : definition_.outputs) {
      auto& part = body_->otherwise_parts.emplace_back();
      if (column.otherwise) part = output(*column.otherwise, column);
      defaults = defaults || column.otherwise.has_value();
      constants.push_back(part.constant ? part.constant : std::optional<Value>(Value()));
    }
    if (!defaults) body_->otherwise_parts.clear();
    const bool known = std::none_of(body_->otherwise_parts.begin(), body_->otherwise_parts.end(),
                                    [](const auto& part) { return part.program.has_value(); });
    if (defaults && known) body_->otherwise = shape_result(body_->constants, definition_, constants);
    for (std::size_t r = 0; r < definition_.rows.size(); ++r) row_outputs(r);
  }

  void row_outputs(std::size_t r) {
    auto& row = body_->rows[r];
    const auto before = diagnostics_.errors();
    std::vector<std::optional<Value>> constants;
    bool known = true;
    for (std::size_t o = 0; o < definition_.outputs.size(); ++o) {
      const auto& text = definition_.rows[r].outputs[o];
      const auto& column = definition_.outputs[o];
      auto& out = row.outputs.emplace_back();
      if (!text.text.empty() && text.text != "-") {
        out = output(text, column);
      } else if (column.otherwise) {
        out = output(*column.otherwise, column);
      } else if (!definition_.lenient) {
        diagnostics_.error(text.pointer, codes::table_shape,
                           "the output cell is empty and its column has no 'default'; write a value or null");
      }
      known = known && !out.program;
      constants.push_back(out.constant);
    }
    known = known && diagnostics_.errors() == before;
    if (known) row.result = shape_result(body_->constants, definition_, constants);
  }

  void order() {
    bool any = false;
    for (const auto& column : definition_.outputs) {
      std::vector<Value> listed;
      for (const auto& text : column.order)
        if (const auto value = cells_.constant(text, column.type)) listed.push_back(*value);
      any = any || !listed.empty();
      body_->order.emplace_back(std::move(listed));
    }
    const auto policy = definition_.policy;
    const bool prioritised = policy == HitPolicy::priority || policy == HitPolicy::output_order;
    if (prioritised && !any && !definition_.lenient)
      diagnostics_.error(definition_.pointer + "/outputs", codes::output_priority,
                         "hit policy " + std::string(to_string(policy)) +
                             " wants the 'values' of an output listed, the most important first");
    const bool aggregates = policy >= HitPolicy::sum && policy <= HitPolicy::greatest;
    if (aggregates && definition_.outputs.size() != 1)
      diagnostics_.error(definition_.pointer + "/hit", codes::hit_policy,
                         "hit policy " + std::string(to_string(policy)) + " works on one output; this table has " +
                             std::to_string(definition_.outputs.size()));
    if (!prioritised || definition_.lenient) return;
    for (std::size_t r = 0; r < body_->rows.size(); ++r)
      for (std::size_t o = 0; o < body_->order.size(); ++o) {
        const auto& value = body_->rows[r].outputs[o].constant;
        const auto& listed = body_->order[o];
        if (!value || listed.empty()) continue;
        if (listed.place(*value) == listed.size())
          diagnostics_.error(definition_.rows[r].outputs[o].pointer, codes::output_priority,
                             cel::to_text(*value) + " is not among the output's 'values'");
      }
  }

  void ranks() {
    for (std::size_t c = 0; c < body_->inputs.size(); ++c) {
      auto& column = body_->inputs[c].column;
      column.seal();
      auto& sets = sets_.emplace_back();
      sets.reserve(constant_cells_[c].size());
      for (const auto& cell : constant_cells_[c])
        sets.push_back(cell ? CellCompiler::ranks(*cell, column) : column.everything());
      auto domain = schema_[c] ? schema_[c]->ranks(column) : column.expected();
      bool null = !schema_[c] || schema_[c]->leaves_null_open();
      if (allowed_[c]) {
        const auto allowed = CellCompiler::ranks(*allowed_[c], column);
        if (auto common = domain.common(allowed); !common.empty()) domain = std::move(common);
        null = null && allowed.contains(Column::null_rank);
      }
      domains_.push_back(std::move(domain));
      nulls_.push_back(null);
    }
  }

  std::string example(const std::vector<Rank>& point) const {
    std::string out;
    for (std::size_t c = 0; c < point.size(); ++c)
      out += (c == 0 ? "" : ", ") + definition_.inputs[c].expression.text + " = " +
             body_->inputs[c].column.example(point[c]);
    return out;
  }
  const std::string& id(std::uint32_t row) const { return definition_.rows[row].id; }

  void analyse() {
    if (sets_.empty()) return;
    AnalysisInput input{&sets_, domains_, nulls_, {}, definition_.rows.size()};
    for (std::size_t r = 0; r < body_->rows.size(); ++r)
      input.conditional.push_back(unread_[r] || !body_->rows[r].conditions.empty());
    Analysis analysis(input);
    if (definition_.policy == HitPolicy::unique || definition_.policy == HitPolicy::any) overlaps(analysis);
    const bool wants_answer =
        single_hit(definition_.policy) && definition_.no_hit == NoHit::error && body_->otherwise_parts.empty();
    // What a row with an unread cell answers nobody knows.
    if (wants_answer && std::find(unread_.begin(), unread_.end(), true) == unread_.end())
      if (const auto point = analysis.gap())
        diagnostics_.warning(definition_.pointer, codes::gap, "no row answers " + example(*point));
    for (const auto& [row, empty] : analysis.unreachable(definition_.policy == HitPolicy::first))
      diagnostics_.warning(definition_.rows[row].pointer, codes::unreachable_row,
                           id(row) + " can never be hit: " +
                               (!empty         ? "the rows before it take all of its inputs"
                                : refused(row) ? "the input's schema or 'values' lets no value of its cells come"
                                               : "no value satisfies all of its cells"));
    if (analysis.incomplete())
      diagnostics_.warning(definition_.pointer, codes::analysis_incomplete,
                           "the table is too entangled to be analysed completely");
  }

  // Some cell lets values through, and none of them can come.
  bool refused(std::uint32_t row) const {
    for (std::size_t c = 0; c < sets_.size(); ++c) {
      const auto& cell = sets_[c][row];
      if (!cell.meets(domains_[c]) && (schema_[c] || allowed_[c]) && !cell.empty()) return true;
    }
    return false;
  }

  void overlaps(Analysis& analysis) {
    // A table of agreeing rows is what A is for: only contradictions count there.
    const bool unique = definition_.policy == HitPolicy::unique;
    const auto counts = [&](std::uint32_t first, std::uint32_t second) {
      if (unique) return true;
      const auto& a = body_->rows[first].result;
      const auto& b = body_->rows[second].result;
      return a && b && !cel::equal(*a, *b);
    };
    const auto groups = unique ? std::vector<std::uint32_t>() : result_groups(body_->rows);
    for (const auto& [first, second, point] : analysis.overlaps(most_overlaps, groups, counts)) {
      diagnostics_.add({definition_.rows[second].pointer, std::nullopt,
                        unique ? codes::rows_overlap : codes::rows_contradict,
                        id(first) + " and " + id(second) + " are both hit by " + example(point) +
                            (unique ? "" : " and give different outputs"),
                        definition_.lenient ? Severity::warning : Severity::error});
    }
  }

  const TableDefinition& definition_;
  const cel::Environment& environment_;
  json::View input_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Table::Body> body_;
  CellCompiler cells_;
  std::vector<std::vector<std::optional<ConstantCell>>> constant_cells_;  // [column][row]
  std::vector<std::optional<ConstantCell>> allowed_;
  std::vector<std::optional<InputDomain>> schema_;
  std::vector<bool> unread_;                // [row]: one of its input cells is wrong
  std::vector<std::vector<RankSet>> sets_;  // [column][row]
  std::vector<RankSet> domains_;
  std::vector<bool> nulls_;
  // At least: every input, and of conditions and outputs the dearest one.
  std::uint64_t input_cost_ = 0;
  std::uint64_t condition_cost_ = 0;
  std::uint64_t output_cost_ = 0;
};

}  // namespace

std::shared_ptr<const Table> Table::compile(const TableDefinition& definition, const cel::Environment& environment,
                                            Diagnostics& diagnostics, CostCheck* costs, json::View input) {
  auto body = TableCompiler(definition, environment, diagnostics, costs, input).run();
  if (!body) return nullptr;
  return std::shared_ptr<const Table>(new Table(std::move(body)));
}

}  // namespace socle::rules
