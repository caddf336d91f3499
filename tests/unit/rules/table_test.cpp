// table_test.cpp: hit policies, effective dates, traces and the errors of an evaluation.
#include <catch2/catch.hpp>

#include "unit/rules/table_rig.hpp"

namespace {

using rules_test::TableRig;

std::string policy_table(const std::string& policy, const std::string& rows, const std::string& outputs) {
  return R"({"table":"t","hit":")" + policy + R"(","inputs":[{"expr":"input.age","type":"number"}],"outputs":)" +
         outputs + R"(,"rows":)" + rows + "}";
}
constexpr const char* three_rows = R"([[">= 18","10"],[">= 60","30"],["-","20"]])";
constexpr const char* plain = R"([{}])";

}  // namespace

TEST_CASE("table: each hit policy makes its own result of the rows that are hit", "[rules]") {
  struct Row {
    std::string policy;
    std::string outputs;
    std::string at_70;
  };
  for (const auto& [policy, outputs, wanted] : std::vector<Row>{
           {"F", plain, "10"},
           {"R", plain, "[10,30,20]"},
           {"C", plain, "[10,30,20]"},
           {"C+", plain, "60"},
           {"C<", plain, "10"},
           {"C>", plain, "30"},
           {"C#", plain, "3"},
           {"P", R"([{"values":["30","20","10"]}])", "30"},
           {"O", R"([{"values":["30","20","10"]}])", "[30,20,10]"},
           {"C+", R"([{"name":"total"}])", R"({"total":60})"},
           {"collect max", plain, "30"},
           {"RULE ORDER", plain, "[10,30,20]"},
       }) {
    TableRig rig(policy_table(policy, three_rows, outputs));
    INFO(policy << " " << rig.text());
    CHECK(rig(R"({"age":70})") == wanted);
  }
}

TEST_CASE("table: sums are exact", "[rules]") {
  CHECK(TableRig(policy_table("C+", R"~([["-","decimal('0.1')"],["-","decimal('0.2')"],["-","1"]])~", plain))(
            R"({"age":1})") == "1.3");
  CHECK(TableRig(policy_table("C+", R"([["-","9223372036854775807"],["-","1"]])", plain))(R"({"age":1})") ==
        "9223372036854775808");
  CHECK(TableRig(policy_table("C+", R"([["-","'x'"]])", plain))(R"({"age":1})") ==
        "not_numbers: table 't' cannot combine its outputs by C+; found \"x\"");
}

TEST_CASE("table: U refuses what two rows answer, at compile time and at run time", "[rules]") {
  TableRig rig(policy_table("U", R"([["< 20","1"],["> 10","2"]])", plain));
  CHECK_FALSE(rig.table);
  CHECK(rig.text() == "rows_overlap /rows/1: row 1 and row 2 are both hit by input.age = 11\n");
  // Conditions are not seen through; the evaluation still refuses.
  TableRig late(policy_table("U", R"([["value > 10.0","1"],["value > 20.0","2"]])", plain));
  CHECK(late(R"({"age":15.0})") == "1");
  CHECK(late(R"({"age":25.0})") == "several_rows_hit: table 't' allows one hit; hit are row 1, row 2");
}

TEST_CASE("table: A wants the rows that are hit to agree", "[rules]") {
  TableRig same(policy_table("A", R"([["< 20","1"],["> 10","1"]])", plain));
  CHECK(same(R"({"age":15})") == "1");
  TableRig different(policy_table("A", R"([["< 20","1"],["> 10","2"]])", plain));
  CHECK(different.text() ==
        "rows_contradict /rows/1: row 1 and row 2 are both hit by input.age = 11 and give different outputs\n");
  TableRig late(policy_table("A", R"([["-","input.age"],["-","7"]])", plain));
  CHECK(late(R"({"age":7})") == "7");
  CHECK(late(R"({"age":8})") == "rows_disagree: table 't' wants its hits to agree; row 1, row 2 give 8 and 7");
}

TEST_CASE("table: no hit is an error, a default or null, as the author says", "[rules]") {
  const auto rows = R"([["> 10","1"]])";
  CHECK(TableRig(policy_table("F", rows, plain))(R"({"age":5})") ==
        "no_row_hit: no row of table 't' matches input.age = 5; add a row or a default");
  CHECK(TableRig(policy_table("F", rows, R"([{"default":"0"}])"))(R"({"age":5})") == "0");
  CHECK(TableRig(policy_table("F", rows, R"([{"default":"input.age * 2"}])"))(R"({"age":5})") == "10");
  CHECK(TableRig(policy_table("C", rows, plain))(R"({"age":5})") == "[]");
  CHECK(TableRig(policy_table("C#", rows, plain))(R"({"age":5})") == "0");
  CHECK(TableRig(policy_table("C>", rows, plain))(R"({"age":5})").starts_with("no_row_hit"));
  auto text = policy_table("F", rows, plain);
  text.insert(1, R"("otherwise":"null",)");
  CHECK(TableRig(text)(R"({"age":5})") == "null");
}

TEST_CASE("table: a missing or wrongly typed input is an error, never a silent null", "[rules]") {
  TableRig rig(policy_table("F", R"([["> 10","1"],["-","2"]])", plain));
  CHECK(rig("{}").find("no_such_key: 1:6: no such key: 'age' (reading input.age)") == 0);
  CHECK(rig(R"({"age":"old"})") == "input_type: 'input.age' is \"old\"; its column wants number");
}

TEST_CASE("table: a computed output of another type than its column is an error, null is none", "[rules]") {
  const auto given = [](const std::string& type, const std::string& input) {
    TableRig rig(R"({"table":"fee","hit":"F","inputs":[{"expr":"input.age","type":"number"}],)"
                 R"("outputs":[{"name":"o","type":")" +
                 type +
                 R"(","default":"input.y"},{"name":"p"}],)"
                 R"("rows":[["> 10","input.x","1"],{"id":"young","in":["[5..10]"],"out":["input.x","2"]}]})");
    INFO(rig.text());
    return rig(input);
  };
  CHECK(given("string", R"({"age":11,"x":5})") ==
        "output_type: table 'fee': row 1 gives 5 (int) for output 'o'; its column wants string");
  CHECK(given("boolean", R"({"age":6,"x":"yes"})") ==
        "output_type: table 'fee': young gives \"yes\" (string) for output 'o'; its column wants boolean");
  CHECK(given("number", R"({"age":11,"x":"5"})") ==
        "output_type: table 'fee': row 1 gives \"5\" (string) for output 'o'; its column wants number");
  CHECK(given("integer", R"({"age":11,"x":5.5})") ==
        "output_type: table 'fee': row 1 gives 5.5 (double) for output 'o'; its column wants integer");
  CHECK(given("number", R"({"age":1,"y":true})") ==
        "output_type: table 'fee': the default gives true (bool) for output 'o'; its column wants number");
  CHECK(given("number", R"({"age":11,"x":5.5})") == R"({"o":5.5,"p":1})");
  CHECK(given("boolean", R"({"age":6,"x":true})") == R"({"o":true,"p":2})");
  CHECK(given("string", R"({"age":11,"x":null})") == R"({"o":null,"p":1})");
  CHECK(given("any", R"({"age":11,"x":[1]})") == R"({"o":[1],"p":1})");
  TableRig alone(
      R"({"table":"t","hit":"C","inputs":[],"outputs":[{"type":"string"}],"rows":[{"in":[],"out":["input.x"]}]})");
  CHECK(alone(R"({"x":1})") == "output_type: table 't': row 1 gives 1 (int) for its output; its column wants string");
}

TEST_CASE("table: several outputs make an object, computed ones too", "[rules]") {
  TableRig rig(
      R"({"table":"t","hit":"F","inputs":[{"expr":"input.income","type":"number"}],
          "outputs":[{"name":"grade","type":"string"},{"name":"limit","type":"number","default":"0"}],
          "rows":[[">= 5000","'A'","input.income * 10"],{"id":"rest","in":["-"],"out":["'B'",""]}]})");
  INFO(rig.text());
  CHECK(rig(R"({"income":6000})") == R"({"grade":"A","limit":60000})");
  CHECK(rig(R"({"income":6000.5})") == R"({"grade":"A","limit":60005})");
  CHECK(rig(R"({"income":1})") == R"({"grade":"B","limit":0})");
}

TEST_CASE("table: a row is in force from its first day until the day before its last", "[rules]") {
  TableRig rig(
      R"({"table":"t","hit":"U","inputs":[],"outputs":[{}],
          "rows":[{"in":[],"out":["'old'"],"until":"2024-05-01"},
                  {"in":[],"out":["'new'"],"from":"2024-05-01","until":"2025-01-01"}]})");
  INFO(rig.text());
  const std::int64_t may_first = 1714521600;
  CHECK(rig("{}", nullptr, may_first - 1) == "\"old\"");
  CHECK(rig("{}", nullptr, may_first) == "\"new\"");
  CHECK(rig("{}", nullptr, 1735689600).starts_with("no_row_hit"));
  CHECK(rig.text() == "gap : no row answers date(now) = date(\"2025-01-01\")\n");
  TableRig other(
      R"({"table":"t","hit":"F","effective":"input.day","inputs":[],"outputs":[{}],
          "rows":[{"in":[],"out":["1"],"from":"2024-05-01"},{"in":[],"out":["2"]}]})");
  CHECK(other(R"({"day":"2024-04-30"})") == "2");
  CHECK(other(R"({"day":"2024-05-01"})") == "1");
}

TEST_CASE("table: the trace tells values read, rows hit and which cell refused the others", "[rules]") {
  TableRig rig(
      R"({"table":"t","hit":"C","inputs":[{"expr":"input.a","type":"number"},{"expr":"input.b","type":"string"}],
          "outputs":[{}],"rows":[["> 1","'x'","1"],["> 1","'y'","2"],["< 1","-","3"],["-","size(value) == 1","4"]]})");
  socle::rules::TableTrace trace;
  CHECK(rig(R"({"a":2,"b":"x"})", &trace) == "[1,4]");
  REQUIRE(trace.read.size() == 2);
  CHECK(socle::cel::to_text(trace.read[1]) == "\"x\"");
  CHECK(trace.hits == std::vector<std::uint32_t>{0, 3});
  REQUIRE(trace.misses.size() == 2);
  CHECK(trace.misses[0].row == 1);
  CHECK(trace.misses[0].column == 1);
  CHECK(trace.misses[1].row == 2);
  CHECK(trace.misses[1].column == 0);
}

TEST_CASE("table: the shape is checked, every fault at once", "[rules]") {
  TableRig rig(
      R"({"table":"t","hit":"X","colour":1,"inputs":[{"type":"nummer"}],"outputs":[{},{}],"rows":[["1"],5,{"in":[[]]}]})");
  CHECK(
      rig.text() ==
      "unknown_key /colour: 'colour' means nothing here\n"
      "hit_policy /hit: '\"X\"' is no hit policy; wanted U, A, P, F, R, O, C, C+, C<, C> or C#\n"
      "table_shape /inputs/0: an input column wants 'expr', the expression whose value its cells are compared with\n"
      "table_shape /inputs/0/type: '\"nummer\"' is no column type; wanted number, integer, decimal, string, boolean, "
      "date, timestamp, duration or any\n"
      "table_shape /outputs/0: each of several outputs wants a 'name'; only a table with one output may leave it out\n"
      "table_shape /outputs/1: each of several outputs wants a 'name'; only a table with one output may leave it out\n"
      "table_shape /outputs/1/name: two outputs are named ''\n"
      "table_shape /rows/0: there are 1 cells; wanted 3, one a column\n"
      "table_shape /rows/1: a row is a list of cells or an object {id, in, out, from, until}; found integer\n"
      "table_shape /rows/2/in/0: a cell is a text or a bare value; found array\n"
      "table_shape /rows/2/out: there are 0 cells; wanted 2, one a column\n");
}

TEST_CASE("table: P and O want an order, and every row's output in it", "[rules]") {
  CHECK(TableRig(policy_table("P", three_rows, plain)).text().starts_with("output_priority /outputs"));
  CHECK(TableRig(policy_table("O", three_rows, R"([{"values":["10","20"]}])")).text() ==
        "output_priority /rows/1/1: 30 is not among the output's 'values'\n");
  CHECK(TableRig(policy_table("C+", R"([["-","1","2"]])", R"([{"name":"a"},{"name":"b"}])")).text() ==
        "hit_policy /hit: hit policy C+ works on one output; this table has 2\n");
}

TEST_CASE("table: an evaluation ends where its fuel ends", "[rules]") {
  TableRig rig(policy_table("F", R"~([["lists.range(100000).exists(i, i == value)","1"],["-","2"]])~", plain));
  socle::cel::Limits limits;
  limits.fuel = 1000;
  CHECK(rig(R"({"age":99999})", nullptr, 0, limits).starts_with("out_of_fuel: "));
  CHECK(rig(R"({"age":99999})") == "1");
}

TEST_CASE("table: the trace names the cell that refused, also when it is the second condition of its row", "[rules]") {
  rules_test::TableRig rig(
      R"({"table":"t","hit":"F","inputs":[{"expr":"input.x"},{"expr":"input.y"}],)"
      R"("outputs":[{"name":"o"}],"rows":[["value > input.a","value > input.b","1"],["-","-","2"]]})");
  socle::rules::TableTrace trace;
  CHECK(rig(R"({"x":5,"y":1,"a":1,"b":3})", &trace) == R"({"o":2})");
  REQUIRE(trace.misses.size() == 1);
  CHECK(trace.misses[0].column == 1);
  socle::rules::TableTrace other;
  (void)rig(R"({"x":0,"y":9,"a":1,"b":3})", &other);
  REQUIRE(other.misses.size() == 1);
  CHECK(other.misses[0].column == 0);
}

TEST_CASE("table: a cell of thousands of values, and one that refuses them, let through what they say", "[rules]") {
  std::string values = "0";
  std::string others = "!= 0";
  for (int i = 1; i < 4'000; ++i) {
    values += ", " + std::to_string(2 * i);
    others += " && != " + std::to_string(2 * i);
  }
  TableRig rig(R"({"table":"t","hit":"C","inputs":[{"expr":"input.age","type":"number"}],"outputs":[{}],"rows":[[")" +
               values + R"(","'one of them'"],[")" + others + R"(","'none'"]]})");
  CHECK(rig.text().empty());
  for (const auto* one : {"0", "2", "4000", "7998"})
    CHECK(rig(R"({"age":)" + std::string(one) + "}") == R"(["one of them"])");
  for (const auto* one : {"-1", "1", "3.5", "7999", "8000"})
    CHECK(rig(R"({"age":)" + std::string(one) + "}") == R"(["none"])");
}

TEST_CASE("table: P and O go by the place of an output among thousands, of equal ones by the row", "[rules]") {
  std::string values;
  std::string rows;
  for (int i = 0; i < 3'000; ++i) values += (i == 0 ? "\"" : ",\"") + std::to_string(2'999 - i) + "\"";
  for (int i = 0; i < 500; ++i)
    rows += (i == 0 ? "" : ",") + std::string(R"([">= 0",")") + std::to_string(i * 5) + R"(","'row )" +
            std::to_string(i) + R"('"],["> 0",")" + std::to_string(i * 5) + R"(.0","'again'"])";
  const auto outputs = R"([{"name":"a","values":[)" + values + R"(]},{"name":"b"}])";
  TableRig first(policy_table("P", "[" + rows + "]", outputs));
  REQUIRE(first.table);
  CHECK(first(R"({"age":5})") == R"({"a":2495,"b":"row 499"})");
  TableRig all(policy_table("O", "[" + rows + "]", outputs));
  CHECK(
      all(R"({"age":5})").starts_with(R"([{"a":2495,"b":"row 499"},{"a":2495,"b":"again"},{"a":2490,"b":"row 498"},)"));
}
