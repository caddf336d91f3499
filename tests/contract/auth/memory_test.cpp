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
  CHECK(refused.message().starts_with(
      "role 'clerk', the largest of this tenant's roles and units: the memory budget is used up: "));
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

namespace {

// A tenant with models of the kind `policies`, each served under its name; the test is models/1.
struct Registry : Office {
  explicit Registry(FakeHost& on) : Office(on) {
    host.serve("models/1", "list", [this](const ServiceCall&) {
      std::string items;
      for (const auto& [name, source] : served)
        items.append(items.empty() ? "" : ",").append(R"({"name":")").append(name).append(R"(","version":"1.0.0"})");
      return Reply::json("{\"items\":[" + items + "]}");
    });
    host.serve("models/1", "resolve", [this](const ServiceCall& call) {
      const auto question = json::Document::parse(call.text());
      REQUIRE(question);
      const std::string name(question->root().find("name").as_string());
      const auto found = served.find(name);
      if (found == served.end()) return Reply::error(Code::not_found, "unknown_model", "there is no such model");
      const std::string hash = std::to_string(std::hash<std::string>()(found->second));
      const bool source = question->root().find("source").as_bool();
      return Reply::json("{\"hash\":\"" + hash + "\"" + (source ? ",\"source\":" + found->second : "") + "}")
          .with("version", "1.0.0")
          .with("hash", hash);
    });
    afresh();
  }
  // Nothing is kept, and no list is believed.
  void afresh() {
    CHECK(outcome(ask("forget", "{}", {}, {"acme", "kernel", ""})) == "ok");
    pass(6s);
  }
  static std::string conditions(int count, const std::string& begin) {
    std::string out;
    for (int i = 0; i < count; ++i)
      out.append(out.empty() ? "" : ",")
          .append(begin)
          .append(R"~("when":"has(record.x) && record.x.matches('^a)~" + std::to_string(i) + R"~(+$')"})~");
    return out;
  }
  // A deny for each regular expression, of which each counts some 100 KB.
  static std::string policy(const std::string& name, int patterns) {
    return R"({"policy":")" + name + R"(","resources":["forms/leave"],"rules":[)" +
           conditions(patterns, R"({"effect":"deny","actions":["read"],)") + "]}";
  }
  Reply compile(const std::string& source, const std::string& mode = "full") {
    return ask("compile", R"({"kind":"policies","mode":")" + mode + R"(","source":)" + source + "}", {}, admin);
  }
  Reply put_role(const std::string& name, int patterns) {
    return ask("put_role",
               R"({"role":")" + name + R"(","grants":[)" +
                   conditions(patterns, R"({"permissions":["records:read"],"resources":["forms/leave"],)") + "]}",
               {{"role", name}}, admin);
  }
  Reply decide() {
    return ask("decide",
               R"({"resource":"forms/leave","action":"read","types":{"x":"string"},"record":{"doc":{"x":"b"}}})", {},
               admin);
  }
  std::map<std::string, std::string> served;
};

void check_refused(const Reply& reply, const std::string& begin) {
  INFO(reply.message());
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.code() == Code::exhausted);
  CHECK(reply.error_code() == "exhausted");
  CHECK(reply.message().starts_with(begin + ": the memory budget is used up: "));
  CHECK(reply.message().ends_with(" in all; raise `memory` of the tenant's plan"));
}

}  // namespace

TEST_CASE("auth memory: a policy that there is no room for is told to who publishes it; a draft is saved", "[auth]") {
  FakeHost host;
  Registry registry(host);
  const std::string large = Registry::policy("large", 20);
  CHECK(registry.compile(large).ok());  // nothing limits it
  host.set_memory("acme", std::size_t{1} << 20);
  CHECK(registry.compile(large, "fast").ok());
  check_refused(registry.compile(large), "policy 'large'");
  CHECK(registry.compile(Registry::policy("large", 5)).ok());
  host.set_memory("acme", std::size_t{4} << 20);
  CHECK(registry.compile(large).ok());
  CHECK(host.held("acme") == 0);
}

TEST_CASE("auth memory: a policy that is taken can be used, with all that applies beside it", "[auth]") {
  FakeHost host;
  Registry registry(host);
  registry.served["other"] = Registry::policy("other", 3);
  REQUIRE(registry.put_role("clerk", 2).ok());
  const std::string fresh = Registry::policy("leave", 4);
  constexpr std::size_t step = std::size_t{64} << 10;
  // The least that it is taken with.
  std::size_t memory = 8 * step;
  for (;; memory += step) {
    REQUIRE(memory < std::size_t{4} << 20);
    registry.afresh();
    host.set_memory("acme", memory);
    const Reply made = registry.compile(fresh);
    if (made.ok()) break;
    check_refused(made, "policy 'leave'");
  }
  REQUIRE(memory > 8 * step);
  registry.served["leave"] = fresh;
  registry.afresh();
  const Reply used = registry.decide();
  INFO(used.message());
  CHECK(member(used, "effect") == "allow");
  // It was not refused without need.
  registry.afresh();
  host.set_memory("acme", memory - 2 * step);
  check_refused(registry.decide(), "policy 'leave', the largest of what is kept for 'forms/leave'");
}

TEST_CASE("auth memory: under a plan that became smaller, what takes most is named, and may be made smaller",
          "[auth]") {
  FakeHost host;
  Registry registry(host);
  registry.served["large"] = Registry::policy("large", 20);
  registry.served["small"] = Registry::policy("small", 1);
  REQUIRE(registry.put_role("clerk", 1).ok());
  CHECK(member(registry.decide(), "effect") == "allow");
  registry.afresh();
  host.set_memory("acme", std::size_t{1} << 20);
  check_refused(registry.decide(), "policy 'large', the largest of what is kept for 'forms/leave'");
  check_refused(registry.compile(Registry::policy("more", 1)), "policy 'more', beside policy 'large' at 'forms/leave'");
  check_refused(registry.put_role("judge", 1), "role 'judge', beside policy 'large' at 'forms/leave'");
  // Less than before, though it does not fit yet.
  CHECK(registry.compile(Registry::policy("large", 15)).ok());
  registry.served["large"] = Registry::policy("large", 3);
  registry.afresh();
  CHECK(member(registry.decide(), "effect") == "allow");
}

TEST_CASE("auth memory: a role that there is no room for is not stored", "[auth]") {
  FakeHost host;
  Registry registry(host);
  host.set_memory("acme", std::size_t{1} << 20);
  check_refused(registry.put_role("clerk", 20), "role 'clerk'");
  CHECK(outcome(registry.ask("role", "", {{"role", "clerk"}}, registry.admin)) == "not_found");
  CHECK(member(registry.decide(), "effect") == "allow");
  REQUIRE(registry.put_role("clerk", 3).ok());
  check_refused(registry.put_role("clerk", 20), "role 'clerk'");
  host.set_memory("acme", std::size_t{4} << 20);
  REQUIRE(registry.put_role("clerk", 20).ok());
  CHECK(member(registry.decide(), "effect") == "allow");
  registry.afresh();
  host.set_memory("acme", std::size_t{1} << 20);
  check_refused(registry.decide(), "role 'clerk', the largest of what is kept for 'forms/leave'");
  CHECK(registry.put_role("clerk", 15).ok());
  CHECK(registry.put_role("clerk", 2).ok());
  CHECK(member(registry.decide(), "effect") == "allow");
}
