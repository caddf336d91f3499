// room_test.cpp: a policy or a role that the tenant's memory cannot take is refused to who publishes it, with all that
// is served beside it.
#include "registry.hpp"

using namespace auth_test;

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

TEST_CASE("auth memory: a served policy that there is no room for hinders nobody who makes something smaller",
          "[auth]") {
  FakeHost host;
  Registry registry(host);
  registry.served["huge"] = Registry::prose("huge", 150);
  REQUIRE(registry.put_role("clerk", 5).ok());
  REQUIRE(registry.put_role("judge", 1).ok());
  REQUIRE(registry.put_units(R"([{"unit":"hq"},{"unit":"sales","parent":"hq"}])").ok());
  registry.afresh();
  host.set_memory("acme", std::size_t{1} << 20);
  check_refused(registry.decide(), "policy 'huge'");
  const auto opened = [&](const std::string& permission) {
    return registry.ask("authorize", R"({"permission":")" + permission + "\"}", {}, registry.admin);
  };
  CHECK(member(opened("roles:write"), "allowed") == "true");
  check_refused(opened("records:read"), "policy 'huge'");
  CHECK(registry.ask("role", "", {{"role", "clerk"}}, registry.admin).ok());
  CHECK(registry.put_role("clerk", 2).ok());
  CHECK(outcome(registry.remove_role("judge")) == "ok");
  CHECK(registry.put_units(R"([{"unit":"hq"}])").ok());
  // Its own smaller version, though that does not fit yet, and no larger one.
  CHECK(registry.compile(Registry::prose("huge", 140)).ok());
  check_refused(registry.compile(Registry::prose("huge", 160)), "policy 'huge'");
  check_refused(registry.compile(Registry::policy("more", 1)), "policy 'more', beside policy 'huge' at 'forms/leave'");
  check_refused(registry.put_role("clerk", 3), "role 'clerk', beside policy 'huge' at 'forms/leave'");
}

TEST_CASE("auth memory: nothing is judged without what is served beside it", "[auth]") {
  FakeHost host;
  Registry registry(host);
  registry.served["other"] = Registry::policy("other", 10);
  REQUIRE(registry.put_role("clerk", 1).ok());
  host.set_memory("acme", std::size_t{3} << 19);
  const std::string fresh = Registry::policy("leave", 11);
  check_refused(registry.compile(fresh), "policy 'leave'");
  for (const char* method : {"resolve", "list"}) {
    for (const Code code : {Code::deadline, Code::cancelled, Code::unavailable}) {
      host.serve("models/1", method,
                 [code](const ServiceCall&) { return Reply::error(code, "no_provider", "no answer of models/1"); });
      INFO(method);
      registry.afresh();
      CHECK(registry.compile(fresh).code() == code);
      CHECK(registry.put_role("clerk", 2).code() == code);
    }
  }
}

TEST_CASE("auth memory: what is served and cannot be read counts nothing", "[auth]") {
  FakeHost host;
  Registry registry(host);
  registry.served["broken"] = R"({"policy":"broken","rules":7})";
  registry.served["other"] = Registry::policy("other", 10);
  host.set_memory("acme", std::size_t{3} << 19);
  CHECK(registry.compile(Registry::policy("broken", 2)).ok());
  check_refused(registry.compile(Registry::policy("broken", 11)), "policy 'broken'");
  CHECK(registry.compile(Registry::policy("other", 9)).ok());
}

TEST_CASE("auth memory: whoever judges the room reads each policy once", "[auth]") {
  FakeHost host;
  Registry registry(host);
  // Each more than the cache keeps of a tenant.
  registry.served["a"] = Registry::prose("a", 100);
  registry.served["b"] = Registry::prose("b", 100);
  host.set_memory("acme", std::size_t{4} << 20);
  registry.sources = 0;
  CHECK(registry.compile(Registry::policy("leave", 1)).ok());
  CHECK(registry.sources == 2);
}

TEST_CASE("auth memory: what is wrong with a policy is told before that there is no room for it", "[auth]") {
  FakeHost host;
  Registry registry(host);
  host.set_memory("acme", std::size_t{1} << 20);
  const std::string large = Registry::policy("large", 20);
  check_refused(registry.compile(large, "full", "large"), "policy 'large'");
  // models/1 says that the path calls it otherwise.
  const Reply misnamed = registry.compile(large, "full", "other");
  INFO(misnamed.message());
  CHECK(misnamed.ok());
  const std::string tests = R"(,"tests":[{"action":"read","record":{"doc":{}},"effect":"allow"}]})";
  const Reply failing = registry.compile(large.substr(0, large.size() - 1) + tests, "full", "large");
  INFO(failing.message());
  REQUIRE(failing.ok());
  CHECK(member(failing, "diagnostics/0/code") == "test_failed");
}
