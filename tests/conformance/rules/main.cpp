// conformance_rules dmn|jdm DIR: judges every file of a suite's folder by importing it as a ruleset and evaluating
// that.
#include <algorithm>
#include <string>
#include <utility>

#include "dmn/import.hpp"
#include "jdm/import.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/compare.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"
#include "suite/suite.hpp"

namespace {

using namespace socle;
using conformance::Tally;
using conformance::text_of;
using json::View;

std::string joined(View list) {
  std::string out;
  for (const auto one : list.elements()) out += (out.empty() ? "" : ",") + text_of(one);
  return out;
}

std::string all(const rules::Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.all())
    if (one.severity == rules::Severity::error)
      out += (out.empty() ? "" : "; ") + std::string(one.code) + " " + one.pointer + ": " + one.message;
  return out;
}

// A variable and its type: a name of one, or an object of components.
rules::dmn::Name name_of(std::string_view name, View type) {
  rules::dmn::Names parts;
  if (!type.is_object()) return {std::string(name), text_of(type)};
  for (const auto [part, of] : type.members()) parts.push_back(name_of(part, of));
  return {std::string(name), {}, std::move(parts)};
}

// The suite's JSON form of a table.
std::optional<std::string> import_table(View file, rules::Diagnostics& diagnostics) {
  rules::dmn::Table table;
  table.name = file.find("name").as_string();
  table.hit_policy = file.find("hitPolicy").as_string();
  table.aggregation = file.find("aggregation").as_string();
  for (const auto [name, type] : file.find("variables").members()) table.variables.push_back(name_of(name, type));
  for (const auto input : file.find("inputs").elements())
    table.inputs.push_back({text_of(input.find("expr")), text_of(input.find("type")), joined(input.find("values"))});
  for (const auto output : file.find("outputs").elements())
    table.outputs.push_back({text_of(output.find("name")), text_of(output.find("type")), joined(output.find("values")),
                             text_of(output.find("default"))});
  const auto rows = file.find("rules");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rules::dmn::Table::Rule rule;
    rule.pointer = "/rules/" + std::to_string(i);
    for (const auto cell : rows.at(i).find("in").elements()) rule.inputs.push_back(text_of(cell));
    for (const auto cell : rows.at(i).find("out").elements()) rule.outputs.push_back(text_of(cell));
    table.rules.push_back(std::move(rule));
  }
  return rules::dmn::to_ruleset(table, diagnostics);
}

// What evaluation gives, as JSON; a fault by its code.
std::string outcome_text(const rules::Ruleset& ruleset, View input) {
  cel::Arena arena;
  rules::Call call;
  call.input = input;
  call.now_seconds = 1767225600;  // 2026-01-01: some graphs ask for the date
  const auto outcome = ruleset.evaluate(call, arena);
  return outcome.fault ? "\"" + outcome.fault->code + "\"" : outcome.output;
}

void judge(const std::string& file, View content, bool dmn, Tally& tally) {
  rules::Diagnostics diagnostics;
  const auto source = dmn ? import_table(content, diagnostics) : rules::import_jdm(content, "graph", diagnostics);
  const auto cases = content.find(dmn ? "cases" : "tests");
  const bool javascript =
      !source && std::any_of(diagnostics.all().begin(), diagnostics.all().end(), [](const auto& one) {
        return one.message.find("function nodes hold JavaScript") != std::string::npos;
      });
  std::shared_ptr<const rules::Ruleset> ruleset;
  if (source) {
    const auto document = json::Document::parse(*source);
    if (document) ruleset = rules::Ruleset::compile(document->root(), diagnostics);
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto one = cases.at(i);
    const auto id = dmn ? text_of(one.find("id")) : std::to_string(i + 1);
    if (javascript) {
      tally.skip(file + " " + id, "function nodes hold JavaScript, which rules do not run");
      continue;
    }
    if (!ruleset) {
      tally.fail(file + " " + id, "not imported: " + all(diagnostics));
      continue;
    }
    const auto expected = one.find(dmn ? "expected" : "output");
    const auto text = outcome_text(*ruleset, one.find("input"));
    const auto found = json::Document::parse(text);
    tally.judge(found && json::equal(found->root(), expected), file + " " + id,
                "expected " + json::to_text(expected) + ", found " + text);
  }
}

void judge_suite(const std::filesystem::path& folder, bool dmn, Tally& tally) {
  conformance::each_document(folder, tally,
                             [&](const std::string& name, View content) { judge(name, content, dmn, tally); });
}

}  // namespace

int main(int count, char** arguments) {
  using Folder = std::filesystem::path;
  return conformance::run(count, arguments,
                          {{"dmn", [](const Folder& folder, Tally& tally) { judge_suite(folder, true, tally); }},
                           {"jdm", [](const Folder& folder, Tally& tally) { judge_suite(folder, false, tally); }}});
}
