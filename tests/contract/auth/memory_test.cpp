// memory_test.cpp: what is compiled of a tenant's roles and policies is that tenant's memory.
#include "office.hpp"

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
  CHECK(refused.code() == Code::exhausted);
  CHECK(refused.message().starts_with("the roles of this tenant: the memory budget is used up: "));
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
