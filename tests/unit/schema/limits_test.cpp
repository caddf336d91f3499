// limits_test.cpp: bad luck and bad will end in a refusal, not in a hang.
#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

TEST_CASE("schema: a reference to itself ends at the depth limit", "[schema]") {
  const auto loop = make(R"({"$ref": "#"})");
  const auto report = loop.check(parse("1").root());
  CHECK_FALSE(loop.valid(parse("1").root()));
  REQUIRE(report.limited);
  CHECK(report.faults[0].code == "limit");
  CHECK(report.faults[0].message == "validation was stopped: schemas nest deeper than the limit of 400");
}

TEST_CASE("schema: a limit inside not is no acceptance", "[schema]") {
  const auto loop = make(
      R"({"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}})");
  CHECK_FALSE(loop.valid(parse("1").root()));
  CHECK(loop.check(parse("1").root()).limited);
}

TEST_CASE("schema: alternatives that multiply end at the step limit", "[schema]") {
  std::string text = R"({"$ref": "#/$defs/l0", "$defs": {)";
  for (int i = 0; i < 40; ++i) {
    const std::string next = R"({"$ref": "#/$defs/l)" + std::to_string(i + 1) + R"("})";
    text += "\"l" + std::to_string(i) + R"(": {"allOf": [)" + next + "," + next + "]},";
  }
  schema::Options options;
  options.limits.steps = 100000;
  const auto wide = make(text + R"("l40": {"maximum": 10}}})", options);
  CHECK_FALSE(wide.valid(parse("1").root()));
  CHECK(wide.check(parse("1").root()).faults.back().message ==
        "validation was stopped: it needs more steps than its limit of 100000");
}

TEST_CASE("schema: a pattern that backtracks without end is stopped", "[schema]") {
  const auto evil = make(R"({"pattern": "^(a+)+(?!b)\\1$"})");
  const std::string text = "\"" + std::string(200, 'a') + "!\"";
  const auto report = evil.check(parse(text).root());
  CHECK_FALSE(report.valid());
  CHECK(report.limited);
}

TEST_CASE("schema: too many subschemas are refused", "[schema]") {
  schema::Options options;
  options.limits.schema_nodes = 3;
  const auto made = schema::compile_text(R"({"allOf": [true, true, true, true]})", options);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == socle::Code::too_large);
}

TEST_CASE("schema: deep schemas are refused and not followed", "[schema]") {
  std::string text;
  for (int i = 0; i < 450; ++i) text += R"({"not":)";
  text += "true" + std::string(450, '}');
  const auto made = schema::compile_text(text);
  REQUIRE_FALSE(made);
}
