// import_test.cpp: what DMN and JDM importers do beyond the public suites: XML, FEEL, refusals with reasons.
#include <catch2/catch.hpp>

#include "dmn/feel.hpp"
#include "dmn/import.hpp"
#include "jdm/import.hpp"
#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"
#include "table/import_name.hpp"

namespace {

using namespace socle;

std::string told(const rules::Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.all())
    out += std::string(one.code) + " " + one.pointer + ": " + one.message + "\n";
  return out;
}

std::string outcome(const std::string& source, const std::string& input) {
  const auto document = json::Document::parse(source);
  rules::Diagnostics diagnostics;
  const auto ruleset = rules::Ruleset::compile(document->root(), diagnostics);
  if (!ruleset) return told(diagnostics);
  const auto record = json::Document::parse(input);
  cel::Arena arena;
  rules::Call call;
  call.input = record->root();
  const auto result = ruleset->evaluate(call, arena);
  return result.fault ? result.fault->code + ": " + result.fault->message : result.output;
}

const std::string dish = R"~(<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="n">
  <itemDefinition name="tSeason"><typeRef>string</typeRef><allowedValues><text>"Winter","Summer"</text></allowedValues></itemDefinition>
  <inputData name="Season" id="i1"/><inputData name="Guest Count" id="i2"/>
  <decision name="Dish" id="dish"><variable name="Dish" typeRef="string"/>
    <decisionTable hitPolicy="UNIQUE">
      <input><inputExpression typeRef="tSeason"><text>Season</text></inputExpression></input>
      <input><inputExpression typeRef="number"><text>Guest Count</text></inputExpression></input>
      <output><outputValues><text>"Roast","Stew","Salad"</text></outputValues><defaultOutputEntry><text>"Bread"</text></defaultOutputEntry></output>
      <rule id="r1"><inputEntry><text>"Winter"</text></inputEntry><inputEntry><text>&lt;= 8</text></inputEntry><outputEntry><text>"Roast"</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>"Winter"</text></inputEntry><inputEntry><text>&gt; 8</text></inputEntry><outputEntry><text>"Stew"</text></outputEntry></rule>
      <rule id="r3"><inputEntry><text>not("Winter")</text></inputEntry><inputEntry><text>]0..20[</text></inputEntry><outputEntry><text>"Salad"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>)~";

std::string table_of(const std::string& policy, const std::vector<std::pair<std::string, std::string>>& rows,
                     const std::string& values = "") {
  rules::dmn::Table table;
  table.name = "t";
  table.hit_policy = policy;
  table.variables = {"x"};
  table.inputs.push_back({"x", "number", ""});
  table.outputs.push_back({"", "", values, ""});
  for (const auto& [in, out] : rows) table.rules.push_back({"", {in}, {out}, ""});
  rules::Diagnostics diagnostics;
  const auto source = rules::dmn::to_ruleset(table, diagnostics);
  return source ? *source : told(diagnostics);
}

}  // namespace

TEST_CASE("dmn: an XML table becomes a ruleset", "[rules]") {
  rules::Diagnostics diagnostics;
  const auto source = rules::import_dmn(dish, "", diagnostics);
  INFO(told(diagnostics));
  REQUIRE(source);
  CHECK(outcome(*source, R"({"Season":"Winter","Guest Count":8})") == "\"Roast\"");
  CHECK(outcome(*source, R"({"Season":"Winter","Guest Count":9})") == "\"Stew\"");
  CHECK(outcome(*source, R"({"Season":"Summer","Guest Count":19})") == "\"Salad\"");
  CHECK(outcome(*source, R"({"Season":"Summer","Guest Count":20})") == "\"Bread\"");
  CHECK(outcome(*source, R"({"Season":"Summer"})") == "\"Bread\"");
}

TEST_CASE("import: a ruleset is called what a model can be called, and keeps its first name as title", "[rules]") {
  const std::vector<std::pair<std::string, std::string>> names{{"Approval Status", "approval-status"},
                                                               {"a.b_c-d", "a.b_c-d"},
                                                               {"a--b", "a--b"},
                                                               {"  A - B (2nd) ", "a-b-2nd"},
                                                               {"_x", "x"},
                                                               {"\u8bf7\u5047", ""},
                                                               {std::string(80, 'x'), std::string(64, 'x')}};
  for (const auto& [given, wanted] : names) CHECK(rules::model_name_of(given) == wanted);

  const auto head = [](const std::optional<std::string>& source) {
    REQUIRE(source);
    const auto document = json::Document::parse(*source);
    return std::string(document->root().find("rules").as_string()) + "|" +
           std::string(document->root().find("title").as_string());
  };
  rules::Diagnostics diagnostics;
  CHECK(head(rules::import_dmn(dish, "", diagnostics)) == "dish|Dish");
  CHECK(head(rules::import_dmn(dish, "", diagnostics, "menu")) == "menu|Dish");
  const auto graph = json::Document::parse(
      R"({"nodes":[{"id":"i","type":"inputNode","name":"in"},{"id":"e","type":"expressionNode","name":"e","content":{"expressions":[{"id":"x","key":"x","value":"1"}]}}],"edges":[{"sourceId":"i","targetId":"e"}]})");
  REQUIRE(graph);
  CHECK(head(rules::import_jdm(graph->root(), "", diagnostics)) == "imported|");
  CHECK(head(rules::import_jdm(graph->root(), "loans", diagnostics)) == "loans|");
  CHECK(head(rules::import_jdm(graph->root(), "Loan Check", diagnostics)) == "loan-check|Loan Check");
}

TEST_CASE("dmn: what cannot be read or translated is refused with the reason", "[rules]") {
  const auto refusal = [](const std::string& xml, const std::string& decision = "") {
    rules::Diagnostics diagnostics;
    CHECK_FALSE(rules::import_dmn(xml, decision, diagnostics));
    return told(diagnostics);
  };
  CHECK(refusal("<a>") == "import_syntax : line 1: no element found\n");
  CHECK(refusal("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>") ==
        "import_syntax : line 1: a document with a DOCTYPE is not read; remove it\n");
  CHECK(refusal("<definitions/>") == "import_syntax : there is no decision with a decision table\n");
  CHECK(refusal(dish, "Wine") == "import_syntax : there is no decision with a decision table named 'Wine'\n");
  auto other = dish;
  other.replace(other.find("\"Roast\"</text></outputEntry>"), 7, "cook(1)");
  CHECK(refusal(other) ==
        "import_unsupported /line 10: 'cook' is no input of the table and no function that can be translated\n");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  CHECK(refusal(deep).find("nested more than 64 deep") != std::string::npos);
}

TEST_CASE("dmn: FEEL cells and expressions", "[rules]") {
  const rules::dmn::Names names{"x", "Monthly Income", "Applicant"};
  const std::vector<std::pair<std::string, std::string>> cells{
      {"-", "-"},
      {"< 18", "< 18"},
      {"\"a\",\"b\"", "'a', 'b'"},
      {"[1..5]", "[1..5]"},
      {"]1..5[", "(1..5)"},
      {"(1..5]", "(1..5]"},
      {"not(\"a\", \"b\")", "not('a', 'b')"},
      {"-5", "-5"},
      {"0.5", "decimal('0.5')"},
      {"null", "null"},
      {"> Monthly Income * 2", "(zen.gt(value, zen.multiply(zen.get(input, 'Monthly Income'), 2)))"},
      {"? > 5 and ? < 9", "(zen.truth((zen.truth(zen.gt(value, 5)) && zen.truth(zen.lt(value, 9)))))"},
      {"< date(\"2024-01-01\")", "< date('2024-01-01')"},
      {"@\"2024-01-01T00:00:00Z\"", "timestamp('2024-01-01T00:00:00Z')"},
      {"@\"2024-01-01T10:00:00\"", "timestamp('2024-01-01T10:00:00Z')"},
      {"@\"2024-01-01T10:00:00.5+01:00\"", "timestamp('2024-01-01T10:00:00.5+01:00')"},
      {"\"\\u00fc \\U01F40E \\uD83D\\uDC0E\"", "'ü 🐎 🐎'"},
      {"> duration(\"P1DT2H\")", "> duration('93600s')"},
      {"> duration(\"PT1.5S\")", "> duration('1.5s')"},
      {"> duration(\"-P1DT1M0.25S\")", "> duration('-86460.25s')"},
      {"contains(?, \"x\")", "(zen.truth(zen.contains(value, 'x')))"}};
  for (const auto& [feel, wanted] : cells) {
    INFO(feel);
    const auto text = rules::dmn::feel_cell(feel, names);
    REQUIRE(text);
    CHECK(*text == wanted);
  }
  CHECK(*rules::dmn::feel_expression("Applicant.Age + 1", names) ==
        "zen.add(zen.get(zen.get(input, 'Applicant'), 'Age'), 1)");
  CHECK(*rules::dmn::feel_expression("if x > 1 then \"a\" else \"b\"", names) ==
        "(dyn(cel.bind(a, dyn(zen.get(input, 'x')), cel.bind(b, dyn(1), zen.type(a) != zen.type(b) ? dyn(null) : "
        "zen.type(a) == 'number' ? dyn(zen.gt(a, b)) : zen.type(a) == 'string' ? dyn(a > b) : dyn(null)))) == true ? "
        "dyn('a') : dyn('b'))");
  CHECK(*rules::dmn::feel_expression("duration(\"-P1Y2M\")", names) == "-14");
  const auto note = [&](const std::string& text) {
    const auto read = rules::dmn::feel_output("duration(\"" + text + "\")", names);
    REQUIRE(read);
    CHECK(read->cel == "null");
    REQUIRE(read->notes.size() == 1);
    return read->notes[0];
  };
  CHECK(note("P1Y2D") == "'P1Y2D' is no duration of years and months, such as P1Y2M; FEEL has null there");
  for (const auto* text : {"P", "PT", "P1DT", "PT5", "P1H", "PT1D", "PT1S1M", "PT1.5M", "PT.5S", "P1DX", "-P"}) {
    INFO(text);
    CHECK(note(text) == "'" + std::string(text) +
                            "' is no duration of days and time, such as P1DT2H30M or PT1.5S; FEEL has null there");
  }
  CHECK(rules::dmn::feel_expression("duration(\"P1234567890Y\")", names).error().message ==
        "'P1234567890Y' is too long or too fine a duration to compute with");
  CHECK(*rules::dmn::feel_expression("date and time(\"2024-01-01T10:00:00\")", names) ==
        "timestamp('2024-01-01T10:00:00Z')");
  const auto zoned = rules::dmn::feel_expression("date and time(\"2024-01-01T10:00:00@Europe/Paris\")", names);
  REQUIRE_FALSE(zoned);
  CHECK(zoned.error().message == "'2024-01-01T10:00:00@Europe/Paris' names a zone; write its offset, such as +01:00");
  CHECK(rules::dmn::feel_cell("[1..5", names).error().message.starts_with("1:"));
  CHECK_FALSE(rules::dmn::feel_cell("\"open", names));
}

TEST_CASE("dmn: policies give null where nothing is hit, and where hits contradict", "[rules]") {
  const std::vector<std::pair<std::string, std::string>> rows{{"> 5", "1"}, {"> 10", "2"}, {"> 10", "0.5"}};
  CHECK(outcome(table_of("COLLECT SUM", rows), R"({"x":11})") == "3.5");
  CHECK(outcome(table_of("COLLECT MIN", rows), R"({"x":11})") == "0.5");
  CHECK(outcome(table_of("COLLECT MAX", rows), R"({"x":11})") == "2");
  CHECK(outcome(table_of("COLLECT COUNT", rows), R"({"x":11})") == "3");
  CHECK(outcome(table_of("COLLECT", rows), R"({"x":11})") == "[1,2,0.5]");
  CHECK(outcome(table_of("RULE ORDER", rows), R"({"x":1})") == "null");
  CHECK(outcome(table_of("OUTPUT ORDER", rows, "2,1,0.5"), R"({"x":11})") == "[2,1,0.5]");
  CHECK(outcome(table_of("PRIORITY", rows, "2,1,0.5"), R"({"x":11})") == "2");
  CHECK(outcome(table_of("UNIQUE", rows), R"({"x":11})") == "null");
  CHECK(outcome(table_of("UNIQUE", rows), R"({"x":6})") == "1");
  CHECK(outcome(table_of("ANY", rows), R"({"x":11})") == "null");
  CHECK(outcome(table_of("FIRST", rows), R"({"x":null})") == "null");
  CHECK(table_of("BEST", rows) == "hit_policy : 'BEST' is no hit policy of DMN\n");
}

namespace {

std::string graph(const std::string& nodes, const std::string& edges) {
  return R"({"nodes":[{"id":"i","type":"inputNode","name":"in"},)" + nodes + R"(],"edges":[)" + edges + "]}";
}
std::string edge(const std::string& from, const std::string& to, const std::string& handle = "") {
  return R"({"sourceId":")" + from + R"(","targetId":")" + to + R"(","sourceHandle":")" + handle + "\"}";
}
std::string jdm(const std::string& text, const std::string& input) {
  const auto document = json::Document::parse(text);
  REQUIRE(document);
  rules::Diagnostics diagnostics;
  const auto source = rules::import_jdm(document->root(), "g", diagnostics);
  return source ? outcome(*source, input) : told(diagnostics);
}
std::string expressions(const std::string& id, const std::string& list, const std::string& more = "") {
  return R"({"id":")" + id + R"(","type":"expressionNode","name":")" + id + R"(","content":{"expressions":[)" + list +
         "]" + more + "}}";
}
std::string set(const std::string& key, const std::string& value) {
  return R"({"id":"e","key":")" + key + R"(","value":")" + value + "\"}";
}

}  // namespace

TEST_CASE("jdm: nodes that cannot be translated are refused with the reason", "[rules]") {
  const auto refusal = [](const std::string& node) { return jdm(graph(node, edge("i", "a")), "{}"); };
  CHECK(
      refusal(R"({"id":"a","type":"functionNode","name":"js","content":"x"})") ==
      "import_unsupported /nodes/1: node 'js': function nodes hold JavaScript, which rules do not run; write it as an "
      "expression node\n");
  CHECK(refusal(R"({"id":"a","type":"decisionNode","name":"sub","content":{"key":"other.json"}})") ==
        "import_unsupported /nodes/1: node 'sub': it calls another decision, 'other.json'; put its steps into this "
        "graph\n");
  CHECK(refusal(R"({"id":"a","type":"customNode","name":"c"})") ==
        "import_unsupported /nodes/1: node 'c': nodes of type 'customNode' have no translation\n");
  CHECK(refusal(expressions("a", set("x", "rand(3)")))
            .starts_with("import_unsupported /nodes/1/content/expressions/0/value"));
  CHECK(refusal(expressions("a", set("x", "1 +")))
            .starts_with("import_syntax /nodes/1/content/expressions/0/value: 1:4"));
  CHECK(jdm(R"({"nodes":[],"edges":[]})", "{}") == "import_syntax /nodes: a graph has one input node; found 0\n");
  CHECK(jdm(graph(expressions("a", "") + "," + expressions("b", ""),
                  edge("i", "a") + "," + edge("a", "b") + "," + edge("b", "a")),
            "{}")
            .starts_with("step_cycle"));
}

TEST_CASE("jdm: a switch runs only the branch that is chosen", "[rules]") {
  const auto text = [](const std::string& policy) {
    return graph(
        R"({"id":"s","type":"switchNode","name":"s","content":{"hitPolicy":")" + policy +
            R"(","statements":[{"id":"big","condition":"n > 10"},{"id":"even","condition":"n % 2 == 0"},{"id":"odd","condition":"missing > 1"}]}},)" +
            expressions("a", set("a", "'big'")) + "," + expressions("b", set("b", "(n / 0) ?? 'even'")),
        edge("i", "s") + "," + edge("s", "a", "big") + "," + edge("s", "b", "even"));
  };
  CHECK(jdm(text("first"), R"({"n":20})") == R"({"a":"big"})");
  CHECK(jdm(text("first"), R"({"n":4})") == R"({"b":"even"})");
  CHECK(jdm(text("first"), R"({"n":3})") == "{}");
  CHECK(jdm(text("collect"), R"({"n":20})") == R"({"a":"big","b":"even"})");
}

TEST_CASE("jdm: pass-through, input field, output path and loops put results where they belong", "[rules]") {
  const auto one = [](const std::string& more) {
    return graph(expressions("a", set("d.e", "n * 2") + "," + set("f", "$.d.e + 1"), more), edge("i", "a"));
  };
  CHECK(jdm(one(""), R"({"n":2})") == R"({"d":{"e":4},"f":5})");
  CHECK(jdm(one(R"(,"passThrough":true)"), R"({"n":2,"d":{"k":0}})") == R"({"n":2,"d":{"k":0,"e":4},"f":5})");
  CHECK(jdm(one(R"(,"outputPath":"x.y")"), R"({"n":2})") == R"({"x":{"y":{"d":{"e":4},"f":5}}})");
  CHECK(jdm(one(R"(,"inputField":"list","executionMode":"loop","outputPath":"out")"),
            R"({"list":[{"n":1},{"n":2}]})") == R"({"out":[{"d":{"e":2},"f":3},{"d":{"e":4},"f":5}]})");
  CHECK(jdm(one(R"(,"inputField":"list","executionMode":"loop","outputPath":"list","passThrough":true)"),
            R"({"k":1,"list":[{"n":1}]})") == R"({"k":1,"list":[{"n":1,"d":{"e":2},"f":3}]})");
}

TEST_CASE("jdm: tables hit first or collect, and read nodes by name", "[rules]") {
  const auto table = [](const std::string& policy, const std::string& field) {
    return graph(
        expressions("calc", set("t", "n * 2")) +
            R"~(,{"id":"t","type":"decisionTableNode","name":"My Table","content":{"hitPolicy":")~" + policy +
            R"~(","inputs":[{"id":"c","field":"t"},{"id":"d"}],"outputs":[{"id":"o","field":")~" + field +
            R"~("}],"rules":[{"_id":"r1","c":"> 10","d":"$nodes.in.n > 5","o":"'big'"},{"_id":"r2","c":"","d":"","o":"`n=${$nodes.calc.t}`"},{"c":"'x'","o":"1"}]}})~",
        edge("i", "calc") + "," + edge("calc", "t"));
  };
  CHECK(jdm(table("first", "r.s"), R"({"n":6})") == R"({"r":{"s":"big"}})");
  CHECK(jdm(table("first", "r.s"), R"({"n":2})") == R"({"r":{"s":"n=4"}})");
  CHECK(jdm(table("collect", "r"), R"({"n":6})") == R"([{"r":"big"},{"r":"n=12"}])");
  CHECK(jdm(table("first", "r[]"), R"({"n":6})") == R"({"r":["big","n=12"]})");
}
