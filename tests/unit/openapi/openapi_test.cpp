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
  CHECK(read.find("parameters").size() == 2);  // and If-None-Match
  const auto list = paths.find("/v1/notes").find("get");
  CHECK(list.find("security").is_array());
  CHECK(list.find("operationId").as_string() !=
        paths.find("/v1/notes/{id}").find("get").find("operationId").as_string());
}

TEST_CASE("openapi document: header fields stand where they are read and written, and only those that are used",
          "[openapi]") {
  const auto routes = json::Document::parse(R"([
    {"method":"POST","path":"/v1/forms/{form}/records","to":{"service":"forms/1","method":"create"},"access":"public","params":{},"consumes":[]},
    {"method":"GET","path":"/v1/forms/{form}/records/{id}","to":{"service":"forms/1","method":"read"},"access":"public","params":{},"consumes":[]},
    {"method":"PUT","path":"/v1/forms/{form}/records/{id}","to":{"service":"forms/1","method":"replace"},"access":"public","params":{},"consumes":[]},
    {"method":"POST","path":"/v1/other","to":{"service":"other/1","method":"create"},"access":"public","params":{},"consumes":[]}])");
  REQUIRE(routes);
  Sources sources;
  sources.routes = routes->root();
  sources.forms = {{"a", "A", "1.0.0", R"({"type":"object"})", "", false}};
  const auto document = json::Document::parse(document_of(sources));
  REQUIRE(document);
  const auto paths = document->root().find("paths"), components = document->root().find("components");
  const auto create = paths.find("/v1/forms/a/records").find("post");
  CHECK(json::to_text(create.find("parameters")) == R"([{"$ref":"#/components/parameters/Idempotency-Key"}])");
  CHECK(json::to_text(create.find("responses").find("201").find("headers")) ==
        R"({"ETag":{"$ref":"#/components/headers/ETag"},"Location":{"$ref":"#/components/headers/Location"}})");
  const auto one = paths.find("/v1/forms/a/records/{id}");
  CHECK(one.find("get").find("responses").find("304").exists());
  CHECK(one.find("put").find("parameters").at(2).find("$ref").as_string() == "#/components/parameters/If-Match");
  CHECK_FALSE(one.find("put").find("responses").find("304").exists());
  CHECK_FALSE(paths.find("/v1/other").find("post").find("responses").find("2XX").find("headers").exists());
  const auto key = components.find("parameters").find("Idempotency-Key");
  CHECK(key.find("in").as_string() == "header");
  CHECK(key.find("name").as_string() == "Idempotency-Key");
  CHECK(components.find("parameters").size() == 3);
  CHECK_FALSE(components.find("parameters").find("Range").exists());
  CHECK(components.find("headers").find("ETag").find("schema").find("type").as_string() == "string");
  CHECK(components.find("headers").find("Retry-After").exists());
  CHECK(components.find("headers").size() == 3);
}

TEST_CASE("openapi document: an example that reads like a reference brings no header field", "[openapi]") {
  const auto routes = json::Document::parse(R"([
    {"method":"POST","path":"/v1/forms/{form}/records:validate","to":{"service":"forms/1","method":"validate"},"access":"public","params":{},"consumes":[]}])");
  REQUIRE(routes);
  Sources sources;
  sources.routes = routes->root();
  const std::string example = R"({"x":"#/components/headers/ETag","y":"#/components/parameters/Range"})";
  sources.forms = {{"a", "A", "1.0.0", R"({"type":"object"})", example, false}};
  const auto document = json::Document::parse(document_of(sources));
  REQUIRE(document);
  const auto components = document->root().find("components");
  CHECK(components.find("parameters").size() == 0);
  CHECK(components.find("headers").size() == 1);
  CHECK(components.find("headers").find("Retry-After").exists());
}

TEST_CASE("openapi document: a page of a form is HTML of that form, choices and answers are told", "[openapi]") {
  const auto routes = json::Document::parse(R"([
    {"method":"GET","path":"/v1/forms/{form}/page","to":{"service":"pages/1","method":"blank"},"access":"public","params":{},"consumes":[]},
    {"method":"GET","path":"/v1/forms/{form}/records","to":{"service":"forms/1","method":"list"},"access":"public","params":{"count":{"in":"query","type":"string"},"order":{"in":"query","type":"string"}},"consumes":[]},
    {"method":"POST","path":"/v1/forms/{form}/records:batch","to":{"service":"forms/1","method":"batch"},"access":"public","params":{},"consumes":[]},
    {"method":"POST","path":"/v1/forms/{form}/records:import","to":{"service":"forms/1","method":"import"},"access":"public","params":{},"consumes":["text/csv"]},
    {"method":"GET","path":"/v1/forms/{form}/records:export","to":{"service":"forms/1","method":"export"},"access":"public","params":{"format":{"in":"query","type":"string"}},"consumes":[]},
    {"method":"POST","path":"/v1/rules/{ruleset}/evaluate","to":{"service":"rules/1","method":"evaluate"},"access":"public","params":{},"consumes":[]}])");
  REQUIRE(routes);
  Sources sources;
  sources.routes = routes->root();
  sources.forms = {{"leave", "", "1.0.0", R"({"type":"object"})", "", false}};
  sources.rulesets = {{"limit", "", "1.0.0", R"({"type":"object"})", "", false}};
  const auto document = json::Document::parse(document_of(sources));
  REQUIRE(document);
  const auto paths = document->root().find("paths");
  const auto page = paths.find("/v1/forms/leave/page").find("get");
  CHECK(json::to_text(page.find("tags")) == R"(["form leave"])");
  CHECK(json::to_text(page.find("responses").find("200").find("content")) ==
        R"({"text/html":{"schema":{"type":"string"}}})");
  CHECK(json::to_text(paths.find("/v1/rules/limit/evaluate").find("post").find("tags")) == R"(["ruleset limit"])");
  const auto list = paths.find("/v1/forms/leave/records").find("get").find("parameters");
  CHECK(json::to_text(list.at(0).find("schema").find("enum")) == R"(["none","estimated","exact"])");
  CHECK_FALSE(list.at(1).find("schema").find("enum").exists());
  const auto exported = paths.find("/v1/forms/leave/records:export").find("get").find("parameters").at(0);
  CHECK(json::to_text(exported.find("schema").find("enum")) == R"(["csv","jsonl"])");
  for (const auto& [path, schema] : {std::pair{"/v1/forms/leave/records:batch", "BatchDone"},
                                     std::pair{"/v1/forms/leave/records:import", "ImportDone"}}) {
    const auto answer = paths.find(path).find("post").find("responses").find("200").find("content");
    const auto wanted = std::string("#/components/schemas/") + schema;
    CHECK(answer.find("application/json").find("schema").find("$ref").as_string() == wanted);
    CHECK(document->root().find("components").find("schemas").find(schema).find("properties").exists());
  }
  const auto item = document->root().find("components").find("schemas").find("Batch").find("items");
  CHECK(json::to_text(item.find("properties").find("op").find("enum")) ==
        R"(["create","put","update","patch","delete"])");
}
