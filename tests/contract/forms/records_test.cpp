// records_test.cpp: one record through forms/1: created, read, changed, deleted; and everything that can be wrong.
#include "rig.hpp"

using namespace forms_test;
using Catch::Contains;

TEST_CASE("forms: a record is created with its computed fields, an id, a place and a tag", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const Reply made = rig.ask("create", january(5, 9));
  INFO(made.message() << made.text());
  REQUIRE(made.ok());
  CHECK(made.http_status() == 201);
  CHECK(made.meta("etag") == "\"1\"");
  const auto id = member(made, "/id");
  CHECK(made.meta("location") == "/v1/forms/leave/records/" + id);
  CHECK(member(made, "/doc") == R"({"kind":"annual","from":"2026-01-05","to":"2026-01-09","days":5})");
  CHECK(member(made, "/created_by") == "ada");
  CHECK(member(made, "/model_version") == "1.0.0");
  const Reply read = rig.ask("read", "", {{"form", "leave"}, {"id", id}});
  REQUIRE(read.ok());
  CHECK(read.text() == made.text());
  CHECK(read.meta("etag") == "\"1\"");
}

TEST_CASE("forms: all faults of a record are told, in the language asked for", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const Reply bad = rig.ask("create", R"({"kind":"nap","from":"2026-01-05","to":"2026-01-01","more":1})",
                            {{"form", "leave"}, {"http.header.accept-language", "zh"}});
  CHECK(bad.http_status() == 422);
  CHECK(bad.error_code() == "invalid_record");
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/to","code":"order","message":"结束早于开始")"));
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/kind","code":"enum")"));
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/more","code":"additionalProperties")"));
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/days","code":"minimum")"));
  CHECK(rig.ask("create", "{").http_status() == 400);
  CHECK(rig.ask("create", "[]").http_status() == 422);
  CHECK(rig.ask("create", "{}", {{"form", "nope"}}).error_code() == "unknown_form");
}

TEST_CASE("forms: PUT replaces, merge patch and JSON patch change, If-Match guards", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const auto id = rig.create(january(5, 9));
  const Texts at{{"form", "leave"}, {"id", id}};
  Reply reply = rig.ask("replace", january(5, 6, "sick"), at);
  REQUIRE(reply.ok());
  CHECK(member(reply, "/doc/days") == "2");
  CHECK(member(reply, "/version") == "2");
  reply = rig.ask("change", R"({"note":"a","to":"2026-01-07"})", at);
  CHECK(member(reply, "/doc/days") == "3");
  auto patch = at;
  patch.emplace_back("http.header.content-type", "application/json-patch+json");
  reply = rig.ask("change", R"([{"op":"remove","path":"/note"}])", patch);
  CHECK(member(reply, "/doc/note").empty());
  CHECK(rig.ask("change", R"([{"op":"test","path":"/kind","value":"x"}])", patch).http_status() == 422);
  CHECK(rig.ask("change", R"([{"op":"fly"}])", patch).http_status() == 400);
  auto guarded = at;
  guarded.emplace_back("http.header.if-match", "\"1\"");
  CHECK(rig.ask("change", R"({"note":"b"})", guarded).code() == Code::precondition);
  CHECK(rig.ask("remove", "", guarded).code() == Code::precondition);
  guarded.back().second = "\"4\"";
  CHECK(member(rig.ask("change", R"({"note":"b"})", guarded), "/version") == "5");
  CHECK(rig.ask("remove", "", at).http_status() == 204);
  CHECK(rig.ask("read", "", at).code() == Code::not_found);
  CHECK(rig.ask("change", "{}", at).code() == Code::not_found);
  CHECK(rig.ask("read", "", {{"form", "leave"}, {"id", "../x"}}).code() == Code::not_found);
}

TEST_CASE("forms: a patch that somebody overtakes is tried again on the new version", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const auto id = rig.create(january(5, 9));
  const Texts at{{"form", "leave"}, {"id", id}};
  rig.before_write = [&] {
    auto found = rig.store.call("acme", Method::get,
                                json::Document::parse(R"({"collection":"f:leave","id":")" + id + "\"}")->root());
    const auto doc = json::to_text(json::Document::parse(found.text)->root().find("doc"));
    auto text = doc;
    text.replace(text.find("\"days\""), 0, "\"note\":\"theirs\",");
    const auto write = json::Document::parse(R"({"operations":[{"op":"put","collection":"f:leave","id":")" + id +
                                             R"(","doc":)" + text + "}]}");
    REQUIRE_FALSE(rig.store.call("acme", Method::write, write->root()).failed);
  };
  const Reply reply = rig.ask("change", R"({"to":"2026-01-06"})", at);
  REQUIRE(reply.ok());
  CHECK(member(reply, "/version") == "3");
  CHECK(member(reply, "/doc/note") == "theirs");
  CHECK(member(reply, "/doc/days") == "2");
}

TEST_CASE("forms: a unique conflict is 409 at the field", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const auto id = rig.create(january(5, 9));
  const Reply reply = rig.ask("create", january(5, 6));
  CHECK(reply.http_status() == 409);
  CHECK(reply.error_code() == "unique_conflict");
  CHECK_THAT(std::string(reply.text()), Contains(R"("pointer":"/kind","code":"unique")"));
  CHECK(member(rig.ask("list"), "/items/0/id") == id);
}

TEST_CASE("forms: an Idempotency-Key replays its first answer, and refuses another body", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  rig.key = "k1";
  const Reply first = rig.ask("create", january(5, 9));
  REQUIRE(first.ok());
  const Reply again = rig.ask("create", january(5, 9));
  CHECK(again.http_status() == 201);
  CHECK(again.text() == first.text());
  CHECK(again.meta("location") == first.meta("location"));
  const Reply other = rig.ask("create", january(6, 9));
  CHECK(other.error_code() == "idempotency_key_reused");
  // A form that meanwhile demands more does not undo what was answered.
  auto stricter = leave;
  stricter.replace(stricter.find(R"(["kind","from","to"])"), 20, R"(["kind","from","to","note"])");
  rig.publish(stricter, "2.0.0");
  CHECK(rig.ask("create", january(5, 9)).text() == first.text());
  rig.principal = "bob";
  CHECK(rig.ask("create", january(7, 9)).http_status() == 422);
}

TEST_CASE("forms: access rules decide reads, lists and changes alike", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const auto id = rig.create(january(5, 9));
  const Texts at{{"form", "leave"}, {"id", id}};
  rig.principal = "eve";
  CHECK(rig.ask("read", "", at).http_status() == 403);
  CHECK(rig.ask("change", R"({"note":"x"})", at).http_status() == 403);
  CHECK(rig.ask("remove", "", at).http_status() == 403);
  CHECK(member(rig.ask("list"), "/items") == "[]");
  rig.claims = R"({"roles":["hr"]})";
  CHECK(rig.ask("read", "", at).ok());
  CHECK(member(rig.ask("list"), "/items/0/id") == id);
  CHECK(member(rig.ask("change", R"({"note":"x"})", at), "/updated_by") == "eve");
  CHECK(member(rig.ask("read", "", at), "/created_by") == "ada");
  rig.tenant = "other";
  CHECK(rig.ask("read", "", at).code() == Code::not_found);
}

TEST_CASE("forms: nobody gains a right by what he writes", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(R"~({"form":"leave","schema":{"type":"object","properties":{"owner":{"type":"string"}}},
    "access":{"update":"record.owner == user.id","read":"true"}})~");
  const auto id = rig.create(R"({"owner":"bob"})");
  const Texts at{{"form", "leave"}, {"id", id}};
  CHECK(rig.ask("replace", R"({"owner":"ada"})", at).http_status() == 403);
  rig.principal = "bob";
  CHECK(rig.ask("replace", R"({"owner":"ada"})", at).http_status() == 403);
  CHECK(rig.ask("replace", R"({"owner":"bob","x":1})", at).ok());
}

TEST_CASE("forms: what is published is served by the next call, and kept by its hash", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  rig.create(january(5, 9));
  rig.create(january(6, 9));
  CHECK(rig.fetched == 1);
  auto wider = leave;
  wider.replace(wider.find(R"("unpaid")"), 8, R"("unpaid","study")");
  CHECK(rig.ask("create", january(5, 9, "study")).http_status() == 422);
  rig.publish(wider, "1.1.0");
  CHECK(rig.ask("create", january(5, 9, "study")).ok());
  CHECK(member(rig.ask("get", "", {{"form", "leave@1.0.0"}}), "/version") == "1.0.0");
  CHECK(member(rig.ask("schema"), "/properties/kind/enum/3") == "study");
  CHECK(member(rig.ask("ui"), "/elements/0/scope") == "#/properties/kind");
}

TEST_CASE("forms: while a canary runs each use is reported, a bad record as no fault of the model", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  rig.create(january(5, 9));
  CHECK(rig.reports.empty());
  rig.canary = true;
  rig.create(january(6, 9));
  CHECK(rig.ask("create", "{}").http_status() == 422);
  CHECK(rig.ask("list").ok());
  CHECK(rig.reports == std::vector<std::string>{"ok", "ok", "ok"});
}

TEST_CASE("forms: rulesets are evaluated on write and their output is kept", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(
      R"~({"form":"leave","schema":{"type":"object","properties":{"n":{"type":"integer"},"m":{"type":"integer"}}},
    "logic":{"m":{"compute":"n + 1"}},"rules":["credit"]})~");
  const Reply made = rig.ask("create", R"({"n":1})");
  REQUIRE(made.ok());
  CHECK(rig.ruleset == "credit");
  CHECK(rig.ruled == R"({"input":{"n":1,"m":2}})");
  CHECK(member(made, "/rules/credit/grade") == "A");
  CHECK(member(rig.ask("read", "", {{"form", "leave"}, {"id", member(made, "/id")}}), "/rules/credit/grade") == "A");
  rig.rules_answer =
      Reply::error(Code::invalid, "validation_failed", "no", R"([{"pointer":"/n","code":"low","message":"too low"}])");
  CHECK_THAT(std::string(rig.ask("create", R"({"n":1})").text()), Contains(R"("pointer":"/n","code":"low")"));
  rig.rules_answer = Reply::error(Code::not_found, "unknown_model", "no");
  CHECK(rig.ask("create", R"({"n":1})").error_code() == "unknown_ruleset");
}

TEST_CASE("forms: sequences count without gaps, also when another writer is first", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(
      R"~({"form":"leave","schema":{"type":"object","properties":{"no":{"type":"string"},"n":{"type":"integer"}}},
    "logic":{"no":{"sequence":"LN-{0000}"}}})~");
  CHECK(member(rig.ask("create", R"({"no":"mine"})"), "/doc/no") == "LN-0001");
  rig.before_write = [&] { CHECK(member(rig.ask("create", "{}"), "/doc/no") == "LN-0002"); };
  const Reply later = rig.ask("create", "{}");
  CHECK(member(later, "/doc/no") == "LN-0003");
  const auto patched = rig.ask("change", R"({"no":"x","n":1})", {{"form", "leave"}, {"id", member(later, "/id")}});
  CHECK(member(patched, "/doc/no") == "LN-0003");
  CHECK(rig.ask("create", R"({"n":"x"})").http_status() == 422);
  const Reply batch = rig.ask("batch", R"([{"op":"create","doc":{}},{"op":"create","doc":{}}])");
  CHECK(member(batch, "/results/0/doc/no") == "LN-0004");
  CHECK(member(batch, "/results/1/doc/no") == "LN-0005");
}

TEST_CASE("forms: references must lead somewhere when the record is written, and are expanded on request", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(
      R"~({"form":"customer","schema":{"type":"object","properties":{"name":{"type":"string"}}},"access":{"read":"record.name != 'secret'"}})~");
  rig.publish(
      R"~({"form":"leave","schema":{"type":"object","properties":{"who":{"type":"string"},"all":{"type":"array","items":{"type":"string"}}}},
    "logic":{"who":{"reference":"customer"},"all":{"reference":"customer"}}})~");
  const auto ada = rig.create(R"({"name":"Ada"})", "customer");
  const auto secret = rig.create(R"({"name":"secret"})", "customer");
  const auto id = rig.create(R"({"who":")" + ada + R"(","all":[")" + secret + "\",\"" + ada + "\"]}");
  const Reply bad = rig.ask("create", R"({"all":["0199e0f1-8c6e-7abc-8def-0123456789ab"]})");
  CHECK(bad.http_status() == 422);
  CHECK_THAT(std::string(bad.text()), Contains(R"("pointer":"/all/0","code":"reference")"));
  const Reply one = rig.ask("read", "", {{"form", "leave"}, {"id", id}, {"expand", "who,all"}});
  CHECK(member(one, "/expand/who/doc/name") == "Ada");
  CHECK(member(one, "/expand/all/0") == "null");
  CHECK(member(rig.ask("list", "", {{"form", "leave"}, {"expand", "who"}}), "/items/0/expand/who/id") == ada);
  CHECK(rig.ask("list", "", {{"form", "leave"}, {"expand", "whom"}}).http_status() == 400);
}

TEST_CASE("forms: validate tells everything and writes nothing", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(leave);
  const Reply good = rig.ask("validate", january(5, 9));
  CHECK(member(good, "/valid") == "true");
  CHECK(member(good, "/doc/days") == "5");
  CHECK(member(rig.ask("validate", "{}"), "/valid") == "false");
  CHECK(member(rig.ask("list"), "/items") == "[]");
}

TEST_CASE("forms: a record survives being cancelled at any of its await points", "[forms]") {
  const unsigned points = for_each_await_point([](FakeHost& host, unsigned) {
    Rig rig(host, Answers::later);
    rig.published["leave"] = {{"1.0.0", "h", leave}};
    const auto declared = json::Document::parse(R"({"collection":"f:leave","indexes":[]})").value();
    (void)rig.store.call("acme", Method::declare, declared.root());
    const Reply reply = rig.ask("create", january(5, 9));
    if (!reply.ok()) CHECK(reply.code() == Code::cancelled);
  });
  CHECK(points >= 4);
}

TEST_CASE("forms: while a tenant's memory is nearly full its logic has less fuel, and says so", "[forms]") {
  FakeHost host;
  Rig rig(host);
  rig.publish(R"~({"form":"pairs","schema":{"type":"object","properties":{
    "items":{"type":"array","maxItems":330,"items":{"type":"integer"}},"pairs":{"type":"integer"}}},
    "logic":{"pairs":{"compute":"size(items.filter(x, items.exists(y, y > x + 1000)))"}}})~");
  std::string doc = R"({"items":[0)";
  for (int i = 1; i < 330; ++i) doc += "," + std::to_string(i);
  doc += "]}";
  const Reply free = rig.ask("create", doc, {{"form", "pairs"}});
  INFO(free.message() << free.text());
  REQUIRE(free.http_status() == 201);
  host.set_pressure("acme", 2);
  const Reply pressed = rig.ask("create", doc, {{"form", "pairs"}});
  CHECK(pressed.http_status() == 503);
  CHECK(pressed.error_code() == "memory_pressure");
  CHECK(pressed.message() ==
        "the tenant's memory is nearly full, so the form's logic may take 500000 units instead of 2000000; ask again "
        "when "
        "less is under way");
  CHECK(rig.ask("create", R"({"items":[1]})", {{"form", "pairs"}}).http_status() == 201);
}
