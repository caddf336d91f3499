// publish_test.cpp: drafts, publishing, versions, import and export, as models/1 answers them.
#include "rig.hpp"

using namespace models_test;

TEST_CASE("models: a draft is compiled, published and served", "[models]") {
  FakeHost host;
  Rig rig(host);
  CHECK(rig.served() == "unknown_model");
  const Reply saved = rig.ask("save", loan("1"), rig.model());
  REQUIRE(saved.ok());
  CHECK(saved.meta("etag") == "\"1\"");
  CHECK(rig.served() == "unknown_model");
  const Reply published = rig.ask("publish", "", rig.model());
  REQUIRE(published.ok());
  CHECK(member(published, "version") == "1.0.0");
  CHECK(member(published, "state") == "active");
  CHECK(rig.served() == "1.0.0");
  const Reply source = rig.ask("resolve", "", rig.model({{"source", "true"}}));
  CHECK(member(source, "source").find(R"("output":1)") != std::string::npos);
  CHECK(member(rig.ask("get", "", rig.model()), "text") == loan("1"));
  CHECK(rig.ask("get", "", rig.model({{"version", "draft"}})).error_code() == "no_draft");
}

TEST_CASE("models: what is served is answered from memory, absence too", "[models]") {
  FakeHost host;
  Rig rig(host);
  for (int i = 0; i < 3; ++i) CHECK(rig.served() == "unknown_model");
  CHECK(rig.reads == 1);
  REQUIRE(rig.release(loan("1")).ok());
  const unsigned before = rig.reads;
  for (int i = 0; i < 5; ++i) CHECK(rig.served() == "1.0.0");
  CHECK(rig.reads == before);
  rig.tenant = "other";
  CHECK(rig.served() == "unknown_model");
}

TEST_CASE("models: a publish reaches every worker before its answer", "[models]") {
  FakeHost host(HostOptions{.workers = 3});
  Rig rig(host);
  for (std::uint32_t w = 0; w < 3; ++w) CHECK(rig.served({}, "loan", w) == "unknown_model");
  REQUIRE(rig.release(loan("1")).ok());
  const unsigned before = rig.reads;
  for (std::uint32_t w = 0; w < 3; ++w) CHECK(rig.served({}, "loan", w) == "1.0.0");
  CHECK(rig.reads == before);
  CHECK(std::count_if(host.publications().begin(), host.publications().end(),
                      [](const Publication& p) { return p.channel == "models.published"; }) == 3);
}

TEST_CASE("models: a switch that takes a worker more than 10 ms is counted", "[models]") {
  FakeHost host(HostOptions{.workers = 2});
  Rig rig(host);
  bool held = false;
  host.serve("models/1", "install", [&](const ServiceCall&) {
    if (held) host.stall("call");  // the other worker's
    held = false;
    return Reply();
  });
  REQUIRE(rig.release(loan("1")).ok());
  CHECK(host.metric("models_late_switches_total") == 0);
  for (const auto wait : {std::chrono::milliseconds(10), std::chrono::milliseconds(11)}) {
    REQUIRE(rig.ask("save", loan(std::to_string(wait.count())), rig.model()).ok());
    held = true;
    const Asked publish = rig.begin("publish", "", rig.model());
    for (int i = 0; i < 5; ++i) {
      host.run_until_idle();
      rig.deliver();
    }
    REQUIRE_FALSE(publish.done());
    host.advance(wait);
    host.release_stalled();
    host.run_until_idle();
    REQUIRE(publish.done());
    CHECK(publish.reply().ok());
    CHECK(host.metric("models_late_switches_total") == (wait > std::chrono::milliseconds(10) ? 1 : 0));
  }
}

TEST_CASE("models: errors come all at once with their places, and nothing is stored", "[models]") {
  FakeHost host;
  Rig rig(host);
  const Reply refused = rig.ask("save",
                                "rules: lone\nsteps:\n  - {diagnose: {pointer: /steps/0/expr, offset: 2, code: bad, "
                                "message: m}, expr: \"a b\"}\nx: 1\n",
                                rig.model());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.http_status() == 422);
  CHECK(refused.error_code() == "invalid_model");
  CHECK(
      refused.text() ==
      R"([{"line":1,"column":8,"pointer":"/rules","code":"name_differs","message":"the model calls itself \"lone\", the path calls it 'loan'; make them equal","severity":"error"},)"
      R"({"line":3,"column":85,"pointer":"/steps/0/expr","code":"bad","message":"m","severity":"error"},)"
      R"({"line":4,"column":1,"pointer":"/x","code":"unknown_key","message":"a model of kind rules has no key 'x'; remove it","severity":"error"}])");
  CHECK(rig.writes == 0);
  CHECK(rig.ask("save", "{\"rules\": ", rig.model({{"http.header.content-type", "application/json"}})).error_code() ==
        "invalid_model");
}

TEST_CASE("models: a failing test of the model refuses the publish, not the draft", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.ask("save", loan("1", "steps: [{fail_tests: 2}]\n"), rig.model()).ok());
  const Reply refused = rig.ask("publish", "", rig.model());
  CHECK(refused.error_code() == "invalid_model");
  CHECK(refused.text().find("test_failed") != std::string_view::npos);
  CHECK(rig.served() == "unknown_model");
}

TEST_CASE("models: drafts obey If-Match and If-None-Match", "[models]") {
  FakeHost host;
  Rig rig(host);
  const auto save = [&](std::string name, std::string value) {
    const Reply reply = rig.ask("save", loan("1"), rig.model({{"http.header." + name, value}}));
    return reply ? std::string(reply.meta("etag")) : std::string(reply.error_code());
  };
  CHECK(save("if-match", "\"1\"") == "draft_changed");
  CHECK(save("if-none-match", "*") == "\"1\"");
  CHECK(save("if-none-match", "*") == "draft_changed");
  CHECK(save("if-match", "\"1\"") == "\"2\"");
  CHECK(save("if-match", "\"1\"") == "draft_changed");
  CHECK(save("if-match", "W/\"x\"") == "draft_changed");
  CHECK(rig.ask("discard", "", rig.model({{"http.header.if-match", "\"1\""}})).error_code() == "draft_changed");
  CHECK(rig.ask("discard", "", rig.model()).http_status() == 204);
  CHECK(rig.ask("discard", "", rig.model()).error_code() == "no_draft");
  CHECK(rig.ask("publish", "", rig.model()).error_code() == "no_draft");
}

TEST_CASE("models: the version follows the change, a broken promise needs a major", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.release(loan("1")).ok());
  CHECK(member(rig.release(loan("2")), "version") == "1.0.1");
  const std::string wider =
      "rules: loan\ninput: {type: object, properties: {a: {type: integer}, b: {type: integer}}, additionalProperties: "
      "false}\n";
  CHECK(member(rig.release(wider), "version") == "1.1.0");
  const Reply refused = rig.release(loan("3"));
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "incompatible");
  CHECK(refused.text().find("against 1.1.0") != std::string_view::npos);
  CHECK(rig.served() == "1.1.0");
  const Reply major = rig.ask("publish", R"({"version":"major"})", rig.model());
  CHECK(member(major, "version") == "2.0.0");
  CHECK(rig.served() == "2.0.0");
  CHECK(rig.served({{"version", "1"}}) == "1.1.0");
  CHECK(rig.served({{"version", "1.0"}}) == "1.0.1");
  CHECK(rig.served({{"version", "1.0.0"}}) == "1.0.0");
  CHECK(rig.served({{"version", "3"}}) == "unknown_version");
  CHECK(rig.served({{"version", "x"}}) == "unknown_version");
}

TEST_CASE("models: a new major keeps the old one serving while it has data, until that is migrated", "[models]") {
  FakeHost host;
  Rig rig(host);
  const std::string data = "steps: [{collections: [{collection: r, indexes: []}]}]\n";
  REQUIRE(rig.release(loan("1", data)).ok());
  const std::string other =
      "rules: loan\ninput: {type: object, required: [z]}\nsteps: [{collections: [{collection: r, indexes: []}]}]\n";
  CHECK(member(rig.release(other, R"({"version":"major"})"), "version") == "2.0.0");
  const auto state_of_first = [&] {
    const auto versions = json::Document::parse(rig.ask("versions", "", rig.model()).text());
    return std::string(versions->root().find("items").at(1).find("state").as_string());
  };
  CHECK(state_of_first() == "serving");
  CHECK(rig.ask("migrated", R"({"version":"1.0.0"})", rig.model()).ok());
  CHECK(state_of_first() == "old");
}

TEST_CASE("models: publishing what is served already changes nothing and drops the draft", "[models]") {
  FakeHost host;
  Rig rig(host);
  REQUIRE(rig.release(loan("1")).ok());
  const Reply again = rig.release("# a comment\n" + loan("1.0"));
  CHECK(member(again, "unchanged") == "true");
  CHECK(member(again, "version") == "1.0.0");
  CHECK(rig.ask("get", "", rig.model({{"version", "draft"}})).error_code() == "no_draft");
}

TEST_CASE("models: an erased tenant's models are forgotten on every worker, another's are not", "[models]") {
  FakeHost host(HostOptions{.workers = 2});
  Rig rig(host);
  REQUIRE(rig.release(loan("1")).ok());
  rig.tenant = "other";
  REQUIRE(rig.release(loan("5")).ok());
  for (std::uint32_t w = 0; w < 2; ++w) CHECK(rig.served({}, "loan", w) == "1.0.0");
  const std::string other = rig.tenant;
  rig.tenant = "acme";
  REQUIRE(rig.ask("forget", "", {}).ok());
  const unsigned before = rig.reads;
  for (std::uint32_t w = 0; w < 2; ++w) CHECK(rig.served({}, "loan", w) == "1.0.0");
  CHECK(rig.reads == before + 2);  // from the store again
  rig.tenant = other;
  for (std::uint32_t w = 0; w < 2; ++w) CHECK(rig.served({}, "loan", w) == "1.0.0");
  CHECK(rig.reads == before + 2);
}

TEST_CASE("models: a clash of two publishes lets one win", "[models]") {
  FakeHost host;
  Rig rig(host, Answers::later);
  REQUIRE(rig.release(loan("1")).ok());
  REQUIRE(rig.ask("save", loan("2"), rig.model()).ok());
  const Asked first = rig.begin("publish", "", rig.model());
  const Asked second = rig.begin("publish", "", rig.model());
  const Reply a = rig.finish(first), b = rig.finish(second);
  CHECK(a.ok() != b.ok());
  const Reply& lost = a.ok() ? b : a;
  CHECK((lost.error_code() == "changed_meanwhile" || lost.error_code() == "no_draft"));
  CHECK(rig.served() == "1.0.1");
}

TEST_CASE("models: export and import into another tenant give the same hashes", "[models]") {
  FakeHost host;
  Rig rig(host);
  const Reply first = rig.release(loan("1"));
  const Reply second = rig.release("rules: other\noutput: {z: 1, a: 2}\n", "", "other");
  const auto exported = json::Document::parse(rig.ask("export").text());
  REQUIRE(exported->root().find("items").size() == 2);
  std::string body;
  json::Writer(body).begin_object().member("items", exported->root().find("items")).end_object();
  rig.tenant = "empty";
  std::string dry = body;
  dry.insert(1, R"("dry_run":true,)");
  const auto planned = json::Document::parse(rig.ask("import", dry).text());
  CHECK(planned->root().find("items").at(0).find("action").as_string() == "create");
  CHECK(planned->root().find("applied").as_uint64() == 0);
  CHECK(rig.served() == "unknown_model");
  const auto applied = json::Document::parse(rig.ask("import", body).text());
  CHECK(applied->root().find("applied").as_uint64() == 2);
  CHECK(rig.ask("resolve", "", rig.model()).meta("hash") == member(first, "hash"));
  CHECK(rig.ask("resolve", "", rig.model({}, "other")).meta("hash") == member(second, "hash"));
  CHECK(json::Document::parse(rig.ask("import", body).text())->root().find("items").at(1).find("action").as_string() ==
        "same");
}

TEST_CASE("models: an import with one bad model publishes none", "[models]") {
  FakeHost host;
  Rig rig(host);
  const Reply reply = rig.ask("import", R"({"items":[{"kind":"rules","name":"a","text":"rules: a\n"},
                                                      {"kind":"rules","name":"b","text":"rules: c\n"}]})");
  REQUIRE(reply.ok());
  CHECK(member(reply, "refused") == "true");
  CHECK(member(reply, "applied") == "0");
  CHECK(rig.served({}, "a") == "unknown_model");
}

TEST_CASE("models: names and kinds that are none are told", "[models]") {
  FakeHost host;
  Rig rig(host);
  CHECK(rig.ask("get", "", {{"kind", "workflows"}, {"name", "x"}}).error_code() == "unknown_kind");
  CHECK(rig.ask("get", "", {{"kind", "rules"}, {"name", "../x"}}).error_code() == "unknown_model");
  CHECK(rig.ask("list", "", {{"kind", "workflows"}}).code() == socle::Code::not_found);
  CHECK(rig.ask("save", "form: f\n", {{"kind", "forms"}, {"name", "f"}}).error_code() == "kind_unavailable");
  CHECK(rig.ask("publish", "[]", rig.model()).error_code() == "bad_request");
  CHECK(rig.ask("install", "{}", {}).error_code() == "internal_method");
}

TEST_CASE("models: an index that records stand in the way of refuses the publish and leaves none behind", "[models]") {
  FakeHost host;
  Rig rig(host);
  const auto call = [&](Method method, const std::string& text) {
    return rig.store.call("acme", method, json::Document::parse(text)->root());
  };
  REQUIRE_FALSE(call(Method::declare, R"({"collection":"r","indexes":[]})").failed);
  for (const char* id : {"1", "2"})
    REQUIRE_FALSE(call(Method::write, std::string(R"({"operations":[{"op":"put","collection":"r","id":")") + id +
                                          R"(","doc":{"k":"same"}}]})")
                      .failed);
  const Reply refused = rig.release(loan("1",
                                         "steps: [{collections: [{collection: r, indexes: [{name: u, unique: true, "
                                         "fields: [{field: /k, type: string}]}]}]}]\n"));
  CHECK(refused.http_status() == 409);
  CHECK(refused.error_code() == "index_conflict");
  CHECK(call(Method::describe, R"({"collection":"r"})").text.find("\"u\"") == std::string::npos);
  CHECK(rig.served() == "unknown_model");
}

TEST_CASE("models: drafts of more than one page of storage are all listed", "[models]") {
  FakeHost host;
  Rig rig(host);
  const std::string padding = "# " + std::string(240'000, 'p') + "\n";
  for (int i = 0; i < 40; ++i) {
    const std::string name = "m" + std::to_string(100 + i);
    REQUIRE(rig.ask("save", padding + "rules: " + name + "\noutput: 1\n", rig.model({}, name)).ok());
  }
  const auto list = json::Document::parse(rig.ask("list").text());
  CHECK(list->root().find("items").size() == 40);
  CHECK(list->root().find("complete").as_bool() == true);
}

TEST_CASE("models: a transitive promise is kept to versions of more than one page of storage", "[models]") {
  FakeHost host;
  Rig rig(host);
  const std::string padding = "# " + std::string(240'000, 'p') + "\n";
  const auto version = [&](int n, const std::string& type) {
    return padding + "rules: loan\ninput: {type: object, properties: {a: {type: " + type +
           "}}}\noutput: " + std::to_string(n) + "\ncompatibility: FULL_TRANSITIVE\n";
  };
  for (int i = 0; i < 40; ++i) {
    const Reply published = rig.release(version(i, "integer"));
    INFO(published.message());
    REQUIRE(published.ok());
  }
  const Reply refused = rig.release(version(40, "string"));
  CHECK(refused.http_status() == 409);
  INFO(refused.message() << " " << refused.text());
  CHECK(refused.error_code() == "incompatible");
}

TEST_CASE("models: a plan's number of models is a limit for new names, drafts too", "[models]") {
  FakeHost host;
  host.set_limit("models", 2);
  Rig rig(host);
  const auto named = [](const std::string& name) { return "rules: " + name + "\ninput: {}\noutput: 1\n"; };
  const auto save = [&](const std::string& name) { return rig.ask("save", named(name), rig.model({}, name)); };
  REQUIRE(rig.release(named("one"), "", "one").ok());
  CHECK(host.level("acme", "models") == 1);
  REQUIRE(save("two").ok());
  CHECK(host.level("acme", "models") == 2);
  const Reply refused = save("three");
  CHECK(refused.http_status() == 507);
  CHECK(refused.error_code() == "models_quota");
  CHECK(rig.ask("get", "", rig.model({{"version", "draft"}}, "three")).error_code() == "no_draft");
  // What is there already goes on.
  CHECK(save("one").ok());
  CHECK(save("two").ok());
  CHECK(rig.ask("publish", "", rig.model({}, "two")).ok());
  const std::string item = R"({"items":[{"kind":"rules","name":"four","text":"rules: four\n"}]})";
  CHECK(rig.ask("import", item).error_code() == "models_quota");
  REQUIRE(rig.ask("discard", "", rig.model({}, "one")).ok());  // its published version stays
  CHECK(save("three").error_code() == "models_quota");
  rig.tenant = "globex";
  CHECK(save("one").ok());
}

TEST_CASE("models: who changes what policies are served also has roles:write", "[models]") {
  FakeHost host;
  Rig rig(host);
  const Texts wide{{"kind", "policies"}, {"name", "wide"}};
  Texts yaml = wide;
  yaml.emplace_back("http.header.content-type", "application/yaml");
  REQUIRE(rig.ask("save", "policy: wide\nresources: ['*']\nrules: []\n", yaml).ok());
  const auto code = [&](std::string_view method, const std::string& text, const Texts& meta) {
    const Reply reply = rig.ask(method, text, meta);
    return reply ? std::string("ok") : std::string(reply.error_code());
  };
  rig.claims = R"({"roles":["author"]})";
  CHECK(code("publish", "", wide) == "permission_denied");
  CHECK(rig.asked_for == R"({"permission":"roles:write"})");
  const std::string files =
      R"({"items":[{"kind":"policies","name":"wide","text":"policy: wide\nresources: ['*']\nrules: []"}]})";
  CHECK(member(rig.ask("import", files), "applied") == "0");
  rig.gives_roles = true;
  CHECK(code("publish", "", wide) == "ok");
  rig.gives_roles = false;
  CHECK(code("retire", "", wide) == "permission_denied");
  CHECK(code("rollback", R"({"version":"1.0.0"})", wide) == "permission_denied");
  rig.claims.clear();  // an operator, or whoever a loopback listener stands for
  CHECK(code("retire", "", wide) == "ok");
  // Other kinds want nothing beside the route's permission.
  rig.claims = R"({"roles":["author"]})";
  rig.asked_for.clear();
  CHECK(rig.release(loan("{a: a}")).ok());
  CHECK(rig.asked_for.empty());
}
