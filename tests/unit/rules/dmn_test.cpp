// dmn_test.cpp: what imported DMN tables decide: hit policies, defaults, allowed values, overlaps; as DMN 1.3 has it,
// with no error where DMN has null.
#include <catch2/catch.hpp>

#include "dmn_rig.hpp"

namespace {

using dmn_test::Sheet;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Two outputs: with `values` given, they are the priorities.
Sheet pair(const std::string& policy, const std::string& grades = "", const std::string& rates = "") {
  Sheet sheet(policy);
  sheet.table.outputs = {{"Grade", "string", grades, ""}, {"Rate", "number", rates, ""}};
  sheet.rows({"> 0"}, {"\"B\"", "2"}).rows({"> 5"}, {"\"A\"", "3"}).rows({"> 5"}, {"\"A\"", "1"});
  return sheet;
}

}  // namespace

TEST_CASE("dmn: UNIQUE gives null where several rules are hit, and the trace names them", "[rules]") {
  Sheet sheet("UNIQUE");
  sheet.row("< 10", "1").row("> 5", "2").row("null", "3");
  CHECK(sheet.at("5") == "1");
  CHECK(sheet.at("10") == "2");
  CHECK(sheet.at("null") == "3");
  std::string trace;
  CHECK(sheet(R"({"x":7})", &trace) == "null");
  CHECK(holds(trace, R"("hit":["row 1","row 2"])"));
  CHECK(holds(trace, R"("chosen":"UNIQUE, and several rules are hit: null")"));
  sheet.table.outputs[0].otherwise = "0";
  CHECK(sheet.at("7") == "null");
  CHECK(sheet.at("\"a\"") == "0");
}

TEST_CASE("dmn: ANY gives null where the rules that are hit differ", "[rules]") {
  Sheet sheet("ANY");
  sheet.row("> 0", "1").row("> 5", "1.0").row("> 10", "2");
  CHECK(sheet.at("7") == "1");
  CHECK(sheet.at("0") == "null");
  std::string trace;
  CHECK(sheet(R"({"x":11})", &trace) == "null");
  CHECK(holds(trace, R"("hit":["row 1","row 2","row 3"])"));
  CHECK(holds(trace, R"("chosen":"ANY, and the rules that are hit differ: null")"));
  CHECK(pair("ANY").at("1") == R"({"Grade":"B","Rate":2})");
  CHECK(pair("ANY").at("6") == "null");
}

TEST_CASE("dmn: rules that overlap where they must not are told at their places", "[rules]") {
  Sheet sheet("UNIQUE");
  sheet.row("[1..5]", "1").row("> 5", "1").row("[4..5]", "1");
  REQUIRE_FALSE(sheet.imported().empty());
  CHECK(dmn_test::told(sheet.diagnostics) ==
        "warning rows_overlap /line 3: row 1 and row 3 are both hit by x = 4; DMN's result is null there\n");
  sheet.table.hit_policy = "ANY";
  REQUIRE_FALSE(sheet.imported().empty());
  CHECK(dmn_test::told(sheet.diagnostics).empty());
  sheet.table.rules[2].outputs[0] = "2";
  REQUIRE_FALSE(sheet.imported().empty());
  CHECK(holds(dmn_test::told(sheet.diagnostics),
              "warning rows_contradict /line 3: row 1 and row 3 are both hit by x = 4"));
}

TEST_CASE("dmn: PRIORITY and OUTPUT ORDER go by the values of the outputs, from left to right", "[rules]") {
  CHECK(pair("PRIORITY", "\"A\",\"B\"", "3,2,1").at("6") == R"({"Grade":"A","Rate":3})");
  CHECK(pair("PRIORITY", "\"A\",\"B\"", "1,2,3").at("6") == R"({"Grade":"A","Rate":1})");
  CHECK(pair("PRIORITY", "", "2,1,3").at("6") == R"({"Grade":"B","Rate":2})");
  CHECK(pair("OUTPUT ORDER", "\"B\",\"A\"", "1,2,3").at("6") ==
        R"([{"Grade":"B","Rate":2},{"Grade":"A","Rate":1},{"Grade":"A","Rate":3}])");
  CHECK(pair("OUTPUT ORDER", "\"A\",\"B\"").at("6") ==
        R"([{"Grade":"A","Rate":3},{"Grade":"A","Rate":1},{"Grade":"B","Rate":2}])");
  CHECK(pair("PRIORITY", "\"A\",\"B\"").at("0") == "null");
  auto none = pair("PRIORITY");
  REQUIRE_FALSE(none.imported().empty());
  CHECK(dmn_test::told(none.diagnostics) ==
        "warning output_priority : PRIORITY orders by the values of an output, and no output lists any\n");
}

TEST_CASE("dmn: RULE ORDER, COLLECT and FIRST of several outputs", "[rules]") {
  const std::string all = R"([{"Grade":"B","Rate":2},{"Grade":"A","Rate":3},{"Grade":"A","Rate":1}])";
  CHECK(pair("RULE ORDER").at("6") == all);
  CHECK(pair("COLLECT").at("6") == all);
  CHECK(pair("COLLECT").at("1") == R"([{"Grade":"B","Rate":2}])");
  CHECK(pair("FIRST").at("6") == R"({"Grade":"B","Rate":2})");
  for (const auto* policy : {"RULE ORDER", "COLLECT", "OUTPUT ORDER", "FIRST", "UNIQUE", "ANY", "PRIORITY"}) {
    INFO(policy);
    CHECK(pair(policy, "\"A\",\"B\"").at("0") == "null");
    auto sheet = pair(policy, "\"A\",\"B\"");
    sheet.table.outputs[0].otherwise = "\"-\"";
    CHECK(sheet.at("0") == R"({"Grade":"-","Rate":null})");
  }
}

TEST_CASE("dmn: COLLECT with an operator", "[rules]") {
  const auto collected = [](const std::string& aggregation, const std::vector<std::string>& outputs,
                            const std::string& x = "1") {
    Sheet sheet("COLLECT");
    sheet.table.aggregation = aggregation;
    sheet.table.variables.emplace_back("Fee", "");
    for (const auto& one : outputs) sheet.row("> 0", one);
    return sheet(R"({"Fee":0.2,"x":)" + x + "}");
  };
  CHECK(collected("SUM", {"1", "0.1", "-3"}) == "-1.9");
  CHECK(collected("SUM", {"0.1", "Fee"}) == "0.3");
  CHECK(collected("MIN", {"3", "Fee", "1"}) == "0.2");
  CHECK(collected("MAX", {"3", "Fee", "10"}) == "10");
  CHECK(collected("COUNT", {"3", "3", "\"a\""}) == "3");
  CHECK(collected("MIN", {"\"b\"", "\"a\""}) == "\"a\"");
  CHECK(collected("MAX", {"date(\"2024-02-01\")", "date(\"2024-01-01\")"}) == "\"2024-02-01\"");
  CHECK(collected("SUM", {"1", "null"}) == "null");
  CHECK(collected("SUM", {"1", "\"a\""}) == "null");
  CHECK(collected("MIN", {"1", "\"a\""}) == "null");
  CHECK(collected("SUM", {"1"}, "0") == "null");
  CHECK(collected("SUM", {"Fee"}, "0") == "null");
  CHECK(collected("COUNT", {"1"}, "0") == "0");
  CHECK(collected("SUM", {"duration(\"P1D\")"}) ==
        "error import_unsupported /line 1: COLLECT with an operator over durations has no translation\n");
  auto several = pair("COLLECT");
  several.table.aggregation = "COUNT";
  CHECK(several.at("6") ==
        "error hit_policy : COLLECT with an operator is not defined for several outputs; this table has 2\n");
}

TEST_CASE("dmn: an input that is there and not among its allowed values gives null, whatever the policy", "[rules]") {
  for (const auto* policy : {"UNIQUE", "FIRST", "COLLECT", "PRIORITY"}) {
    INFO(policy);
    Sheet sheet(policy, "string");
    sheet.table.inputs[0].values = "\"low\",\"high\"";
    sheet.table.outputs[0] = {"", "", "1", "9"};
    sheet.row("-", "1");
    const std::string hit = std::string(policy) == "COLLECT" ? "[1]" : "1";
    CHECK(sheet.at("\"high\"") == hit);
    CHECK(sheet.at("\"none\"") == "null");
    CHECK(sheet.at("null") == hit);
    CHECK(sheet("{}") == hit);
    sheet.table.inputs[0].values += ",null";
    CHECK(sheet.at("null") == hit);
  }
  Sheet days("FIRST", "days and time duration");
  days.table.inputs[0].values = "[duration(\"P1D\")..duration(\"P7D\")]";
  days.row("-", "1");
  CHECK(days.at("\"PT36H\"") == "1");
  CHECK(days.at("\"P8D\"") == "null");
  CHECK(days.at("null") == "1");
  Sheet unread("FIRST", "string");
  unread.table.inputs[0].values = "low, high";
  CHECK(unread.row("-", "1").at("\"none\"") == "1");
  CHECK(dmn_test::told(unread.diagnostics) ==
        "warning import_unsupported : the allowed values of 'x' are not checked: 'low' is no input of the table and no "
        "function that can be translated\n");
}

TEST_CASE("dmn: rows and the default decide about an input that is missing, not its allowed values", "[rules]") {
  for (const auto* values : {"\"low\",\"high\"", "not(\"none\")", "string length(?) > 2 and ? != \"none\""}) {
    INFO(values);
    Sheet sheet("UNIQUE", "string");
    sheet.table.inputs[0].values = values;
    sheet.table.outputs[0].otherwise = "0";
    sheet.row("\"low\"", "1").row("null", "2");
    CHECK(sheet.at("\"low\"") == "1");
    CHECK(sheet.at("\"high\"") == "0");
    CHECK(sheet.at("\"none\"") == "null");
    CHECK(sheet.at("null") == "2");
    CHECK(sheet("{}") == "2");
    sheet.table.rules.pop_back();
    CHECK(sheet("{}") == "0");
  }
}

TEST_CASE("dmn: literals and constants that FEEL has null for are told at their places", "[rules]") {
  Sheet sheet("FIRST", "date");
  sheet.row("< date(\"2020-02-30\")", "1").row("-", "time(\"25:00:00\")").row("-", "\"a\" < 5");
  sheet.table.outputs[0].otherwise = "duration(\"bogus\")";
  REQUIRE_FALSE(sheet.imported().empty());
  CHECK(dmn_test::told(sheet.diagnostics) ==
        "warning import_syntax /line 1: '2020-02-30' is no date, such as 2024-12-31; FEEL has null there\n"
        "warning import_syntax : 'bogus' is no duration, such as P1DT2H30M or P1Y2M; FEEL has null there\n"
        "warning import_syntax /line 2: '25:00:00' is no time, such as 10:30:00; FEEL has null there\n"
        "warning import_syntax /line 3: the constant '\"a\" < 5' has no value; FEEL has null there\n");
  CHECK(sheet.at("\"2020-01-01\"") == "null");
}

TEST_CASE("dmn: a rule wants an entry for each column", "[rules]") {
  Sheet sheet("FIRST");
  sheet.rows({"1", "2"}, {"1"});
  CHECK(sheet.at("1") == "error import_syntax /line 1: the rule does not have one entry for each column\n");
}

TEST_CASE("dmn: an input expression computes, and names of steps are free for inputs", "[rules]") {
  Sheet sheet("UNIQUE");
  sheet.table.variables = {{"x", "number"}, {"hits", "number"}, {"decision", "number"}};
  sheet.table.inputs[0].expression = "(x + hits) / decision - 1";
  sheet.row("[0..1]", "\"in\"").row("> 1", "\"out\"");
  CHECK(sheet(R"({"x":1,"hits":2,"decision":2})") == "\"in\"");
  CHECK(sheet(R"({"x":3,"hits":2,"decision":2})") == "\"out\"");
  CHECK(sheet(R"({"x":3,"hits":2,"decision":0})") == "null");
}
