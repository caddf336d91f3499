// report_test.cpp: faults and the output formats.
#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

namespace {
schema::Report check(const schema::Schema& compiled, std::string_view instance,
                     schema::Collect collect = schema::Collect::all) {
  const auto document = parse(instance);
  return compiled.check(document.root(), collect);
}
}  // namespace

TEST_CASE("schema: a missing member is named by the field to correct", "[schema]") {
  const auto report = check(make(R"({"properties": {"a": {"required": ["b/c"]}}})"), R"({"a": {}})");
  REQUIRE(report.faults.size() == 1);
  CHECK(report.faults[0].field == "/a/b~1c");
  CHECK(report.faults[0].instance == "/a");
  CHECK(report.faults[0].code == "required");
  CHECK(report.faults[0].message == "the member 'b/c' is missing");
  CHECK(report.faults[0].keyword_location == "/properties/a/required");
  CHECK(report.faults[0].absolute_location == "#/properties/a/required");
}

TEST_CASE("schema: a member too many is named itself", "[schema]") {
  const auto report =
      check(make(R"({"properties": {"a": true}, "additionalProperties": false})"), R"({"a": 1, "x": 2})");
  REQUIRE(report.faults.size() == 1);
  CHECK(report.faults[0].field == "/x");
  CHECK(report.faults[0].code == "additionalProperties");
  CHECK(report.faults[0].message == "this member is not allowed");
}

TEST_CASE("schema: both locations follow a reference", "[schema]") {
  const auto compiled = make(R"({"$id": "https://example.org/s", "properties": {"d": {"$ref": "#/$defs/name"}},
    "$defs": {"name": {"maxLength": 2}}})");
  const auto report = check(compiled, R"({"d": "äöü"})");
  REQUIRE(report.faults.size() == 1);
  CHECK(report.faults[0].keyword_location == "/properties/d/$ref/maxLength");
  CHECK(report.faults[0].absolute_location == "https://example.org/s#/$defs/name/maxLength");
  CHECK(report.faults[0].message == "must have at most 2 characters, found 3");
  CHECK(report.faults[0].params == decltype(report.faults[0].params){{"limit", "2"}, {"found", "3"}});
}

TEST_CASE("schema: all faults are collected, or only the first", "[schema]") {
  const auto compiled = make(R"({"properties": {"a": {"type": "string"}, "b": {"minimum": 3}}, "required": ["c"]})");
  CHECK(check(compiled, R"({"a": 1, "b": 2})").faults.size() == 3);
  const auto first = check(compiled, R"({"a": 1, "b": 2})", schema::Collect::first);
  REQUIRE(first.faults.size() == 1);
  CHECK(first.faults[0].message == "must be string, found integer");
}

TEST_CASE("schema: a failed anyOf comes before the reasons of its branches", "[schema]") {
  const auto report = check(make(R"({"anyOf": [{"type": "string"}, {"minimum": 5}]})"), "1");
  REQUIRE(report.faults.size() == 3);
  CHECK(report.faults[0].code == "anyOf");
  CHECK(report.faults[1].keyword_location == "/anyOf/0/type");
  CHECK(report.faults[2].keyword_location == "/anyOf/1/minimum");
}

TEST_CASE("schema: branches that do not decide leave no fault behind", "[schema]") {
  const auto compiled =
      make(R"({"if": {"type": "string"}, "else": {"minimum": 5}, "not": {"const": 7}, "contains": false})");
  const auto report = check(compiled, "4");
  REQUIRE(report.faults.size() == 1);
  CHECK(report.faults[0].keyword_location == "/else/minimum");
}

TEST_CASE("schema: faults beyond the limit are counted", "[schema]") {
  schema::Options options;
  options.limits.faults = 2;
  const auto report = check(make(R"({"items": {"type": "string"}})", options), "[1, 2, 3, 4, 5]");
  CHECK(report.faults.size() == 2);
  CHECK(report.truncated == 3);
}

TEST_CASE("schema: flag output holds the verdict only", "[schema]") {
  CHECK(schema::to_output(check(make("true"), "1"), schema::OutputFormat::flag) == R"({"valid":true})");
  CHECK(schema::to_output(check(make("false"), "1"), schema::OutputFormat::flag) == R"({"valid":false})");
}

TEST_CASE("schema: basic output is a flat list", "[schema]") {
  CHECK(schema::to_output(check(make(R"({"type": "string"})"), "1"), schema::OutputFormat::basic) ==
        R"({"valid":false,"errors":[{"valid":false,"keywordLocation":"/type","absoluteKeywordLocation":"#/type",)"
        R"("instanceLocation":"","error":"must be string, found integer","code":"type"}]})");
}

TEST_CASE("schema: detailed output nests by keyword and folds single children", "[schema]") {
  const auto report =
      check(make(R"({"properties": {"a": {"anyOf": [{"type": "string"}, {"minimum": 5}]}}})"), R"({"a": 1})");
  const auto output = parse(schema::to_output(report, schema::OutputFormat::detailed));
  CHECK(output.root().find("keywordLocation").as_string() == "/properties/a/anyOf");
  CHECK(output.root().find("instanceLocation").as_string() == "/a");
  REQUIRE(output.root().find("errors").size() == 2);
  CHECK(output.root().find("errors").at(1).find("keywordLocation").as_string() == "/properties/a/anyOf/1/minimum");
}
