// dmn_rig.hpp: a DMN table, imported and evaluated in one call.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dmn/import.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"

namespace dmn_test {

using namespace socle;

// Every diagnostic, a line each: "severity code pointer: message".
inline std::string told(const rules::Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.all())
    out += std::string(to_string(one.severity)) + " " + std::string(one.code) + " " + one.pointer + ": " + one.message +
           "\n";
  return out;
}

// The output as JSON, "code: message", or why the ruleset does not compile.
inline std::string evaluated(const std::string& source, const std::string& input, std::string* trace = nullptr) {
  const auto document = json::Document::parse(source);
  const auto record = json::Document::parse(input);
  if (!document || !record) return "no JSON: " + source + " " + input;
  rules::Diagnostics diagnostics;
  const auto ruleset = rules::Ruleset::compile(document->root(), diagnostics);
  if (!ruleset) return told(diagnostics);
  cel::Arena arena;
  rules::Call call;
  call.input = record->root();
  call.trace = trace != nullptr;
  const auto outcome = ruleset->evaluate(call, arena);
  if (trace != nullptr) *trace = outcome.trace;
  return outcome.fault ? outcome.fault->code + ": " + outcome.fault->message : outcome.output;
}

// A table with one input, `x`, and one output unless it is given more.
class Sheet {
 public:
  rules::dmn::Table table;
  rules::Diagnostics diagnostics;

  explicit Sheet(std::string policy, const std::string& type = "number") {
    table.name = "t";
    table.hit_policy = std::move(policy);
    table.variables = {{"x", type}};
    table.inputs.push_back({"x", type, ""});
    table.outputs.push_back({"", "", "", ""});
  }
  Sheet& row(const std::string& in, const std::string& out) { return rows({in}, {out}); }
  Sheet& rows(std::vector<std::string> in, std::vector<std::string> out) {
    table.rules.push_back({"", std::move(in), std::move(out), "/line " + std::to_string(table.rules.size() + 1)});
    return *this;
  }

  std::string operator()(const std::string& input, std::string* trace = nullptr) {
    const auto source = imported();
    return source.empty() ? told(diagnostics) : evaluated(source, input, trace);
  }
  // The ruleset; empty: refused, the diagnostics tell why.
  std::string imported() {
    diagnostics = {};
    return rules::dmn::to_ruleset(table, diagnostics).value_or("");
  }
  // For the value of `x` alone.
  std::string at(const std::string& x) { return (*this)("{\"x\":" + x + "}"); }
};

// The number of the first cell that lets `x` through, from 1; "null": none does.
inline std::string first_hit(const std::string& type, const std::vector<std::string>& cells, const std::string& x) {
  Sheet sheet("FIRST", type);
  for (std::size_t i = 0; i < cells.size(); ++i) sheet.row(cells[i], std::to_string(i + 1));
  return sheet.at(x);
}

// The value of an expression as a table's output, with `x` and the names given.
inline std::string output(const std::string& expression, const std::string& input = R"({"x":5})",
                          const socle::rules::dmn::Names& names = {{"x", "number"}}) {
  Sheet sheet("FIRST", "");
  sheet.table.variables = names;
  sheet.table.inputs[0].expression = "1";
  return sheet.row("-", expression)(input);
}

}  // namespace dmn_test
