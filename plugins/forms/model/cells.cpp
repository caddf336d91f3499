// cells.cpp: which fields are judged beyond the schema: exact numbers, and everything with an index.
#include <algorithm>

#include "model/body.hpp"

namespace socle::forms {
namespace {

// As storage/1 names the types of its indexes.
FieldType stored_as(std::string_view type) {
  for (const auto one : {FieldType::string, FieldType::integer, FieldType::number, FieldType::boolean, FieldType::date,
                         FieldType::timestamp, FieldType::decimal})
    if (storage_type(one) == type) return one;
  return FieldType::any;
}

}  // namespace

void compile_cells(Form::Body& body) {
  auto& rules = body.cells;
  const auto add = [&](CellRule rule) {
    const auto same = [&](const CellRule& other) { return other.field == rule.field && other.type == rule.type; };
    if (std::none_of(rules.begin(), rules.end(), same)) rules.push_back(rule);
  };
  for (const auto& index : body.shape.indexes) add({body.fields.find(index.field), stored_as(index.type), false});
  for (std::uint32_t i = 0; i < body.fields.size(); ++i) {
    const auto& field = body.fields[i];
    if (field.type == FieldType::decimal) add({i, FieldType::decimal, false});
    if (field.type == FieldType::list && field.element == FieldType::decimal)
      rules.push_back({i, FieldType::decimal, true});
  }
  // Column by column of a sub-table, so that its rows are found once.
  std::stable_sort(rules.begin(), rules.end(), [&](const CellRule& a, const CellRule& b) {
    return body.fields[a.field].table < body.fields[b.field].table;
  });
}

}  // namespace socle::forms
