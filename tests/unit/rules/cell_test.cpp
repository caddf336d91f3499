// cell_test.cpp: what each form of a cell means, by one-row tables.
#include <catch2/catch.hpp>

#include "unit/rules/table_rig.hpp"

namespace {

using rules_test::TableRig;

std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return '"' + out + '"';
}
// Whether a cell of a column of that type lets the value through.
bool hits(const std::string& cell, const std::string& type, const std::string& value) {
  TableRig rig(R"({"table":"t","hit":"F","otherwise":"null","inputs":[{"expr":"input.x","type":")" + type +
               R"("}],"outputs":[{}],"rows":[[)" + quoted(cell) + R"(,"1"]]})");
  INFO(cell << " on " << value << ": " << rig.text());
  const auto out = rig(R"({"x":)" + value + R"(,"limit":50,"name":"ann"})");
  INFO(out);
  CHECK((out == "1" || out == "null"));
  return out == "1";
}

struct CellCase {
  std::string cell;
  std::string type;
  std::string value;
  bool hit;
};

std::string refusal(const std::string& cell, const std::string& type) {
  TableRig rig(R"({"table":"t","inputs":[{"expr":"input.x","type":")" + type + R"("}],"outputs":[{}],"rows":[[)" +
               quoted(cell) + R"(,"1"]]})");
  CHECK_FALSE(rig.table);
  return rig.text();
}

}  // namespace

TEST_CASE("table cells: every form lets the right values through", "[rules]") {
  const std::vector<CellCase> rows{
      {"-", "number", "3", true},
      {"", "number", "3", true},
      {"5", "number", "5", true},
      {"5", "number", "5.0", true},
      {"5", "number", "6", false},
      {"= 5", "number", "5", true},
      {"== 5", "number", "5.5", false},
      {"> 100", "number", "100.5", true},
      {"> 100", "number", "100", false},
      {">= 100", "number", "100", true},
      {"< -1.5", "number", "-2", true},
      {"<= 0.1", "number", "0.1", true},
      {"!= 3", "number", "3", false},
      {"!= 3", "number", "4", true},
      {"[18..65)", "number", "18", true},
      {"[18..65)", "number", "65", false},
      {"(18..65]", "number", "18", false},
      {"(18..65]", "number", "65", true},
      {"in [18..65]", "number", "40", true},
      {"[1..2], [5..6], 9", "number", "9", true},
      {"[1..2], [5..6], 9", "number", "3", false},
      {"> 5 && < 10", "number", "7", true},
      {"> 5 && < 10", "number", "10", false},
      {"not(1, 2)", "number", "2", false},
      {"not(1, 2)", "number", "3", true},
      {"not([1..3])", "number", "2", false},
      {"1 + 2 * 3", "number", "7", true},
      {"in [1, 2, 3]", "number", "2", true},
      {"9007199254740993", "integer", "9007199254740993", true},
      {"9007199254740993", "integer", "9007199254740992", false},
      {"'a'", "string", "\"a\"", true},
      {"'a', 'b'", "string", "\"b\"", true},
      {"'a', 'b'", "string", "\"c\"", false},
      {"in ['a', 'b']", "string", "\"b\"", true},
      {"'a,b'", "string", "\"a,b\"", true},
      {"'[1..2]'", "string", "\"[1..2]\"", true},
      {"'it\\'s'", "string", "\"it's\"", true},
      {"> 'm'", "string", "\"z\"", true},
      {"> 'm'", "string", "\"a\"", false},
      {"!= 'a'", "string", "\"b\"", true},
      {"true", "boolean", "true", true},
      {"true", "boolean", "false", false},
      {"false, true", "boolean", "false", true},
      {">= '2024-02-01'", "date", "\"2024-03-01\"", true},
      {"['2024-01-01'..'2024-02-01')", "date", "\"2024-02-01\"", false},
      {"date('2024-01-01')", "date", "\"2024-01-01\"", true},
      {"< '2024-01-01T00:00:00Z'", "timestamp", "\"2023-12-31T23:59:59Z\"", true},
      {"> '1h'", "duration", "\"90m\"", true},
      {"0.10", "decimal", "\"0.1\"", true},
      {"[0.1..0.3]", "decimal", "\"0.30000000000000001\"", false},
      {"null", "string", "null", true},
      {"-", "string", "null", true},
      {"'a'", "string", "null", false},
      // Untyped columns: another kind is no match.
      {"> 5", "any", "\"text\"", false},
      {"> 5", "any", "6", true},
      {"'a', 5, true", "any", "true", true},
      {"!= 'a'", "any", "5", true},
      {"not(null)", "any", "null", false},
      {"[1, 'x']", "any", "\"x\"", true},
      // Conditions: whatever looks at more than constants.
      {"> input.limit", "number", "51", true},
      {"> input.limit", "number", "50", false},
      {"input.limit", "number", "50", true},
      {"[input.limit..60)", "number", "59", true},
      {"[input.limit..60)", "number", "60", false},
      {"in [1, input.limit]", "number", "50", true},
      {"not(input.limit)", "number", "50", false},
      {"1, input.limit, > 100", "number", "101", true},
      {"value % 2 == 0", "integer", "4", true},
      {"value % 2 == 0", "integer", "5", false},
      {"value.startsWith('a') && value.endsWith('z')", "string", "\"abcz\"", true},
      {"value.startsWith('a') || input.name == 'ann'", "string", "\"b\"", true},
      {"input.name == 'bob'", "string", "\"b\"", false},
      {"'bob' in value", "any", "[\"ann\",\"bob\"]", true},
      {"size(value) > 1", "any", "[1]", false},
  };
  for (const auto& row : rows) {
    INFO(row.cell << " " << row.type << " " << row.value);
    CHECK(hits(row.cell, row.type, row.value) == row.hit);
  }
}

TEST_CASE("table cells: a fault names what was found and where it stands", "[rules]") {
  CHECK(refusal("'many'", "number") == "cell_type /rows/0/0@0: \"many\" is no number, which its column wants\n");
  CHECK(refusal("> 1, 'x'", "number") == "cell_type /rows/0/0@5: \"x\" is no number, which its column wants\n");
  CHECK(refusal("1.5", "integer") == "cell_type /rows/0/0@0: 1.5 is no integer, which its column wants\n");
  CHECK(refusal("'2024-13-01'", "date") ==
        "cell_type /rows/0/0@0: \"2024-13-01\" is no date, which its column wants\n");
  CHECK(refusal("[65..18]", "number") ==
        "cell_type /rows/0/0@1: a range goes from the lower to the higher end; found 65 .. 18\n");
  CHECK(refusal("1,,2", "number") == "cell_syntax /rows/0/0@2: a value is missing beside ','\n");
  CHECK(refusal(">", "number") == "cell_syntax /rows/0/0@1: a value is missing after '>'\n");
  CHECK(refusal("[1..]", "number") ==
        "cell_syntax /rows/0/0@0: a range wants both ends, as in [18..65); for an open end write >= 18\n");
  CHECK(refusal("> limmit", "number") ==
        "expression /rows/0/0@2: undeclared reference to 'limmit' (in container '')\n");
  CHECK(refusal("'open", "string").starts_with("expression /rows/0/0@0: "));
  CHECK(refusal("size(input) + 1 > 2 ? 1 : ", "number").starts_with("expression /rows/0/0@"));
  CHECK(refusal(std::string(40, '(') + std::string(40, ')'), "number").starts_with("expression "));
  std::string deep = "1";
  for (int i = 0; i < 20; ++i) deep = "not(" + deep + ")";
  CHECK(refusal(deep, "number").find("nested too deeply") != std::string::npos);
}
