// reference_test.cpp: references across resources and dialects.
#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

TEST_CASE("schema: a recursive schema validates a tree", "[schema]") {
  const auto tree = make(
      R"({"$id": "https://x.org/tree", "properties": {"value": {"type": "integer"}, "children": {"items": {"$ref": "#"}}}})");
  CHECK(accepts(tree, R"({"value": 1, "children": [{"value": 2, "children": []}]})"));
  CHECK_FALSE(accepts(tree, R"({"value": 1, "children": [{"value": 2, "children": [{"value": "3"}]}]})"));
}

TEST_CASE("schema: a dynamic reference finds the outermost anchor", "[schema]") {
  schema::Registry registry;
  const auto tree = parse(
      R"({"$id": "https://x.org/tree", "$dynamicAnchor": "node", "properties": {"data": true, "children": {"items": {"$dynamicRef": "#node"}}}})");
  REQUIRE(registry.add("https://x.org/tree", tree.root()));
  schema::Options options;
  options.registry = &registry;
  const auto strict = make(
      R"({"$id": "https://x.org/strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false})",
      options);
  CHECK(accepts(strict, R"({"children": [{"data": 1}]})"));
  CHECK_FALSE(accepts(strict, R"({"children": [{"daat": 1}]})"));
}

TEST_CASE("schema: 2019-09 extends by $recursiveRef", "[schema]") {
  schema::Registry registry;
  const auto tree = parse(
      R"({"$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "https://x.org/tree", "$recursiveAnchor": true,
    "properties": {"data": true, "children": {"items": {"$recursiveRef": "#"}}}})");
  REQUIRE(registry.add("https://x.org/tree", tree.root()));
  schema::Options options;
  options.registry = &registry;
  const auto strict = make(
      R"({"$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "https://x.org/strict", "$recursiveAnchor": true,
    "$ref": "tree", "unevaluatedProperties": false})",
      options);
  CHECK(accepts(strict, R"({"children": [{"data": 1}]})"));
  CHECK_FALSE(accepts(strict, R"({"children": [{"daat": 1}]})"));
}

TEST_CASE("schema: a referenced schema keeps its own dialect", "[schema]") {
  schema::Registry registry;
  const auto old = parse(
      R"({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": false})");
  REQUIRE(registry.add("https://x.org/old", old.root()));
  schema::Options options;
  options.registry = &registry;
  const auto both = make(R"({"$ref": "https://x.org/old"})", options);
  CHECK(accepts(both, R"(["a"])"));
  CHECK_FALSE(accepts(both, R"([1])"));
  CHECK_FALSE(accepts(both, R"(["a", "b"])"));
}

TEST_CASE("schema: relative identifiers resolve against the given base", "[schema]") {
  schema::Options options;
  options.base_uri = "https://x.org/folder/root.json";
  const auto made = make(R"({"$ref": "part.json", "$defs": {"p": {"$id": "part.json", "type": "null"}}})", options);
  CHECK(accepts(made, "null"));
  CHECK_FALSE(accepts(made, "1"));
}
