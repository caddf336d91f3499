// body.hpp: what a compiled form holds. Written by the parts of Form::compile, in the order of the functions below;
// read by form.cpp.
#pragma once

#include <array>
#include <optional>

#include "model/form.hpp"

namespace socle::forms {

struct Form::Body {
  json::Document source;
  std::string name;
  Words title;
  Words describe;
  json::Document schema_document;
  std::optional<schema::Schema> schema;
  Catalogue fields;
  std::optional<LogicLanguage> language;
  std::optional<StrictLanguage> strict;
  std::vector<FieldLogic> logic;
  std::vector<std::uint32_t> logic_of;  // by field; Field::none
  std::vector<Node> order;
  std::vector<std::vector<std::uint32_t>> readers;  // by field
  std::vector<std::vector<std::uint32_t>> after;    // by node
  std::vector<std::uint32_t> reads;
  std::vector<bool> changes_below;  // by field
  std::vector<Check> checks;
  std::vector<CellRule> cells;
  std::array<std::optional<AccessRule>, 4> access;
  std::vector<std::string> rulesets;
  std::string collections;
  cel::RecordShape shape;
  bool has_sequences = false;
  bool has_references = false;
  bool has_on_delete = false;
  bool has_attachments = false;
  bool changes_records = false;
};

// schema_part.cpp: the cleaned schema, its program, the catalogue.
void compile_schema(Form::Body& body, Diagnostics& diagnostics);
// logic_part.cpp: the expressions of `logic`, then `checks`.
void compile_logic(Form::Body& body, Diagnostics& diagnostics);
void compile_checks(Form::Body& body, Diagnostics& diagnostics);
// graph.cpp: the order; cycles are told with their fields.
void compile_graph(Form::Body& body, Diagnostics& diagnostics);
// collections.cpp: `index` and `unique` as declarations of storage/1.
void compile_collections(Form::Body& body, Diagnostics& diagnostics);
// cells.cpp: what is judged beyond the schema; after the collections.
void compile_cells(Form::Body& body);
// rest_part.cpp: `access`, `rules`, `ui`.
void compile_access(Form::Body& body, Diagnostics& diagnostics);
void compile_rules(Form::Body& body, Diagnostics& diagnostics);
void check_ui(const Form::Body& body, Diagnostics& diagnostics);

}  // namespace socle::forms
