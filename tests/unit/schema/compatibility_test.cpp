// compatibility_test.cpp: directions, soundness where a naive comparison is wrong, and the reasons given.
#include "socle/schema/compatibility.hpp"

#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;
using schema::Compatibility;

namespace {
Compatibility between(std::string_view before, std::string_view after) {
  return schema::compatibility(make(before), make(after)).compatibility;
}
}  // namespace

TEST_CASE("compatibility: a new optional member of a closed object is backward", "[schema]") {
  CHECK(
      between(
          R"({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false})",
          R"({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "additionalProperties": false})") ==
      Compatibility::backward);
}

TEST_CASE("compatibility: a new member of an open object is not, as old data may hold anything there", "[schema]") {
  CHECK(between(R"({"properties": {"a": true}})", R"({"properties": {"a": true, "b": {"type": "integer"}}})") ==
        Compatibility::forward);
}

TEST_CASE("compatibility: a new required member breaks backward and says which", "[schema]") {
  const auto report =
      schema::compatibility(make(R"({"type": "object"})"), make(R"({"type": "object", "required": ["a"]})"));
  CHECK(report.compatibility == Compatibility::forward);
  REQUIRE(report.changes.size() == 1);
  CHECK(report.changes[0].breaks_backward);
  CHECK(report.changes[0].location == "#/required");
  CHECK(report.changes[0].message == "the writer may leave out 'a'");
}

TEST_CASE("compatibility: an alternative is never proved by itself", "[schema]") {
  CHECK(between(R"({"anyOf": [{"maximum": 5}, {"type": "string"}]})",
                R"({"allOf": [{"maximum": 5}, {"type": "string"}]})") == Compatibility::forward);
}

TEST_CASE("compatibility: integer to number widens", "[schema]") {
  CHECK(between(R"({"type": "integer"})", R"({"type": "number"})") == Compatibility::backward);
  CHECK(between(R"({"type": "number", "multipleOf": 2})", R"({"type": "integer"})") == Compatibility::backward);
}

TEST_CASE("compatibility: values of an enumeration are tried one by one", "[schema]") {
  CHECK(between(R"({"enum": [1, 2, 3]})", R"({"type": "integer", "minimum": 1, "maximum": 3})") ==
        Compatibility::backward);
  CHECK(between(R"({"enum": ["red", "blue"]})", R"({"pattern": "^[a-z]+$", "maxLength": 3})") == Compatibility::none);
}

TEST_CASE("compatibility: recursive schemas are compared without end", "[schema]") {
  const std::string_view narrow = R"({"properties": {"next": {"$ref": "#"}, "value": {"type": "integer"}}})";
  const std::string_view wide = R"({"properties": {"next": {"$ref": "#"}, "value": {"type": "number"}}})";
  CHECK(between(narrow, wide) == Compatibility::backward);
}

TEST_CASE("compatibility: what cannot be compared counts as incompatible", "[schema]") {
  CHECK(between(R"({"properties": {"a": true}, "unevaluatedProperties": false})",
                R"({"properties": {"a": true, "b": true}, "unevaluatedProperties": false})") == Compatibility::none);
}

TEST_CASE("compatibility: a schema and itself are compatible whatever is in it", "[schema]") {
  const std::string_view text = R"s({"unevaluatedProperties": false, "not": {"pattern": "a(?=b)"}})s";
  CHECK(between(text, text) == Compatibility::both);
}

TEST_CASE("compatibility: one claimed direction holds on every instance tried", "[schema]") {
  const char* schemas[] = {R"({"type": "integer", "minimum": 2})",
                           R"({"type": "number", "minimum": 1.5})",
                           R"({"type": ["string", "null"], "maxLength": 2})",
                           R"({"maxLength": 3})",
                           R"({"not": {"type": "string"}})",
                           R"({"oneOf": [{"type": "integer"}, {"minimum": 2}]})",
                           R"({"anyOf": [{"type": "integer"}, {"minimum": 2}]})",
                           R"({"items": {"type": "integer"}, "maxItems": 2})",
                           R"({"items": {"type": "number"}})",
                           R"({"properties": {"a": {"type": "integer"}}, "required": ["a"]})",
                           R"({"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}})",
                           R"({"if": {"type": "integer"}, "then": {"minimum": 0}})",
                           R"({"contains": {"type": "integer"}})",
                           R"({"dependentRequired": {"a": ["b"]}})",
                           R"({"patternProperties": {"^a": {"type": "integer"}}})",
                           "true",
                           "false",
                           R"({"prefixItems": [{"type": "integer"}], "items": false})",
                           R"({"enum": [1, "a", null, [1], {"a": 1}]})",
                           R"({"uniqueItems": true})"};
  const char* instances[] = {"1",
                             "2",
                             "1.5",
                             "-1",
                             "null",
                             "true",
                             "\"\"",
                             "\"abc\"",
                             "\"abcd\"",
                             "[]",
                             "[1]",
                             "[1,2.5]",
                             "[1,1,1]",
                             "[\"x\"]",
                             "{}",
                             R"({"a":1})",
                             R"({"a":"x"})",
                             R"({"b":1})",
                             R"({"a":1,"b":"y"})",
                             R"({"ab":"x"})"};
  std::size_t claims = 0;
  for (const auto* before : schemas) {
    for (const auto* after : schemas) {
      const auto found = between(before, after);
      if (found != Compatibility::backward && found != Compatibility::both) continue;
      ++claims;
      const auto writer = make(before);
      const auto reader = make(after);
      for (const auto* instance : instances) {
        const auto document = parse(instance);
        INFO(before << " -> " << after << " on " << instance);
        CHECK((!writer.valid(document.root()) || reader.valid(document.root())));
      }
    }
  }
  CHECK(claims > 50);
}
