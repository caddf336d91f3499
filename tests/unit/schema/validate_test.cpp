// validate_test.cpp: verdicts that the public suites do not pin down: exact numbers, dialects, large containers.
#include "support.hpp"

using namespace schema_test;
namespace schema = socle::schema;

TEST_CASE("schema: bounds compare decimals exactly beyond double", "[schema]") {
  const auto least = make(R"({"minimum": 9007199254740993})");
  CHECK(accepts(least, "9007199254740993"));
  CHECK_FALSE(accepts(least, "9007199254740992"));
  CHECK_FALSE(accepts(least, "9007199254740992.999"));
  CHECK(accepts(make(R"({"exclusiveMaximum": 1e400})"), "9e399"));
  CHECK_FALSE(accepts(make(R"({"maximum": 0.1})"), "0.10000000000000000000000001"));
}

TEST_CASE("schema: multipleOf works on decimal text", "[schema]") {
  const auto cents = make(R"({"multipleOf": 0.01})");
  CHECK(accepts(cents, "4.35"));
  CHECK(accepts(cents, "1e300"));
  CHECK_FALSE(accepts(cents, "4.355"));
}

TEST_CASE("schema: a number written with a zero fraction is an integer", "[schema]") {
  const auto integer = make(R"({"type": "integer"})");
  CHECK(accepts(integer, "3.0"));
  CHECK(accepts(integer, "30e-1"));
  CHECK_FALSE(accepts(integer, "3.5"));
  CHECK_FALSE(accepts(integer, "\"3\""));
}

TEST_CASE("schema: draft 7 ignores what stands beside a reference", "[schema]") {
  const std::string_view text = R"({"$schema": "http://json-schema.org/draft-07/schema#",
    "definitions": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/definitions/a", "maxLength": 1}}})";
  CHECK(accepts(make(text), R"({"x": "long"})"));
  CHECK_FALSE(accepts(make(text), R"({"x": 1})"));
}

TEST_CASE("schema: draft 4 takes exclusiveMinimum as a flag", "[schema]") {
  const auto above =
      make(R"({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 10, "exclusiveMinimum": true})");
  CHECK_FALSE(accepts(above, "10"));
  CHECK(accepts(above, "10.5"));
}

TEST_CASE("schema: unevaluatedProperties sees through references and alternatives", "[schema]") {
  const auto closed =
      make(R"({"$ref": "#/$defs/base", "anyOf": [{"properties": {"b": true}, "required": ["b"]}, {"required": ["c"]}],
    "unevaluatedProperties": false, "$defs": {"base": {"properties": {"a": {"type": "integer"}}}}})");
  CHECK(accepts(closed, R"({"a": 1, "b": 2})"));
  CHECK_FALSE(accepts(closed, R"({"a": 1, "c": 2})"));
  CHECK_FALSE(accepts(closed, R"({"a": 1, "b": 2, "d": 3})"));
}

TEST_CASE("schema: objects of more members than marks hold inline are tracked", "[schema]") {
  const auto closed = make(R"({"patternProperties": {"^k": true}, "unevaluatedProperties": false})");
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  CHECK(accepts(closed, text + "}"));
  CHECK_FALSE(accepts(closed, text + ",\"x\":1}"));
}

TEST_CASE("schema: properties are found whatever order and number they come in", "[schema]") {
  std::string text = R"({"additionalProperties": false, "required": ["p0", "p999"], "properties": {)";
  std::string forward = "{";
  std::string backward = "{";
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "\"p" + std::to_string(i) + "\":";
    text += (i == 0 ? "" : ",") + name + R"({"type": "integer"})";
    forward += (i == 0 ? "" : ",") + name + "1";
    backward += (i == 0 ? "\"p" : ",\"p") + std::to_string(999 - i) + "\":1";
  }
  const auto wide = make(text + "}}");
  CHECK(accepts(wide, forward + "}"));
  CHECK(accepts(wide, backward + "}"));
  CHECK_FALSE(accepts(wide, forward + ",\"extra\":1}"));
  CHECK_FALSE(accepts(wide, R"({"p0": 1})"));
}

TEST_CASE("schema: enumerations of many strings are looked up, not only scanned", "[schema]") {
  std::string text = R"({"enum": [)";
  for (int i = 0; i < 500; ++i) text += "\"value-number-" + std::to_string(i) + "\",";
  const auto many = make(text + "null]}");
  CHECK(accepts(many, "\"value-number-499\""));
  CHECK(accepts(many, "null"));
  CHECK_FALSE(accepts(many, "\"value-number-500\""));
  CHECK_FALSE(accepts(many, "\"\""));
}

TEST_CASE("schema: uniqueItems compares values, also in long arrays", "[schema]") {
  const auto unique = make(R"({"uniqueItems": true})");
  std::string text = "[";
  for (int i = 0; i < 200; ++i) text += std::to_string(i) + ",";
  CHECK(accepts(unique, text + "200]"));
  CHECK_FALSE(accepts(unique, text + "1.0]"));
  CHECK_FALSE(accepts(unique, R"([{"a": 1, "b": 2}, {"b": 2, "a": 1}])"));
}

TEST_CASE("schema: content is an annotation unless asked for", "[schema]") {
  const std::string_view text = R"({"contentEncoding": "base64", "contentMediaType": "application/json"})";
  CHECK(accepts(make(text), "\"{\""));
  schema::Options strict;
  strict.assert_content = true;
  const auto asserted = make(text, strict);
  CHECK(accepts(asserted, "\"eyJhIjoxfQ==\""));
  CHECK_FALSE(accepts(asserted, "\"eyJhIjoxfQ\""));
  CHECK_FALSE(accepts(asserted, "\"e30x\""));
}
