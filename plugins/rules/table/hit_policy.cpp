// hit_policy.cpp: see the header.
#include "table/hit_policy.hpp"

#include <algorithm>
#include <utility>

#include "table/codes.hpp"
#include "table/values.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

bool stops(const Value& error, const Meter& meter) {
  return meter.stopped() || error.error_info().code >= cel::ErrorCode::out_of_fuel;
}

// The place of each output in its column's order; unlisted comes last.
std::vector<std::size_t> priority(const Table::Body& body, const Value& result) {
  std::vector<std::size_t> out;
  for (std::size_t o = 0; o < body.order.size(); ++o) {
    if (body.order[o].empty()) continue;
    auto value = result;
    if (const auto& name = body.definition.outputs[o].name; !name.empty()) {
      value = Value();
      (void)result.find(Value::string(name), value);
    }
    out.push_back(body.order[o].place(value));
  }
  return out;
}
// The results by priority; of equal ones the first row's first.
std::vector<Value> in_order(const Table::Body& body, const std::vector<Value>& results) {
  std::vector<std::pair<std::vector<std::size_t>, std::size_t>> places;
  places.reserve(results.size());
  for (const auto& result : results) places.emplace_back(priority(body, result), places.size());
  std::sort(places.begin(), places.end());
  std::vector<Value> out;
  out.reserve(results.size());
  for (const auto& [place, row] : places) out.push_back(results[row]);
  return out;
}

std::string names(const Table::Body& body, const std::vector<std::uint32_t>& rows) {
  std::string out;
  for (std::size_t i = 0; i < rows.size() && i < 10; ++i)
    out += (i == 0 ? "" : ", ") + body.definition.rows[rows[i]].id;
  return rows.size() > 10 ? out + ", …" : out;
}

std::string table_name(const Table::Body& body) { return "table '" + body.definition.name + "'"; }

// An output that was computed, if its column may hold it; `where` tells which cell gave it.
Value checked_output(const Table::Body& body, std::size_t column, const Value& value, const std::string& where,
                     const std::string& pointer, Meter& meter) {
  const auto& wanted = body.definition.outputs[column];
  if (is_of_type(value, wanted.type)) return value;
  if (body.definition.lenient) return Value::error(nullptr);
  const auto name = wanted.name.empty() ? "its output" : "output '" + wanted.name + "'";
  return meter.fail(codes::output_type,
                    table_name(body) + ": " + where + " gives " + cel::shown(value) + " (" +
                        std::string(cel::type_name(value)) + ") for " + name + "; its column wants " +
                        std::string(to_string(wanted.type)),
                    pointer);
}

Value list_of(const std::vector<Value>& results, Meter& meter) {
  auto list = cel::make_list(meter.arena, results);
  return list.is(Kind::list) ? list
                             : meter.fail("out_of_memory", "the rows' outputs need more memory than allowed", "");
}

Value aggregate(const Table::Body& body, const std::vector<Value>& results, Meter& meter) {
  const auto& name = body.definition.outputs[0].name;
  const auto policy = body.definition.policy;
  std::optional<Value> total;
  for (auto value : results) {
    if (!name.empty()) (void)Value(value).find(Value::string(name), value);
    if (!total) {
      total = policy == HitPolicy::sum ? sum_of(Value::integer(0), value) : std::optional<Value>(value);
    } else if (policy == HitPolicy::sum) {
      total = sum_of(*total, value);
    } else {
      const auto order = cel::compare(value, *total);
      if (order == cel::Order::incomparable || order == cel::Order::unordered) total = std::nullopt;
      const bool better = order == (policy == HitPolicy::least ? cel::Order::less : cel::Order::greater);
      if (total && better) total = value;
    }
    if (!total)
      return meter.fail(codes::not_numbers,
                        table_name(body) + " cannot combine its outputs by " + std::string(to_string(policy)) +
                            "; found " + cel::shown(value),
                        body.definition.pointer);
  }
  if (name.empty()) return *total;
  return cel::make_map(meter.arena, {{Value::string(name), *total}});
}

}  // namespace

Value row_result(const Table::Body& body, std::uint32_t row, Meter& meter) {
  const auto& compiled = body.rows[row];
  if (compiled.result) return *compiled.result;
  std::vector<std::optional<Value>> outputs;
  for (std::size_t o = 0; o < compiled.outputs.size(); ++o) {
    const auto& output = compiled.outputs[o];
    if (!output.program) {
      outputs.push_back(output.constant);
      continue;
    }
    const auto& written = body.definition.rows[row];
    const auto value = meter.run(*output.program);
    if (value.is_error()) {
      if (body.definition.lenient && !stops(value, meter)) return value;
      return meter.fail(*output.program, value, written.outputs[o].pointer);
    }
    outputs.emplace_back(checked_output(body, o, value, written.id, written.outputs[o].pointer, meter));
    if (outputs.back()->is_error()) return *outputs.back();
  }
  return shape_result(meter.arena, body.definition, outputs);
}

Value combine(const Table::Body& body, const std::vector<std::uint32_t>& hits, Meter& meter) {
  const auto policy = body.definition.policy;
  if (policy == HitPolicy::unique && hits.size() > 1)
    return meter.fail(codes::several_rows_hit, table_name(body) + " allows one hit; hit are " + names(body, hits),
                      body.definition.rows[hits[1]].pointer);
  if (policy == HitPolicy::count) {
    const auto count = Value::integer(static_cast<std::int64_t>(hits.size()));
    const auto& name = body.definition.outputs[0].name;
    return name.empty() ? count : cel::make_map(meter.arena, {{Value::string(name), count}});
  }
  std::vector<Value> results;
  for (const auto row : hits) {
    const auto value = row_result(body, row, meter);
    if (value.is_error()) {
      if (meter.fault) return value;
      continue;  // lenient: as if not hit
    }
    results.push_back(value);
    if (policy == HitPolicy::first || policy == HitPolicy::unique) break;
  }
  if (results.empty()) return no_hit(body, {}, meter);
  switch (policy) {
    case HitPolicy::unique:
    case HitPolicy::first: return results[0];
    case HitPolicy::any:
      for (std::size_t i = 1; i < results.size(); ++i)
        if (!cel::equal(results[i], results[0]))
          return meter.fail(codes::rows_disagree,
                            table_name(body) + " wants its hits to agree; " + names(body, hits) + " give " +
                                cel::shown(results[0]) + " and " + cel::shown(results[i]),
                            body.definition.rows[hits[i]].pointer);
      return results[0];
    case HitPolicy::priority: return in_order(body, results).front();
    case HitPolicy::output_order: return list_of(in_order(body, results), meter);
    case HitPolicy::rule_order:
    case HitPolicy::collect: return list_of(results, meter);
    case HitPolicy::sum:
    case HitPolicy::least:
    case HitPolicy::greatest: return aggregate(body, results, meter);
    case HitPolicy::count: break;
  }
  return {};
}

Value no_hit(const Table::Body& body, const std::vector<Value>& read, Meter& meter) {
  const auto& definition = body.definition;
  const auto policy = definition.policy;
  if (!body.otherwise_parts.empty()) {
    if (body.otherwise) return *body.otherwise;
    std::vector<std::optional<Value>> outputs;
    for (std::size_t o = 0; o < body.otherwise_parts.size(); ++o) {
      const auto& part = body.otherwise_parts[o];
      outputs.push_back(part.program ? meter.run(*part.program) : part.constant.value_or(Value()));
      if (!part.program) continue;
      const auto& pointer = definition.outputs[o].otherwise->pointer;
      if (outputs.back()->is_error()) return meter.fail(*part.program, *outputs.back(), pointer);
      outputs.back() = checked_output(body, o, *outputs.back(), "the default", pointer, meter);
      if (outputs.back()->is_error()) return *outputs.back();
    }
    return shape_result(meter.arena, definition, outputs);
  }
  if (policy == HitPolicy::count || (policy == HitPolicy::sum && definition.no_hit == NoHit::error)) {
    const auto& name = definition.outputs[0].name;
    return name.empty() ? Value::integer(0) : cel::make_map(meter.arena, {{Value::string(name), Value::integer(0)}});
  }
  if (definition.no_hit == NoHit::null) return {};
  const bool list =
      policy == HitPolicy::collect || policy == HitPolicy::rule_order || policy == HitPolicy::output_order;
  if (list) return Value::list(nullptr, 0);
  std::string values;
  for (std::size_t c = 0; c < read.size(); ++c)
    values += (c == 0 ? "" : ", ") + definition.inputs[c].expression.text + " = " + cel::shown(read[c]);
  return meter.fail(codes::no_row_hit,
                    "no row of " + table_name(body) + " matches " + values + "; add a row or a default",
                    definition.pointer);
}

}  // namespace socle::rules
