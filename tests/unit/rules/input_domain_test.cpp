// input_domain_test.cpp: what the input schema lets come bounds what the analysis of a table looks at; and a table that
// is wrong elsewhere is analysed all the same.
#include "unit/rules/rig.hpp"

using namespace socle::rules::test;

namespace {

// Of a ruleset with one table over input.x.
std::string told_of_x(const std::string& schema, const std::string& rows, const std::string& column = "any",
                      const std::string& hit = "F", const std::string& expr = "input.x") {
  return Rig(R"({"rules":"r","input":{"type":"object","required":["x"],"$defs":{"few":{"enum":["x","y"]}},"properties":{"x":)" +
             schema + R"(}},"steps":[{"table":"t","hit":")" + hit + R"(","inputs":[{"expr":")" + expr +
             R"(","type":")" + column + R"("}],"outputs":[{}],"rows":)" + rows + R"(}],"output":"1"})")
      .text();
}
std::string gap_at(const std::string& value) { return "gap /steps/0: no row answers input.x = " + value + "\n"; }
std::string refused_row(int row) {
  return "unreachable_row /steps/0/rows/" + std::to_string(row - 1) + ": row " + std::to_string(row) +
         " can never be hit: the input's schema or 'values' lets no value of its cells come\n";
}

}  // namespace

TEST_CASE("rules input schema: rows for all that can come leave no gap", "[rules]") {
  const std::string both = R"([["'x'","1"],["'y'","2"]])";
  for (const auto* column : {"any", "string"}) {
    INFO(column);
    CHECK(told_of_x(R"({"enum":["x","y"]})", both, column).empty());
    CHECK(told_of_x(R"({"type":"string","enum":["x","y"]})", both, column).empty());
    CHECK(told_of_x(R"({"$ref":"#/$defs/few"})", both, column).empty());
    CHECK(told_of_x(R"({"enum":["x","y","z"]})", both, column) == gap_at("\"z\""));
    CHECK(told_of_x(R"({"const":"x"})", R"([["'x'","1"]])", column).empty());
    CHECK_FALSE(told_of_x(R"({"type":"string"})", both, column).empty());
  }
  const std::string split = R"([["<= 4","1"],[">= 5","2"]])";
  for (const auto* column : {"any", "number", "integer"}) {
    INFO(column);
    CHECK(told_of_x(R"({"type":"integer"})", split, column).empty());
    CHECK(told_of_x(R"({"type":"integer","minimum":0,"maximum":9})", R"([["[0..4]","1"],["[5..9]","2"]])", column)
              .empty());
    CHECK(told_of_x(R"({"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10})",
                    R"([["[1..4]","1"],["[5..9]","2"]])", column)
              .empty());
    CHECK(told_of_x(R"({"type":"integer","minimum":0,"maximum":9})", R"([["[0..4]","1"],["[5..8]","2"]])", column) ==
          gap_at("9"));
    CHECK(told_of_x(R"({"type":"integer","minimum":0.5})", R"([[">= 1","1"]])", column).empty());
  }
  CHECK(told_of_x(R"({"type":"number"})", split, "number") == gap_at("4.5"));
  CHECK(told_of_x(R"({"type":"integer"})", R"([["< 4.5","1"],["> 4.5","2"]])", "number").empty());
  CHECK(told_of_x(R"({"type":"integer"})", R"([["< 4.5","1"]])", "number") == gap_at("5"));
  CHECK(told_of_x(R"({"type":"number","minimum":0,"maximum":1})", R"([["[0..1]","1"]])", "decimal").empty());
  CHECK(told_of_x(R"({"type":"boolean"})", R"([["true","1"],["false","2"]])").empty());
  CHECK(told_of_x(R"({"type":"boolean"})", R"([["true","1"],["false","2"],["'x'","3"]])") == refused_row(3));
}

TEST_CASE("rules input schema: only a plain path is bounded by it", "[rules]") {
  CHECK_FALSE(
      told_of_x(R"({"type":"integer","minimum":0})", R"([[">= 0","1"]])", "integer", "F", "input.x - 1").empty());
  CHECK_FALSE(told_of_x(R"({"enum":["x"]})", R"([["'x'","1"]])", "string", "F", "input.x + input.x").empty());
  // Bounds of numbers say nothing of texts, a date's text nothing of a date.
  CHECK_FALSE(told_of_x(R"({"minimum":0})", R"([[">= 0","1"]])", "number").empty());
  CHECK(told_of_x(R"({"type":"string","format":"date","enum":["2026-01-01"]})", R"([["'2026-01-01'","1"]])", "date")
            .empty());
  // Nothing satisfies it: the rows are judged without.
  CHECK(told_of_x(R"({"type":"integer","minimum":5,"maximum":4})", R"([["-","1"]])", "integer").empty());
}

TEST_CASE("rules input schema: a row that it makes unreachable is told", "[rules]") {
  CHECK(told_of_x(R"({"type":"integer","maximum":100})", R"([["> 200","1"],["-","2"]])", "integer") == refused_row(1));
  CHECK(told_of_x(R"({"type":"number","exclusiveMinimum":0})", R"([["0","1"],["> 0","2"]])", "number") ==
        refused_row(1));
  CHECK(told_of_x(R"({"enum":["x","y"]})", R"([["'x'","1"],["'z'","2"],["-","3"]])", "string") == refused_row(2));
  CHECK(told_of_x(R"({"type":"string"})", R"([["5","1"],["-","2"]])") == refused_row(1));
  CHECK(told_of_x(R"({"enum":["x","y"]})", R"([["'x'","1"],["'y'","2"],["-","3"]])", "string") ==
        "unreachable_row /steps/0/rows/2: row 3 can never be hit: the rows before it take all of its inputs\n");
  // Where the rows meet, nothing comes.
  CHECK(told_of_x(R"({"type":"integer","maximum":100})", R"([["<= 100","1"],["> 50 && > 200","2"]])", "integer", "U") ==
        refused_row(2));
}

TEST_CASE("rules input schema: null comes where the schema names it", "[rules]") {
  const std::string rows = R"([["'x'","1"],["null","2"]])";
  CHECK(told_of_x(R"({"type":["string","null"],"enum":["x",null]})", rows, "string").empty());
  CHECK(told_of_x(R"({"enum":["x"]})", rows, "string") == refused_row(2));
  CHECK(told_of_x(R"({"type":["integer","null"],"minimum":0})", R"([[">= 0","1"]])", "integer") == gap_at("null"));
  CHECK(told_of_x(R"({"type":["integer","null"],"minimum":0})", R"([[">= 0","1"],["-","2"]])", "integer").empty());
  // A schema that says nothing of the kind leaves it open.
  CHECK(told_of_x("true", R"([["null","1"],["-","2"]])", "string").empty());
}

TEST_CASE("rules input schema: two long enums are analysed completely", "[rules]") {
  std::string values, rows;
  for (int i = 0; i < 60; ++i) values += (i == 0 ? "\"v" : ",\"v") + std::to_string(i) + '"';
  for (int i = 0; i < 60; ++i) rows += "[\"'v" + std::to_string(i) + "'\",\"-\",\"1\"],";
  const auto text = [&](const std::string& more) {
    return Rig(R"({"rules":"r","input":{"type":"object","properties":{"a":{"enum":[)" + values + R"(]},"b":{"enum":[)" +
               values +
               R"(]}}},"steps":[{"table":"t","hit":"F","inputs":[{"expr":"input.a","type":"string"},)"
               R"({"expr":"input.b","type":"string"}],"outputs":[{}],"rows":[)" +
               more + R"(}],"output":"1"})")
        .text();
  };
  CHECK(text(rows.substr(0, rows.size() - 1) + "]").empty());
  CHECK(text(rows + R"(["-","-","2"]])") ==
        "unreachable_row /steps/0/rows/60: row 61 can never be hit: the rows before it take all of its inputs\n");
}

TEST_CASE("rules table: what is wrong in one cell hides nothing of the others", "[rules]") {
  const std::string any = R"({"type":"integer"})";
  const auto bad_output = told_of_x(any, R"([["< 10","1"],["> 5","1 +"],["> 20 && < 9","3"]])", "integer", "U");
  INFO(bad_output);
  CHECK(bad_output.find("expression /steps/0/rows/1/1") != std::string::npos);
  CHECK(bad_output.find("rows_overlap /steps/0/rows/1: row 1 and row 2 are both hit by input.x = 6") !=
        std::string::npos);
  CHECK(bad_output.find("unreachable_row /steps/0/rows/2") != std::string::npos);
  // An output that is not known contradicts nothing.
  CHECK(told_of_x(any, R"([["< 10","1"],["> 5","1 +"]])", "integer", "A").find("rows_contradict") == std::string::npos);
  // A row with a wrong input cell covers nothing and overlaps with nothing, and there may be no gap.
  const auto bad_input = told_of_x(any, R"([["< 10","1"],["'ten'","2"],["> 5","3"]])", "integer", "U");
  INFO(bad_input);
  CHECK(bad_input.find("cell_type /steps/0/rows/1/0") != std::string::npos);
  CHECK(bad_input.find("row 1 and row 3 are both hit") != std::string::npos);
  CHECK(bad_input.find("row 2 ") == std::string::npos);
  CHECK(told_of_x(any, R"([["< 10","1"],["'ten'","2"]])", "integer").find("gap ") == std::string::npos);
  CHECK(told_of_x(any, R"([["< 10","1 +"]])", "integer").find("gap ") != std::string::npos);
}
