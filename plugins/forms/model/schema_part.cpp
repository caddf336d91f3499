// schema_part.cpp: the schema of a form: texts in several languages become one, what is left is compiled as JSON Schema
// with formats asserted, and its fields are listed.
#include "model/body.hpp"
#include "socle/json/builder.hpp"

namespace socle::forms {
namespace {

using json::View;

constexpr int max_depth = 64;

bool is_words(View value) {
  if (!value.is_object() || value.empty()) return false;
  for (const auto& [key, text] : value.members())
    if ((key != "en" && key != "zh") || !text.is_string()) return false;
  return true;
}
bool holds_schemas_by_name(std::string_view key) {
  return key == "properties" || key == "$defs" || key == "definitions" || key == "patternProperties" ||
         key == "dependentSchemas";
}
bool holds_values(std::string_view key) {
  return key == "const" || key == "enum" || key == "default" || key == "examples" || key == "required";
}

void copy(json::Builder& out, View value, bool is_schema, int depth) {
  if (value.is_array() && depth < max_depth) {
    out.begin_array();
    for (const auto element : value.elements()) copy(out, element, is_schema, depth + 1);
    out.end_array();
    return;
  }
  if (!value.is_object() || depth >= max_depth) {
    out.value(value);
    return;
  }
  out.begin_object();
  for (const auto& [key, member] : value.members()) {
    out.key(key);
    if (is_schema && (key == "title" || key == "description") && is_words(member)) {
      const auto en = member.find("en");
      out.value(en.exists() ? en : member.find("zh"));
    } else if (is_schema && (holds_values(key) || key == "labels")) {
      out.value(member);
    } else {
      copy(out, member, !(is_schema && holds_schemas_by_name(key)), depth + 1);
    }
  }
  out.end_object();
}

}  // namespace

void compile_schema(Form::Body& body, Diagnostics& diagnostics) {
  const auto schema = body.source.root().find("schema");
  if (!schema.is_object()) {
    diagnostics.error("/schema", schema.exists() ? "bad_value" : "required",
                      "a form has a 'schema': a JSON Schema of type object with its fields under 'properties'");
    return;
  }
  json::Builder builder;
  copy(builder, schema, true, 0);
  auto cleaned = builder.finish();
  if (!cleaned) {
    diagnostics.error("/schema", "bad_schema", cleaned.error().message);
    return;
  }
  body.schema_document = std::move(*cleaned);
  schema::Options options;
  options.formats = schema::Formats::assert_all;
  std::vector<schema::Problem> problems;
  auto compiled = schema::compile(body.schema_document.root(), options, &problems);
  for (const auto& problem : problems) diagnostics.error("/schema" + problem.pointer, "bad_schema", problem.message);
  if (!compiled) {
    if (problems.empty()) diagnostics.error("/schema", "bad_schema", compiled.error().message);
  } else {
    body.schema = std::move(*compiled);
  }
  if (schema.find("type").as_string() != "object" && !schema.find("$ref").exists())
    diagnostics.error("/schema/type", "bad_schema", "a form's records are objects: say type: object");
  body.fields = Catalogue::build(schema, "/schema", diagnostics);
}

}  // namespace socle::forms
