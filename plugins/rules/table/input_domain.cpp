// input_domain.cpp: see the header.
#include "table/input_domain.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::rules {
namespace {

using json::View;

constexpr std::size_t most_values = 1000;  // of an enum; a longer one bounds nothing
constexpr int most_hops = 16;

// Local references are followed; one that leads nowhere says nothing.
View followed(View schema, View root) {
  for (int hops = 0; schema.find("$ref").exists(); ++hops) {
    const auto reference = schema.find("$ref").as_string();
    if (!reference.starts_with('#') || hops == most_hops) return {};
    const auto found = json::resolve(root, reference.substr(1));
    if (!found) return {};
    schema = *found;
  }
  return schema;
}

bool is_name(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

// The schema of "input.a.b"; none where the text is anything else.
View declared(std::string_view path, View root) {
  constexpr std::string_view variable = "input";
  if (!path.starts_with(variable)) return {};
  path.remove_prefix(variable.size());
  View at = followed(root, root);
  while (!path.empty()) {
    std::size_t end = 1;
    while (end < path.size() && is_name(path[end], end == 1)) ++end;
    if (path[0] != '.' || end == 1) return {};
    at = followed(at.find("properties").find(path.substr(1, end - 1)), root);
    path.remove_prefix(end);
  }
  return at.is_object() ? at : View();
}

std::vector<std::string_view> types_of(View schema) {
  const auto type = schema.find("type");
  std::vector<std::string_view> out;
  if (type.is_string()) out.push_back(type.as_string());
  for (const auto one : type.elements()) out.push_back(one.as_string());
  return out;
}

bool contains(const std::vector<std::string_view>& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::vector<View> listed(View schema) {
  std::vector<View> out;
  if (schema.find("const").exists()) return {schema.find("const")};
  for (const auto value : schema.find("enum").elements()) out.push_back(value);
  return out;
}

// Expressions read a text of format date as a date: its values are dates only where the column's are.
bool is_read_as_written(View schema, ColumnType type) {
  const auto format = schema.find("format").as_string();
  if (format == "date") return type == ColumnType::date;
  return format != "date-time" || type == ColumnType::timestamp;
}

constexpr std::uint32_t bit(Column::Class c) { return std::uint32_t{1} << static_cast<unsigned>(c); }

std::uint32_t classes_of(const std::vector<std::string_view>& types, View schema) {
  std::uint32_t out = 0;
  const auto format = schema.find("format").as_string();
  for (const auto type : types) {
    if (type == "boolean") out |= bit(Column::Class::boolean);
    if (type == "integer" || type == "number") out |= bit(Column::Class::number);
    if (type == "array" || type == "object") out |= bit(Column::Class::none);
    if (type != "string") continue;
    out |= bit(Column::Class::string);
    if (format == "date") out |= bit(Column::Class::date);
    if (format == "date-time") out |= bit(Column::Class::timestamp);
  }
  return out;
}

// The constants that the schema names, as values of the column; nothing: one of them is none, or there are none.
std::optional<ConstantCell> members(const std::vector<View>& values, ColumnType type, CellCompiler& cells) {
  ConstantCell out;
  out.kind = CellNode::Kind::member;
  for (const auto value : values) {
    if (value.is_null()) continue;
    if (value.is_array() || value.is_object()) return std::nullopt;
    const Text text{value.is_string() ? cel::to_text(cel::Value::string(value.as_string())) : json::to_text(value), {}};
    auto constant = cells.constant(text, type);
    if (!constant) return std::nullopt;
    out.values.push_back(*constant);
  }
  if (out.values.empty()) return std::nullopt;
  return out;
}

std::vector<ConstantCell> bounds(View schema, ColumnType type, CellCompiler& cells) {
  using Operator = CellNode::Operator;
  constexpr std::pair<std::string_view, Operator> keywords[] = {{"minimum", Operator::ge},
                                                                {"exclusiveMinimum", Operator::gt},
                                                                {"maximum", Operator::le},
                                                                {"exclusiveMaximum", Operator::lt}};
  std::vector<ConstantCell> out;
  for (const auto& [keyword, op] : keywords) {
    const auto bound = schema.find(keyword);
    if (!bound.is_number()) continue;
    const Text text{json::to_text(bound), {}};
    // A bound of whole numbers need not be one.
    const auto constant = cells.constant(text, type == ColumnType::integer ? ColumnType::number : type);
    if (!constant || Column::class_of(*constant) != Column::Class::number) continue;
    auto& cell = out.emplace_back();
    cell.kind = CellNode::Kind::compare;
    cell.op = op;
    cell.values.push_back(*constant);
  }
  return out;
}

}  // namespace

std::optional<InputDomain> InputDomain::of(View input, const InputColumn& definition,
                                           const cel::Environment& environment, cel::Arena& constants, Column& column) {
  const auto schema = declared(definition.expression.text, input);
  if (!schema.exists()) return std::nullopt;
  InputDomain out;
  out.values_.kind = CellNode::Kind::both;
  Diagnostics untold;  // what is wrong with the schema is told as the schema's
  CellCompiler cells(environment, constants, untold);
  const auto type = definition.type;
  const auto types = types_of(schema);
  const auto values = listed(schema);
  const auto is_null = [](View value) { return value.is_null(); };
  const bool takes_null = (types.empty() || contains(types, "null")) &&
                          (values.empty() || std::any_of(values.begin(), values.end(), is_null));
  if (!types.empty() || !values.empty()) out.null_ = takes_null ? Null::named : Null::refused;
  if (type == ColumnType::any) out.classes_ = classes_of(types, schema);
  if (values.size() <= most_values && is_read_as_written(schema, type))
    if (auto cell = members(values, type, cells)) out.values_.children.push_back(*std::move(cell));
  const bool numeric = type == ColumnType::any || type == ColumnType::number || type == ColumnType::integer ||
                       type == ColumnType::decimal;
  const auto is_numeric = [](std::string_view one) { return one == "integer" || one == "number" || one == "null"; };
  if (numeric && !types.empty() && std::all_of(types.begin(), types.end(), is_numeric)) {
    for (auto& cell : bounds(schema, type, cells)) out.values_.children.push_back(std::move(cell));
    if (!contains(types, "number")) column.only_whole_numbers();
  }
  // Not "ordered": only the analysis asks for their place, and by the very values.
  for (const auto& cell : out.values_.children)
    for (const auto& value : cell.values) column.add(value, false);
  return out;
}

RankSet InputDomain::ranks(const Column& column) const {
  auto out = column.expected();
  if (classes_ != 0) {
    RankSet kinds;
    for (std::uint32_t c = 0; c <= static_cast<std::uint32_t>(Column::Class::none); ++c)
      if ((classes_ >> c & 1U) != 0) kinds.add(column.of_class(static_cast<Column::Class>(c)));
    auto common = out.common(kinds);
    // Of kinds that no cell names: rows without a say about it are hit, all others are not.
    out = common.empty() ? std::move(kinds) : std::move(common);
  }
  auto narrowed = out.common(CellCompiler::ranks(values_, column));
  if (!narrowed.empty()) out = std::move(narrowed);
  if (null_ == Null::named) out.add({Column::null_rank, Column::null_rank});
  return out;
}

}  // namespace socle::rules
