// compile_test.cpp: what compile() refuses, and how it says so.
#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

namespace {
std::string refusal(std::string_view text, const schema::Options& options = {}) {
  const auto made = schema::compile_text(text, options);
  REQUIRE_FALSE(made);
  return made.error().message;
}
}  // namespace

TEST_CASE("schema: what breaks the metaschema is refused with its line and column", "[schema]") {
  std::vector<schema::Problem> problems;
  const auto made = schema::compile_text(
      "{\n  \"properties\": {\n    \"a\": {\"minLength\": -1, \"type\": \"text\"}\n  }\n}", {}, &problems);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == socle::Code::invalid);
  REQUIRE(problems.size() >= 2);
  CHECK(problems[0].pointer.starts_with("/properties/a/"));
  CHECK(problems[0].line == 3);
  CHECK(problems[0].column > 10);
}

TEST_CASE("schema: a bad pattern is refused with its place", "[schema]") {
  std::vector<schema::Problem> problems;
  const auto made = schema::compile_text(R"({"properties": {"a": {"pattern": "(b"}}})", {}, &problems);
  REQUIRE_FALSE(made);
  CHECK(made.error().message ==
        "line 1, column 34: #/properties/a/pattern: '(b' is no regular expression of ECMA-262: byte 3: unclosed group");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].pointer == "/properties/a/pattern");
}

TEST_CASE("schema: a reference that leads nowhere is refused", "[schema]") {
  CHECK(refusal(R"({"$ref": "https://example.org/missing"})")
            .find("no schema has the URI 'https://example.org/missing'; add it to the registry") != std::string::npos);
  CHECK(refusal(R"({"$ref": "#nowhere"})").find("has no anchor 'nowhere'") != std::string::npos);
  CHECK(refusal(R"({"$ref": "#/$defs/x"})").find("#/$ref") != std::string::npos);
}

TEST_CASE("schema: an unknown dialect is refused by name", "[schema]") {
  CHECK(
      refusal(R"({"$schema": "https://example.org/mine"})") ==
      "line 1, column 13: $schema 'https://example.org/mine' is neither a draft of JSON Schema this library knows nor "
      "in the registry");
}

TEST_CASE("schema: a vocabulary that must be understood and is not is refused", "[schema]") {
  schema::Registry registry;
  const auto meta =
      parse(R"({"$id": "https://example.org/meta", "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true, "https://example.org/vocab": true}})");
  REQUIRE(registry.add("https://example.org/meta", meta.root()));
  schema::Options options;
  options.registry = &registry;
  const auto made = schema::compile_text(R"({"$schema": "https://example.org/meta"})", options);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == socle::Code::unsupported);
  CHECK(made.error().message.find("needs the unknown vocabulary 'https://example.org/vocab'") != std::string::npos);
}

TEST_CASE("schema: keywords of a vocabulary that is not in use are ignored", "[schema]") {
  schema::Registry registry;
  const auto meta =
      parse(R"({"$id": "https://example.org/meta", "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true, "https://json-schema.org/draft/2020-12/vocab/applicator": true}})");
  REQUIRE(registry.add("https://example.org/meta", meta.root()));
  schema::Options options;
  options.registry = &registry;
  const auto made =
      make(R"({"$schema": "https://example.org/meta", "properties": {"a": false, "b": {"minimum": 10}}})", options);
  CHECK(accepts(made, R"({"b": 1})"));
  CHECK_FALSE(accepts(made, R"({"a": 1})"));
}

TEST_CASE("schema: two schemas with one identifier are refused", "[schema]") {
  CHECK(refusal(R"({"$defs": {"a": {"$id": "https://x.org/1"}, "b": {"$id": "https://x.org/1"}}})")
            .find("is already the identifier of another schema here") != std::string::npos);
}

TEST_CASE("schema: without the metaschema the compiler itself refuses wrong keywords", "[schema]") {
  schema::Options options;
  options.check_metaschema = false;
  CHECK(refusal(R"({"maxItems": "3"})", options)
            .find("#/maxItems: maxItems must be a non-negative integer, found string") != std::string::npos);
  CHECK(refusal(R"({"allOf": {}})", options).find("allOf must be an array of schemas, found object") !=
        std::string::npos);
  CHECK(refusal(R"({"multipleOf": 0})", options).find("multipleOf must be greater than 0, found 0") !=
        std::string::npos);
  CHECK(refusal(R"({"properties": {"a": 3}})", options).find("a schema must be an object or a boolean") !=
        std::string::npos);
  CHECK(refusal("[]", options).find("a schema must be an object or a boolean, found array") != std::string::npos);
}

TEST_CASE("schema: the registry wants absolute URIs, each once", "[schema]") {
  schema::Registry registry;
  const auto document = parse("true");
  CHECK(registry.add("relative", document.root()).error().message == "'relative' is no absolute URI: it has no scheme");
  CHECK(registry.add("urn:a#", document.root()));
  CHECK(registry.add("urn:a", document.root()).error().code == socle::Code::conflict);
}
