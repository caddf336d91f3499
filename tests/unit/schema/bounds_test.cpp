// bounds_test.cpp: sizes and types that a schema promises.
#include "socle/schema/bounds.hpp"

#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

TEST_CASE("bounds: a path through objects, arrays and references", "[schema]") {
  const auto made = make(
      R"({"type": "object", "required": ["list"], "properties": {"list": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/row"}}},
    "$defs": {"row": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}, "required": ["name"]}}})");
  const auto list = schema::bounds(made, "/list");
  REQUIRE(list);
  CHECK(list->max_items == 3U);
  CHECK_FALSE(list->can_be_absent);
  CHECK_FALSE(list->string);
  const auto name = schema::bounds(made, "/list/*/name");
  REQUIRE(name);
  CHECK(name->max_length == 9U);
  CHECK(name->string);
  CHECK_FALSE(name->number);
  CHECK(name->can_be_absent);
}

TEST_CASE("bounds: alternatives are joined, enumerations are measured", "[schema]") {
  const auto made = make(
      R"({"properties": {"a": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "integer"}]}, "b": {"enum": ["x", "yes"]}, "c": {"maxLength": 2}}})");
  CHECK(schema::bounds(made, "/a")->max_length == 5U);
  CHECK(schema::bounds(made, "/a")->integer);
  CHECK_FALSE(schema::bounds(made, "/a")->array);
  CHECK(schema::bounds(made, "/b")->max_length == 3U);
  CHECK(schema::bounds(made, "/c")->array);
  CHECK_FALSE(schema::bounds(made, "/c")->max_items);
  CHECK_FALSE(schema::bounds(made, "/unknown")->max_length);
}

TEST_CASE("bounds: a wrong pointer is an error", "[schema]") { CHECK_FALSE(schema::bounds(make("true"), "no/slash")); }
