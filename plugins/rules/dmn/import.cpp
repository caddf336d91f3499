// import.cpp: a DMN table's texts to our JSON form.
#include "dmn/import.hpp"

#include <algorithm>
#include <utility>

#include "dmn/feel.hpp"
#include "socle/json/writer.hpp"
#include "table/codes.hpp"
#include "table/definition.hpp"
#include "table/import_name.hpp"

namespace socle::rules::dmn {
namespace {

std::string_view column_type(std::string_view type) {
  for (const auto* prefix : {"feel:", "dmn:"})
    if (type.starts_with(prefix)) type.remove_prefix(std::string_view(prefix).size());
  if (type == "number" || type == "string" || type == "boolean" || type == "date") return type;
  if (type == "integer" || type == "long" || type == "double") return "number";
  if (type == "date and time" || type == "dateTime") return "timestamp";
  if (type == "days and time duration" || type == "dayTimeDuration") return "duration";
  return "any";
}

class Importer {
 public:
  Importer(const Table& table, Diagnostics& diagnostics) : table_(table), diagnostics_(diagnostics), out_(text_) {}

  std::optional<std::string> run() {
    std::string policy = table_.hit_policy.empty() ? "UNIQUE" : table_.hit_policy;
    if (!table_.aggregation.empty()) policy += " " + table_.aggregation;
    const auto known = hit_policy_of(policy);
    if (!known) diagnostics_.error(table_.pointer, codes::hit_policy, "'" + policy + "' is no hit policy of DMN");
    if (table_.outputs.empty())
      diagnostics_.error(table_.pointer, codes::import_syntax, "the decision table has no output");
    if (diagnostics_.failed()) return std::nullopt;
    out_.begin_object();
    write_import_name(out_, table_.asked, table_.name, "decision");
    out_.key("steps").begin_array().begin_object();
    out_.member("table", "decision")
        .member("hit", to_string(*known))
        .member("otherwise", "null")
        .member("lenient", true);
    inputs();
    outputs();
    rows();
    out_.end_object().end_array().member("output", "decision").end_object();
    if (diagnostics_.failed() || !out_.finish()) return std::nullopt;
    return std::move(text_);
  }

 private:
  std::string translated(const Result<std::string>& text, const std::string& pointer) {
    if (text) return *text;
    const auto& error = text.error();
    diagnostics_.error(pointer, error.code == Code::unsupported ? codes::import_unsupported : codes::import_syntax,
                       error.message);
    return "-";
  }

  void inputs() {
    out_.key("inputs").begin_array();
    for (const auto& input : table_.inputs) {
      out_.begin_object();
      out_.member("expr",
                  std::string_view(
                      "dyn(" + translated(feel_expression(input.expression, table_.variables), table_.pointer) + ")"));
      out_.member("type", column_type(input.type));
      // Allowed values guide the analysis; a cell that is not constant cannot.
      if (const auto cell = feel_cell(input.values, table_.variables);
          !input.values.empty() && cell && cell->find("zen.") == std::string::npos)
        out_.member("values", std::string_view(*cell));
      out_.end_object();
    }
    out_.end_array();
  }

  void outputs() {
    out_.key("outputs").begin_array();
    const bool alone = table_.outputs.size() == 1;
    for (const auto& output : table_.outputs) {
      out_.begin_object();
      if (!alone) out_.member("name", std::string_view(output.name));
      if (const auto values = feel_values(output.values, table_.variables); values && !values->empty()) {
        out_.key("values").begin_array();
        for (const auto& value : *values) out_.string(value);
        out_.end_array();
      }
      if (!output.otherwise.empty())
        out_.member("default",
                    std::string_view(translated(feel_expression(output.otherwise, table_.variables), table_.pointer)));
      out_.end_object();
    }
    out_.end_array();
  }

  void rows() {
    out_.key("rows").begin_array();
    for (const auto& rule : table_.rules) {
      out_.begin_object();
      if (!rule.id.empty()) out_.member("id", std::string_view(rule.id));
      out_.key("in").begin_array();
      for (const auto& cell : rule.inputs) out_.string(translated(feel_cell(cell, table_.variables), rule.pointer));
      out_.end_array().key("out").begin_array();
      for (const auto& cell : rule.outputs)
        out_.string(cell.empty() || cell == "-" ? "null"
                                                : translated(feel_expression(cell, table_.variables), rule.pointer));
      out_.end_array().end_object();
    }
    out_.end_array();
  }

  const Table& table_;
  Diagnostics& diagnostics_;
  std::string text_;
  json::Writer out_;
};

}  // namespace

std::optional<std::string> to_ruleset(const Table& table, Diagnostics& diagnostics) {
  return Importer(table, diagnostics).run();
}

}  // namespace socle::rules::dmn
