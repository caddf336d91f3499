// describe_test.cpp: the document is what is served now, to whom it is served; its examples work.
#include "rig.hpp"

using namespace openapi_test;

TEST_CASE("openapi/1: each form and ruleset has its own paths and schemas, other routes stand as they are",
          "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.forms["acme"]["visit"] = visit;
  rig.rulesets["acme"]["loan"] = loan;
  const Reply reply = rig.ask();
  CHECK(reply.meta("cache-control") == "private, no-cache");
  const auto document = rig.document();
  CHECK(document.root().find("openapi").as_string() == "3.1.0");
  CHECK(document.root().find("info").find("title").as_string() == "The API of acme");
  const auto paths = document.root().find("paths");
  CHECK(paths.size() == 5);
  for (const auto* path :
       {"/v1/forms/visit/records", "/v1/rules/loan/evaluate", "/v1/rules/loan:test", "/v1/rules/import", "/v1/notes"})
    CHECK(paths.find(path).exists());
  const auto schemas = document.root().find("components").find("schemas");
  CHECK(json::to_text(schemas.find("form.visit").find("required")) == R"(["who"])");
  CHECK(json::to_text(schemas.find("rules.loan").find("required")) == R"(["income"])");
  const auto tags = json::to_text(document.root().find("tags"));
  CHECK(tags.find(R"({"name":"form visit","description":"Visit, version 1.2.0"})") != std::string::npos);
}

TEST_CASE("openapi/1: what is published is in it at once, and its tag tells", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  const Reply empty = rig.ask();
  const std::string before(empty.meta("etag"));
  CHECK(rig.ask().meta("etag") == before);
  CHECK(rig.document().root().find("paths").size() == 2);
  rig.forms["acme"]["visit"] = visit;
  const std::string after(rig.ask().meta("etag"));
  CHECK(after != before);
  CHECK(operation(rig.document(), "/v1/forms/visit/records").exists());
  rig.forms["acme"].clear();
  CHECK(rig.ask().meta("etag") == before);
}

TEST_CASE("openapi/1: a tenant sees its own models only", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.forms["acme"]["visit"] = visit;
  rig.tenant = "globex";
  const auto document = rig.document();
  CHECK(document.root().find("info").find("title").as_string() == "The API of globex");
  CHECK_FALSE(operation(document, "/v1/forms/visit/records").exists());
  CHECK_FALSE(document.root().find("components").find("schemas").find("form.visit").exists());
}

TEST_CASE("openapi/1: what is retired, a draft, or gone between two questions is left out", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  for (const auto* name : {"draft", "retired", "gone", "visit"}) rig.forms["acme"][name] = visit;
  rig.lines["draft"] = R"(,"draft":true)";
  rig.lines["retired"] = R"(,"version":"1.0.0","retired":true)";
  rig.instead = [](const std::string& what, const ServiceCall& call) -> std::optional<Reply> {
    if (what != "forms/1.get" || call.meta("form") != "gone") return std::nullopt;
    return Reply::error(Code::not_found, "unknown_form", "there is no such form");
  };
  const auto document = rig.document();
  CHECK(operation(document, "/v1/forms/visit/records").exists());
  for (const auto* name : {"draft", "retired", "gone"})
    CHECK_FALSE(operation(document, "/v1/forms/" + std::string(name) + "/records").exists());
}

TEST_CASE("openapi/1: some forms can be asked for, and it says when it does not have all", "[openapi]") {
  FakeHost host;
  Rig rig(host, R"({"forms":2})");
  for (const auto* name : {"a", "b", "c"}) rig.forms["acme"][name] = visit;
  const auto about = [](const json::Document& document) {
    return std::string(document.root().find("info").find("description").as_string());
  };
  const auto some = rig.document();
  CHECK(operation(some, "/v1/forms/b/records").exists());
  CHECK_FALSE(operation(some, "/v1/forms/c/records").exists());
  CHECK(about(some).ends_with("; name further forms with ?forms=."));
  const auto named = rig.document({{"forms", "c,a"}});
  CHECK(operation(named, "/v1/forms/c/records").exists());
  CHECK_FALSE(operation(named, "/v1/forms/b/records").exists());
  CHECK(about(named) == "What this tenant can call now. Everything that it publishes is here at once.");
  rig.complete = false;  // models/1 has more than it lists
  CHECK(about(rig.document({{"forms", "c,a"}})).ends_with("; name further forms with ?forms=."));
}

TEST_CASE("openapi/1: an example is shown only if the form takes it", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.forms["acme"]["visit"] = visit;
  const auto shown = [&] {
    const auto document = rig.document();
    return json::to_text(body_of(operation(document, "/v1/forms/visit/records")).find("example"));
  };
  CHECK(shown() == R"({"who":"text"})");
  rig.accepts = false;
  const auto document = rig.document();
  CHECK_FALSE(body_of(operation(document, "/v1/forms/visit/records")).find("example").exists());
}

TEST_CASE("openapi/1: a ruleset's example is the input of a test that gives an output to anybody", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.rulesets["acme"]["loan"] = loan;
  const auto document = rig.document();
  const auto body = body_of(operation(document, "/v1/rules/loan/evaluate"));
  CHECK(json::to_text(body.find("example")) == R"({"input":{"income":6000}})");
}

TEST_CASE("openapi/1: bodies that take no further members say so", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.rulesets["acme"]["loan"] = loan;
  const auto document = rig.document();
  for (const auto* path : {"/v1/rules/loan/evaluate", "/v1/rules/loan:test", "/v1/rules/import"}) {
    INFO(path);
    const auto schema = body_of(operation(document, path)).find("schema");
    REQUIRE(schema.find("additionalProperties").is_boolean());
    CHECK_FALSE(schema.find("additionalProperties").as_bool());
  }
  const auto members = body_of(operation(document, "/v1/rules/loan/evaluate")).find("schema").find("properties");
  CHECK(members.size() == 2);
  CHECK(members.find("input").find("$ref").as_string() == "#/components/schemas/rules.loan");
  CHECK(json::to_text(members.find("trace")) == R"({"type":"boolean"})");
}
