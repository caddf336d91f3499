// memory_test.cpp: what is compiled of a tenant's roles and policies is that tenant's memory.
#include "registry.hpp"

using namespace auth_test;

namespace {

struct Ministry : Office {
  explicit Ministry(FakeHost& on) : Office(on) {
    const Reply made =
        ask("put_role", R"({"role":"clerk","grants":[{"permissions":["records:read"],"when":"record.x == 1"}]})",
            {{"role", "clerk"}}, admin);
    REQUIRE(outcome(made) == "ok");
  }
  Reply decide() {
    return ask("decide", R"({"resource":"forms/leave","action":"read","record":{"doc":{"x":1}}})", {}, admin);
  }
  void forget(const std::string& tenant) { CHECK(outcome(ask("forget", "{}", {}, {tenant, "kernel", ""})) == "ok"); }
};

}  // namespace

TEST_CASE("auth memory: compiled roles are charged until they are given up, whoever has asked by them", "[auth]") {
  FakeHost host;
  Ministry ministry(host);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(outcome(ministry.decide()) == "ok");
    CHECK(host.held("acme") > 8'000);
    ministry.forget("other");
    CHECK(host.held("acme") > 8'000);
    ministry.forget("acme");
    CHECK(host.held("acme") == 0);
  }
}

TEST_CASE("auth memory: tenants without roles of their own pay for none", "[auth]") {
  FakeHost host;
  Office office(host);
  REQUIRE(outcome(office.ask("authorize", R"({"permission":"users:read"})", {}, office.admin)) == "ok");
  CHECK(host.held("acme") == 0);
}

TEST_CASE("auth memory: what there is no room for allows nothing, and is told as what it is", "[auth]") {
  FakeHost host;
  Ministry ministry(host);
  ministry.forget("acme");
  host.set_memory("acme", 3000);
  const Reply refused = ministry.decide();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.code() == Code::too_large);
  check_refused(refused, "role 'clerk', the largest of this tenant's roles and units");
  host.set_memory("acme", std::size_t{8} << 20);
  CHECK(outcome(ministry.decide()) == "ok");
}

TEST_CASE("auth memory: what a deleted tenant's roles were compiled to judges nobody of a later one of its name",
          "[auth]") {
  FakeHost host;
  Office office(host);
  const auto put_role = [&](const std::string& permissions, const Who& who) {
    return outcome(
        office.ask("put_role", R"({"role":"clerk","permissions":[")" + permissions + "\"]}", {{"role", "clerk"}}, who));
  };
  REQUIRE(put_role("records:read", office.admin) == "ok");
  const Who clerk = office.as(office.hire("cleo", "clerk"));
  const auto effect = [&] {
    return member(office.ask("decide", R"({"resource":"forms/leave","action":"read","record":{"doc":{}}})", {}, clerk),
                  "effect");
  };
  REQUIRE(effect() == "allow");
  const auto nothing = json::Document::parse("{}");
  REQUIRE(nothing);
  static_cast<void>(office.store.call("acme", Method::erase, nothing->root()));
  REQUIRE(outcome(office.ask("forget", "{}", {}, {"acme", "kernel", ""})) == "ok");
  const Who admin = office.as(office.enter());
  REQUIRE(put_role("records:create", admin) == "ok");
  CHECK(effect() == "deny");
}

TEST_CASE("auth memory: policies that are more than a tenant may keep are served by two workers all the same",
          "[auth]") {
  FakeHost host({.workers = 2});
  Ministry ministry(host);
  // Of 97 KB, in denies of an action that nobody asks for.
  const auto policy = [](const std::string& name) {
    std::string rules = R"({"effect":"deny","actions":["read"],"when":"record.x == 7"})";
    for (int i = 0; i < 97; ++i)
      rules += R"(,{"effect":"deny","actions":["archive"],"reason":")" + std::string(950, 'x') + "\"}";
    return R"({"policy":")" + name + R"(","resources":["forms/leave"],"rules":[)" + rules + "]}";
  };
  host.serve("models/1", "list", [](const ServiceCall&) {
    std::string items;
    for (const char* name : {"a", "b", "c", "d", "e"})
      items.append(items.empty() ? "" : ",").append(R"({"name":")").append(name).append(R"(","version":"1.0.0"})");
    return Reply::json("{\"items\":[" + items + "]}");
  });
  host.serve("models/1", "resolve", [&policy](const ServiceCall& call) {
    const auto question = json::Document::parse(call.text());
    REQUIRE(question);
    const std::string name(question->root().find("name").as_string());
    if (name == "leave") return Reply::error(Code::not_found, "unknown_model", "there is no such model");
    const bool source = question->root().find("source").as_bool();
    return Reply::json("{\"hash\":\"" + name + "\"" + (source ? ",\"source\":" + policy(name) : "") + "}")
        .with("version", "1.0.0")
        .with("hash", name);
  });
  ministry.pass(6s);
  constexpr std::size_t memory = std::size_t{4} << 20;
  host.set_memory("acme", memory);
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t worker = 0; worker < 2; ++worker) {
      for (const char* x : {"1", "7"}) {
        const Reply told = ministry.ask(
            "decide", R"({"resource":"forms/leave","action":"read","record":{"doc":{"x":)" + std::string(x) + "}}}", {},
            ministry.admin, worker);
        INFO(told.message());
        CHECK(member(told, "effect") == (*x == '7' ? "deny" : "allow"));
      }
      CHECK(outcome(ministry.ask("authorize", R"({"permission":"records:read"})", {}, ministry.admin, worker)) == "ok");
      CHECK(host.held("acme") <= memory / 8);
    }
    ministry.pass(6s);
  }
}

TEST_CASE("auth memory: roles of the same revision but another content are not those that were compiled", "[auth]") {
  FakeHost host({.workers = 2});
  Office office(host);
  const auto put_role = [&](const std::string& permissions, const Who& who) {
    return outcome(
        office.ask("put_role", R"({"role":"clerk","permissions":[")" + permissions + "\"]}", {{"role", "clerk"}}, who));
  };
  REQUIRE(put_role("records:read", office.admin) == "ok");
  const Who clerk = office.as(office.hire("cleo", "clerk"));
  const auto effect = [&] {
    return member(
        office.ask("decide", R"({"resource":"forms/leave","action":"read","record":{"doc":{}}})", {}, clerk, 1),
        "effect");
  };
  REQUIRE(effect() == "allow");
  const auto nothing = json::Document::parse("{}");
  REQUIRE(nothing);
  static_cast<void>(office.store.call("acme", Method::erase, nothing->root()));
  // No forget() reaches this generation; its lists grow old.
  office.pass(6s);
  const Who admin{"acme", office.admin.principal, office.admin.claims};
  REQUIRE(put_role("records:create", admin) == "ok");
  office.pass(6s);
  CHECK(effect() == "deny");
}

TEST_CASE("auth memory: roles that a smaller plan has no room for can be read, made smaller and removed", "[auth]") {
  FakeHost host;
  Registry registry(host);
  for (const char* name : {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"})
    REQUIRE(registry.put_long_role(name, 60).ok());  // 55 KB
  REQUIRE(registry.put_units(R"([{"unit":"hq"},{"unit":"sales","parent":"hq"}])").ok());
  registry.afresh();
  host.set_memory("acme", std::size_t{1} << 20);
  const Reply refused = registry.decide();
  CHECK(refused.code() == Code::too_large);
  check_refused(refused, "role 'r0', the largest of this tenant's roles and units");
  CHECK(registry.ask("roles", "", {}, registry.admin).ok());
  CHECK(registry.ask("role", "", {{"role", "r3"}}, registry.admin).ok());
  CHECK(registry.ask("units", "", {}, registry.admin).ok());
  check_refused(registry.put_long_role("r0", 62), "role 'r0'");
  CHECK(registry.put_long_role("r0", 2).ok());
  CHECK(registry.put_units(R"([{"unit":"hq"}])").ok());
  for (const char* name : {"r1", "r2", "r3", "r4"}) CHECK(outcome(registry.remove_role(name)) == "ok");
  CHECK(member(registry.decide(), "effect") == "allow");
  CHECK(registry.put_long_role("r1", 2).ok());
  registry.afresh();
  CHECK(host.held("acme") == 0);
}

TEST_CASE("auth memory: roles that there is no room for open what is not of records, as long as they say so",
          "[auth]") {
  FakeHost host;
  Registry registry(host);
  const auto put_keeper = [&](const std::string& permission) {
    return outcome(registry.ask("put_role", R"({"role":"keeper","permissions":[")" + permission + "\"]}",
                                {{"role", "keeper"}}, registry.admin));
  };
  REQUIRE(put_keeper("roles:write") == "ok");
  const std::string session = registry.hire("cleo", "keeper");
  for (const char* name : {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"})
    REQUIRE(registry.put_long_role(name, 60).ok());
  registry.afresh();
  host.set_memory("acme", std::size_t{1} << 20);
  for (int i = 0; i < 2; ++i) CHECK(outcome(registry.authenticate(session, "roles:write")) == "ok");
  CHECK(outcome(registry.authenticate(session, "records:read")) == "too_large");
  REQUIRE(put_keeper("roles:read") == "ok");
  CHECK(outcome(registry.authenticate(session, "roles:write")) == "permission_denied");
}

TEST_CASE("auth memory: what only has no room beside the rest is told so", "[auth]") {
  FakeHost host;
  Registry registry(host);
  for (const char* name : {"r0", "r1", "r2", "r3", "r4"}) REQUIRE(registry.put_long_role(name, 60).ok());
  registry.served["leave"] = Registry::policy("leave", 10);
  registry.afresh();
  host.set_memory("acme", std::size_t{3} << 19);
  const Reply refused = registry.decide();
  CHECK(refused.code() == Code::exhausted);
  check_refused(refused, "policy 'leave', the largest of what is kept for 'forms/leave'");
}
