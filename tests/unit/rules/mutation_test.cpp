// mutation_test.cpp: broken texts of every language the rules plugin reads are answered, never a crash or a hang.
// Seeded.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "dmn/feel.hpp"
#include "dmn/import.hpp"
#include "jdm/import.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"
#include "table/cell.hpp"
#include "zen/translate.hpp"

namespace {

using namespace socle;

std::string mutated(std::string text, std::mt19937& random) {
  constexpr std::string_view bits = "()[]{}'\"`,.<>=!?:;#$@&|+-*/%^ \\\n0159aeinort\xc3\xa9";
  const auto changes = 1 + random() % 4;
  for (unsigned i = 0; i < changes && !text.empty(); ++i) {
    const auto at = random() % text.size();
    switch (random() % 4) {
      case 0: text.erase(at, 1 + random() % 5); break;
      case 1: text.insert(at, 1, bits[random() % bits.size()]); break;
      case 2: text[at] = bits[random() % bits.size()]; break;
      default: text.insert(at, text.substr(random() % text.size(), random() % 12)); break;
    }
  }
  return text;
}

// The texts are not UTF-8 any more, perhaps; JSON refuses those first, as the registry does.
void run_model(const std::string& text) {
  const auto document = json::Document::parse(text);
  if (!document) return;
  rules::Diagnostics diagnostics;
  const auto ruleset = rules::Ruleset::compile(document->root(), diagnostics);
  if (!ruleset) {
    CHECK(diagnostics.failed());
    return;
  }
  const auto input = json::Document::parse(R"({"income":6000,"kind":"vip","items":[{"p":1}],"n":3})");
  cel::Arena arena;
  rules::Call call;
  call.input = input->root();
  call.trace = true;
  call.limits.fuel = 100'000;
  const auto outcome = ruleset->evaluate(call, arena);
  CHECK((outcome.fault.has_value() || !outcome.output.empty()));
}

}  // namespace

TEST_CASE("rules: broken expressions and cells are refused or translated, never worse", "[rules]") {
  const std::vector<std::string> seeds{"map(items as i, i.p * 1.1) ?? [1..5]",
                                       "a.b[0] + `t ${x > 1 ? 'a' : 'b'}` and not (c in ['x', 'y'])",
                                       "d('2024-05-01').add(1, 'month').format('%Y')",
                                       "> 5 and <= 10, 'x', not in [1..3)",
                                       "{a: 1, [`k`]: {b: [1, 2][0:1]}}; $root",
                                       "not(\"a\", \"b\"), [1..5[, ? > 3, @\"2024-01-01\", if x then 1 else 2",
                                       "in ['a', 'b'] && > 5, [18..65), value.startsWith('a'), -"};
  std::mt19937 random(5);
  std::size_t translated = 0;
  for (int round = 0; round < 6000; ++round) {
    const auto text = mutated(seeds[static_cast<std::size_t>(round) % seeds.size()], random);
    const rules::zen::Scope scope{"input", "value", {}, {}};
    translated += rules::zen::to_cel(text, scope) ? 1 : 0;
    translated += rules::zen::to_cell(text, scope) ? 1 : 0;
    translated += rules::dmn::feel_cell(text, {"x", "Monthly Income"}) ? 1 : 0;
    rules::CellNode cell;
    rules::CellFault fault;
    translated += rules::parse_cell(text, cell, fault) ? 1 : 0;
  }
  CHECK(translated > 1000);
}

TEST_CASE("rules: broken models, graphs and XML are told, never worse", "[rules]") {
  const std::string model = R"~({"rules":"m","input":{"type":"object","properties":{"income":{"type":"number"}}},
    "steps":[{"table":"t","hit":"F","inputs":[{"expr":"input.income","type":"number"}],"outputs":[{"name":"g","values":["'A'"],"default":"'C'"}],
              "rows":[[">= 5000, [1..2)","'A'"],{"in":["input.n"],"out":["'B'"],"from":"2024-01-01"}]},
             {"decide":"d","cases":[{"when":"t.g == 'A'","then":"1","priority":2}],"else":"0"},{"set":"s","expr":"d * 2","when":"true","else":"1"}],
    "validators":[{"id":"v","when":"input.income < 0","message":"m","at":"/income"}],"output":{"x":"s"},
    "tests":[{"name":"n","input":{"income":1},"output":{"x":0}}]})~";
  const std::string graph =
      R"~({"nodes":[{"id":"i","type":"inputNode","name":"in"},{"id":"s","type":"switchNode","name":"s","content":{"statements":[{"id":"a","condition":"n > 1"}]}},
    {"id":"e","type":"expressionNode","name":"e","content":{"passThrough":true,"expressions":[{"key":"x.y","value":"n * 2"}]}},
    {"id":"t","type":"decisionTableNode","name":"t","content":{"hitPolicy":"collect","inputs":[{"id":"c","field":"n"}],"outputs":[{"id":"o","field":"r[]"}],"rules":[{"c":"> 1","o":"'x'"}]}}],
    "edges":[{"sourceId":"i","targetId":"s"},{"sourceId":"s","targetId":"e","sourceHandle":"a"},{"sourceId":"e","targetId":"t"}]})~";
  const std::string xml =
      R"~(<definitions><inputData name="x"/><decision name="d"><decisionTable hitPolicy="COLLECT" aggregation="SUM"><input><inputExpression typeRef="number"><text>x</text></inputExpression></input><output/><rule><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable></decision></definitions>)~";
  std::mt19937 random(6);
  for (int round = 0; round < 400; ++round) {
    run_model(mutated(model, random));
    if (const auto document = json::Document::parse(mutated(graph, random))) {
      rules::Diagnostics diagnostics;
      if (const auto source = rules::import_jdm(document->root(), "g", diagnostics))
        run_model(*source);
      else
        CHECK(diagnostics.failed());
    }
    rules::Diagnostics diagnostics;
    if (const auto source = rules::import_dmn(mutated(xml, random), "", diagnostics))
      run_model(*source);
    else
      CHECK(diagnostics.failed());
  }
}
