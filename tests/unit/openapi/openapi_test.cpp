// openapi_test.cpp: schemas as components, samples, documents.
#include <catch2/catch.hpp>

#include "document.hpp"
#include "sample.hpp"
#include "schema_copy.hpp"
#include "socle/json/document.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

using namespace socle::openapi;
namespace json = socle::json;

namespace {

std::string copied(const std::string& schema) {
  const auto parsed = json::Document::parse(schema);
  REQUIRE(parsed);
  return schema_at(parsed->root(), "#/components/schemas/a");
}
std::string sampled(const std::string& schema) {
  const auto parsed = json::Document::parse(schema);
  REQUIRE(parsed);
  return sample_of(parsed->root());
}

}  // namespace

TEST_CASE("openapi schema: references lead into the component, our own keywords are extensions", "[openapi]") {
  CHECK(
      copied(R"({"$id":"x","properties":{"d":{"$ref":"#/$defs/d"},"labels":{"type":"string"}},"labels":{"a":1}})") ==
      R"({"properties":{"d":{"$ref":"#/components/schemas/a/$defs/d"},"labels":{"type":"string"}},"x-labels":{"a":1}})");
  CHECK(copied(R"({"properties":{"zone":{"type":"string","format":"date-time","zone":"Europe/Paris"}}})") ==
        R"({"properties":{"zone":{"type":"string","format":"date-time","x-zone":"Europe/Paris"}}})");
  // Data that looks like a schema stays as it is.
  CHECK(copied(R"({"const":{"$ref":"#/x","labels":1},"properties":{"$ref":{"enum":[{"$id":1}]}}})") ==
        R"({"const":{"$ref":"#/x","labels":1},"properties":{"$ref":{"enum":[{"$id":1}]}}})");
  CHECK(copied("true") == "true");
}

TEST_CASE("openapi sample: examples first, then what the keywords ask", "[openapi]") {
  CHECK(sampled(R"({"examples":[{"a":1}],"type":"object"})") == R"({"a":1})");
  CHECK(
      sampled(R"({"type":"object","required":["d","n","l","e","r"],"properties":{"d":{"type":"string","format":"date"},
    "n":{"type":"integer","exclusiveMinimum":4},"l":{"type":"array","minItems":2,"items":{"type":"boolean"}},
    "e":{"enum":["x"]},"r":{"$ref":"#/$defs/s"},"o":{"type":"string"}},"$defs":{"s":{"type":"string","minLength":6}}})") ==
      R"({"d":"2026-01-31","n":5,"l":[true,true],"e":"x","r":"texttt"})");
  CHECK(sampled(R"({"type":"string","maxLength":2})") == "\"te\"");
  // A schema that contains itself has an end.
  CHECK_FALSE(sampled(R"({"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}})").empty());
}

TEST_CASE("openapi document: routes of forms and rulesets stand once for each, others as they are", "[openapi]") {
  const auto routes = json::Document::parse(R"([
    {"method":"POST","path":"/v1/forms/{form}/records","to":{"service":"forms/1","method":"create"},"access":"records:create","params":{},"consumes":[]},
    {"method":"GET","path":"/v1/forms/{form}/records/{id}","to":{"service":"forms/1","method":"read"},"access":"records:read","params":{},"consumes":[]},
    {"method":"GET","path":"/v1/notes","to":{"service":"notes/1","method":"list"},"access":"public","params":{"limit":{"in":"query","type":"integer","minimum":1,"required":false}},"consumes":[]},
    {"method":"GET","path":"/v1/notes/{id}","to":{"service":"notes/1","method":"list"},"access":"public","params":{},"consumes":[]},
    {"method":"GET","path":"/assets/{name*}","to":{"service":"pages/1","method":"x"},"access":"public","params":{},"consumes":[]}])");
  REQUIRE(routes);
  Sources sources;
  sources.tenant = "acme \"co\"";
  sources.routes = routes->root();
  sources.forms = {{"a", "A", "1.0.0", R"({"type":"object"})", R"({"x":1})", false},
                   {"b", "", "2.0.0", "{}", "", true}};
  const auto document = json::Document::parse(document_of(sources));
  REQUIRE(document);
  const auto paths = document->root().find("paths");
  CHECK(paths.size() == 6);
  CHECK_FALSE(paths.find("/assets/{name*}").exists());
  const auto create = paths.find("/v1/forms/a/records").find("post");
  CHECK(create.find("operationId").as_string() == "forms.a.create");
  const auto body = create.find("requestBody").find("content").find("application/json");
  CHECK(json::to_text(body.find("example")) == R"({"x":1})");
  CHECK(body.find("schema").find("$ref").as_string() == "#/components/schemas/form.a");
  const auto record = document->root().find("components").find("schemas").find("form.a.record");
  CHECK(json::to_text(record.find("properties").find("expand")) == R"({"type":"object"})");
  const auto read = paths.find("/v1/forms/b/records/{id}").find("get");
  CHECK(json::to_text(read.find("parameters").at(0).find("name")) == "\"id\"");
  CHECK(read.find("parameters").size() == 1);
  const auto list = paths.find("/v1/notes").find("get");
  CHECK(list.find("security").is_array());
  CHECK(list.find("operationId").as_string() !=
        paths.find("/v1/notes/{id}").find("get").find("operationId").as_string());
}
