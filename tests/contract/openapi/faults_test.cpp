// faults_test.cpp: a document that lacks what could not be asked for a moment would be a lie: who generates a client
// from it would lose a form. What nobody provides is left out.
#include "rig.hpp"

using namespace openapi_test;

namespace {

auto refusing(std::string wanted, Code code, std::string stable) {
  return [=](const std::string& what, const ServiceCall&) -> std::optional<Reply> {
    if (what != wanted) return std::nullopt;
    return Reply::error(code, stable, "not now");
  };
}

}  // namespace

TEST_CASE("openapi/1: while a model cannot be read for a moment there is no document", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.forms["acme"]["visit"] = visit;
  rig.rulesets["acme"]["loan"] = loan;
  for (const auto* what : {"models/1.list", "models/1.resolve", "forms/1.get"})
    for (const auto& [code, stable] : {std::pair{Code::unavailable, "storage_down"},
                                       {Code::deadline, "deadline_exceeded"},
                                       {Code::exhausted, "exhausted"},
                                       {Code::too_large, "too_large"}}) {
      INFO(what << " " << stable);
      rig.instead = refusing(what, code, stable);
      const Reply reply = rig.ask();
      REQUIRE_FALSE(reply.ok());
      CHECK(reply.code() == code);
      CHECK(reply.message() == "not now");
    }
  rig.instead = nullptr;
  CHECK(rig.ask().ok());
}

TEST_CASE("openapi/1: without a registry, or without forms, the rest is described", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.forms["acme"]["visit"] = visit;
  rig.rulesets["acme"]["loan"] = loan;
  rig.instead = refusing("models/1.list", Code::unavailable, "no_provider");
  const auto alone = rig.document();
  CHECK(alone.root().find("paths").size() == 2);
  CHECK(alone.root().find("paths").find("/v1/notes").exists());
  rig.instead = refusing("forms/1.get", Code::unavailable, "no_provider");
  const auto without_forms = rig.document();
  CHECK(operation(without_forms, "/v1/rules/loan/evaluate").exists());
  CHECK_FALSE(operation(without_forms, "/v1/forms/visit/records").exists());
}

TEST_CASE("openapi/1: a form that no longer compiles takes no other with it", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  for (const auto* name : {"broken", "visit"}) rig.forms["acme"][name] = visit;
  rig.instead = [](const std::string& what, const ServiceCall& call) -> std::optional<Reply> {
    if (what != "forms/1.get" || call.meta("form") != "broken") return std::nullopt;
    return Reply::error(Code::internal, "model_outdated", "publish it again");
  };
  const auto document = rig.document();
  CHECK(operation(document, "/v1/forms/visit/records").exists());
  CHECK_FALSE(operation(document, "/v1/forms/broken/records").exists());
}

TEST_CASE("openapi/1: a verdict that does not come costs the example, not the document", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.forms["acme"]["visit"] = visit;
  rig.instead = refusing("forms/1.validate", Code::unavailable, "busy");
  const auto document = rig.document();
  const auto create = operation(document, "/v1/forms/visit/records");
  REQUIRE(create.exists());
  CHECK_FALSE(body_of(create).find("example").exists());
}

TEST_CASE("openapi/1: without the catalogue it says what to grant", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  host.fail("catalog");
  const Reply reply = rig.ask();
  CHECK(reply.code() == Code::unavailable);
  CHECK(reply.error_code() == "no_catalogue");
  CHECK(reply.message() == "plugin openapi is not granted `catalog`: grant it in the system manifest");
  CHECK(rig.ask().ok());
  host.set_catalog("routes", "no");
  CHECK(rig.ask().code() == Code::internal);
}

TEST_CASE("openapi/1: a registry that answers no JSON is a fault", "[openapi]") {
  FakeHost host;
  Rig rig(host);
  rig.instead = [](const std::string& what, const ServiceCall&) -> std::optional<Reply> {
    if (what != "models/1.list") return std::nullopt;
    return Reply::json("no");
  };
  CHECK(rig.ask().code() == Code::internal);
}

TEST_CASE("openapi/1: a call that is given up anywhere leaves nothing behind, and is no part of the truth",
          "[openapi]") {
  const unsigned points = for_each_await_point([](FakeHost& host, unsigned cut) {
    Rig rig(host, "{}", Answers::later);
    rig.forms["acme"]["visit"] = visit;
    rig.rulesets["acme"]["loan"] = loan;
    const Reply reply = rig.ask();
    if (cut == 0) CHECK(reply.ok());
    if (!reply.ok()) return;
    const auto document = json::Document::parse(reply.text());
    REQUIRE(document);
    CHECK(document->root().find("paths").size() == 5);
  });
  CHECK(points >= 4);
}
