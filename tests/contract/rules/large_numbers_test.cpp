// large_numbers_test.cpp: what docs/decision-tables.md says of numbers beyond 2^53, where neighbours are the same
// double.
#include "rig.hpp"

using namespace rules_test;

namespace {

// `field`: the schema of input.n. The rows of a column are written with the odd number first.
std::string table_over(const std::string& field, const std::string& column, const std::string& expression = "input.n") {
  return R"({"rules":"large","input":{"type":"object","required":["n"],"properties":{"n":)" + field +
         R"(}},"steps":[{"table":"x","hit":"F","inputs":[{"expr":")" + expression + R"(","type":")" + column +
         R"("}],"outputs":[{"type":"string"}],"rows":[["9007199254740993","'odd'"],["9007199254740992","'even'"],)"
         R"(["> 9007199254740993","'above'"],["-","'below'"]]}],"output":"x"})";
}

std::string met(const std::string& source, const std::string& number) {
  RulesOnModels rules;
  rules.published["large"] = {{"1.0.0", "n1", source}};
  const Reply reply = rules.ask("evaluate", R"({"input":{"n":)" + number + "}}", {{"ruleset", "large"}});
  INFO(reply.message());
  REQUIRE(reply.ok());
  const auto answer = json::Document::parse(reply.text());
  REQUIRE(answer);
  return std::string(answer->root().find("output").as_string());
}

}  // namespace

TEST_CASE("rules numbers: whole numbers are compared digit by digit, however large", "[rules]") {
  for (const char* column : {"integer", "number"}) {
    const auto source = table_over(R"({"type":"integer"})", column);
    CHECK(met(source, "9007199254740991") == "below");
    CHECK(met(source, "9007199254740992") == "even");
    CHECK(met(source, "9007199254740993") == "odd");
    CHECK(met(source, "9007199254740994") == "above");
    CHECK(met(source, "18446744073709551615") == "above");
  }
}

TEST_CASE("rules numbers: a field of type number is a double, which meets the smallest cell that is the same",
          "[rules]") {
  const auto source = table_over(R"({"type":"number"})", "number");
  CHECK(met(source, "9007199254740991") == "below");
  CHECK(met(source, "9007199254740992") == "even");
  CHECK(met(source, "9007199254740993") == "even");
  CHECK(met(source, "9007199254740994") == "above");
  // So is what is written with a fraction, whatever the field.
  CHECK(met(table_over(R"({"type":"integer"})", "integer"), "9007199254740993.0") == "even");
}

TEST_CASE("rules numbers: a column of decimals keeps every digit of a text", "[rules]") {
  const auto source = table_over(R"({"type":"string"})", "decimal", "decimal(input.n)");
  CHECK(met(source, R"("9007199254740992")") == "even");
  CHECK(met(source, R"("9007199254740993")") == "odd");
  CHECK(met(source, R"("9007199254740993.00")") == "odd");
  CHECK(met(source, R"("9007199254740993.01")") == "above");
}
