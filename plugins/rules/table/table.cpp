// table.cpp: evaluating. Read every input once, turn it into a rank, let the index name the rows that can be hit,
// compare integers, ask the conditions of what is left, and hand the hits to the hit policy.
#include "table/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "table/body.hpp"
#include "table/codes.hpp"
#include "table/hit_policy.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

constexpr std::size_t most_columns = 65;  // 64 and the effective date

class Evaluation {
 public:
  Evaluation(const Table::Body& body, Meter& meter, TableTrace* trace) : body_(body), meter_(meter), trace_(trace) {
    values_ = reinterpret_cast<Value*>(room_.data());
  }

  Value run() {
    if (!read()) return Value::error(nullptr);
    const auto policy = body_.definition.policy;
    const auto candidates = body_.index.candidates(ranks_.data());
    if (!meter_.charge(candidates.size() + body_.inputs.size() + 1))
      return meter_.fail_stopped(body_.definition.pointer);
    std::vector<std::uint32_t> hits;
    for (const auto row : candidates) {
      if (!body_.index.matches(row, ranks_.data()) || !conditions(row)) {
        if (meter_.fault) return Value::error(nullptr);
        continue;
      }
      if (policy == HitPolicy::first) {
        const auto value = row_result(body_, row, meter_);
        if (value.is_error()) {
          if (meter_.fault) return value;
          continue;
        }
        if (trace_ != nullptr) trace_->hits = {row};
        explain();
        return value;
      }
      hits.push_back(row);
    }
    if (trace_ != nullptr) trace_->hits = hits;
    explain();
    if (hits.empty()) return no_hit(body_, {values_, values_ + body_.inputs.size()}, meter_);
    return combine(body_, hits, meter_);
  }

 private:
  bool read() {
    for (std::size_t c = 0; c < body_.inputs.size(); ++c) {
      const auto& input = body_.inputs[c];
      auto value = meter_.run(*input.program);
      if (value.is_error()) {
        const bool absorb =
            body_.definition.lenient && !meter_.stopped() && value.error_info().code < cel::ErrorCode::out_of_fuel;
        if (!absorb) {
          (void)meter_.fail(*input.program, value, body_.definition.inputs[c].expression.pointer);
          return false;
        }
        // What cannot be read matches only cells that ask for nothing.
        values_[c] = Value();
        ranks_[c] = Column::other_rank;
        continue;
      }
      if (!is_of_type(value, input.column.type())) {
        if (body_.definition.lenient) {
          values_[c] = value;
          ranks_[c] = Column::other_rank;
          continue;
        }
        (void)meter_.fail(codes::input_type,
                          "'" + body_.definition.inputs[c].expression.text + "' is " + cel::shown(value) +
                              "; its column wants " + std::string(to_string(input.column.type())),
                          body_.definition.inputs[c].expression.pointer);
        return false;
      }
      values_[c] = value;
      ranks_[c] = input.column.rank(value);
    }
    if (trace_ != nullptr) trace_->read.assign(values_, values_ + body_.inputs.size());
    return true;
  }

  bool conditions(std::uint32_t row) {
    for (const auto& condition : body_.rows[row].conditions) {
      meter_.activation.set(body_.value_slot, values_[condition.column]);
      const auto value = meter_.run(condition.program);
      meter_.activation.clear(body_.value_slot);
      if (value.is(Kind::boolean)) {
        if (value.as_bool()) continue;
        return refused(row, condition.column);
      }
      const bool stop =
          value.is_error() && (meter_.stopped() || value.error_info().code >= cel::ErrorCode::out_of_fuel);
      if (body_.definition.lenient && !stop) return refused(row, condition.column);
      const auto& pointer = body_.definition.rows[row].inputs[condition.column].pointer;
      if (value.is_error())
        (void)meter_.fail(condition.program, value, pointer);
      else
        (void)meter_.fail("no_such_overload", "a cell's condition is true or false; this one gave " + cel::shown(value),
                          pointer);
      return false;
    }
    return true;
  }

  bool refused(std::uint32_t row, std::uint32_t column) {
    if (trace_ != nullptr) refusing_.emplace_back(row, column);
    return false;
  }

  // Why the other rows were not hit.
  void explain() {
    if (trace_ == nullptr) return;
    std::size_t hit = 0;
    for (std::uint32_t row = 0; row < body_.rows.size(); ++row) {
      if (hit < trace_->hits.size() && trace_->hits[hit] == row) {
        ++hit;
        if (body_.definition.policy == HitPolicy::first) break;  // later rows were never asked
        continue;
      }
      ++trace_->missed;
      if (trace_->misses.size() >= TableTrace::most_misses) continue;
      auto column = body_.index.refusing_column(row, ranks_.data());
      const auto asked = std::lower_bound(refusing_.begin(), refusing_.end(), std::pair(row, std::uint32_t{0}));
      if (asked != refusing_.end() && asked->first == row) column = asked->second;
      trace_->misses.push_back({row, static_cast<std::uint32_t>(column)});
    }
  }

  const Table::Body& body_;
  Meter& meter_;
  TableTrace* trace_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> refusing_;  // row and column of a condition that did not hold
  // Not cleared: the first inputs.size() are written before they are read.
  alignas(Value) std::array<std::byte, most_columns * sizeof(Value)> room_;
  Value* values_ = nullptr;
  std::array<Rank, most_columns> ranks_;
};

}  // namespace

namespace {
template <class Use>
void each_program(const Table::Body& body, Use use) {
  const auto outputs = [&](const std::vector<CompiledRow::Output>& parts) {
    for (const auto& part : parts)
      if (part.program) use(*part.program);
  };
  for (const auto& input : body.inputs)
    if (input.program) use(*input.program);
  for (const auto& row : body.rows) {
    for (const auto& condition : row.conditions) use(condition.program);
    outputs(row.outputs);
  }
  outputs(body.otherwise_parts);
}
}  // namespace

Table::Table(std::unique_ptr<const Body> body) : body_(std::move(body)) {}
Table::~Table() = default;

Value Table::evaluate(Meter& meter, TableTrace* trace) const { return Evaluation(*body_, meter, trace).run(); }

const TableDefinition& Table::definition() const { return body_->definition; }
std::size_t Table::rows() const { return body_->rows.size(); }
std::uint64_t Table::least_cost() const { return body_->least_cost; }

cel::Type Table::type() const {
  const auto of = [](ColumnType type) {
    switch (type) {
      case ColumnType::string: return cel::Type(cel::TypeKind::string);
      case ColumnType::boolean: return cel::Type(cel::TypeKind::boolean);
      case ColumnType::decimal: return cel::Type(cel::TypeKind::decimal);
      case ColumnType::date: return cel::Type(cel::TypeKind::date);
      case ColumnType::timestamp: return cel::Type(cel::TypeKind::timestamp);
      case ColumnType::duration: return cel::Type(cel::TypeKind::duration);
      default: return cel::Type();  // numbers of any kind
    }
  };
  const auto& outputs = body_->definition.outputs;
  const auto row = outputs[0].name.empty() ? of(outputs[0].type) : *cel::Type::parse("map(string, dyn)");
  switch (body_->definition.policy) {
    case HitPolicy::rule_order:
    case HitPolicy::output_order:
    case HitPolicy::collect: return body_->definition.no_hit == NoHit::null ? cel::Type() : cel::Type::list_of(row);
    default: return body_->definition.no_hit == NoHit::null ? cel::Type() : row;
  }
}

std::size_t Table::pattern_bytes() const {
  std::size_t out = 0;
  each_program(*body_, [&](const cel::Program& program) { out += program.pattern_bytes(); });
  return out;
}

std::size_t Table::bytes() const {
  std::size_t out = sizeof *body_ + body_->constants.held() + body_->index.bytes();
  each_program(*body_, [&](const cel::Program& program) { out += program.bytes(); });
  for (const auto& input : body_->inputs) out += sizeof input + input.column.bytes();
  for (const auto& row : body_->rows)
    out += sizeof row + row.outputs.capacity() * sizeof(CompiledRow::Output) +
           row.conditions.capacity() * sizeof(Condition);
  const auto text = [](const Text& one) { return sizeof one + one.text.capacity() + one.pointer.capacity(); };
  const auto& definition = body_->definition;
  out += definition.name.capacity() + definition.pointer.capacity();
  for (const auto& input : definition.inputs)
    out += sizeof input + text(input.expression) + (input.allowed ? text(*input.allowed) : 0);
  for (const auto& output : definition.outputs) {
    out += sizeof output + output.name.capacity() + (output.otherwise ? text(*output.otherwise) : 0);
    for (const auto& one : output.order) out += text(one);
  }
  for (const auto& order : body_->order) out += sizeof order + order.bytes();
  for (const auto& row : definition.rows) {
    out += sizeof row + row.id.capacity() + row.pointer.capacity();
    for (const auto* cells : {&row.inputs, &row.outputs})
      for (const auto& cell : *cells) out += text(cell);
  }
  return out;
}

Value shape_result(cel::Arena& arena, const TableDefinition& definition,
                   const std::vector<std::optional<Value>>& outputs) {
  const auto& columns = definition.outputs;
  if (columns[0].name.empty()) return outputs[0].value_or(Value());
  std::vector<std::pair<Value, Value>> entries;
  for (std::size_t o = 0; o < columns.size(); ++o)
    if (outputs[o]) entries.emplace_back(cel::copy_string(arena, columns[o].name), *outputs[o]);
  return cel::make_map(arena, entries);
}

}  // namespace socle::rules
