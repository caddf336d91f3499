// access_test.cpp: administering roles and units: what is given, what is held, and roles of the tenant's own; and the
// tenant's signing keys.
#include "office.hpp"

using namespace auth_test;

namespace {

struct Company : Office {
  explicit Company(FakeHost& on) : Office(on) {}
  std::string put_role(const std::string& name, const std::string& permissions, const Who& who) {
    return outcome(
        ask("put_role", R"({"role":")" + name + R"(","permissions":)" + permissions + "}", {{"role", name}}, who));
  }
  std::string put_units(const std::string& units, const Who& who) {
    return outcome(ask("put_units", R"({"units":)" + units + "}", {}, who));
  }
  std::string remove_role(const std::string& name, const Who& who) {
    return outcome(ask("remove_role", "", {{"role", name}}, who));
  }
};

}  // namespace

TEST_CASE("auth: a role that gives more than one's own is not removed, nor one that somebody holds", "[auth]") {
  FakeHost host;
  Company company(host);
  REQUIRE(company.put_role("editor", R"(["roles:*","records:read"])", company.admin) == "ok");
  REQUIRE(company.put_role("boss", R"(["users:*"])", company.admin) == "ok");
  REQUIRE(company.put_role("reader", R"(["records:read"])", company.admin) == "ok");
  const Rig::Who editor = company.as(company.hire("ed", "editor"));
  company.hire("rita", "reader");
  CHECK(company.remove_role("boss", editor) == "forbidden");
  CHECK(company.remove_role("reader", editor) == "in_use");
  CHECK(company.remove_role("editor", company.admin) == "in_use");
  CHECK(company.remove_role("boss", company.admin) == "ok");
  CHECK(outcome(company.of("change_user", "rita", R"({"roles":[]})")) == "ok");
  CHECK(company.remove_role("reader", editor) == "ok");
}

TEST_CASE("auth: units say how far roles reach, so only who has everything moves them", "[auth]") {
  FakeHost host;
  Company company(host);
  const std::string tree = R"([{"unit":"hq"},{"unit":"sales","parent":"hq"},{"unit":"legal","parent":"hq"}])";
  REQUIRE(company.put_units(tree, company.admin) == "ok");
  REQUIRE(company.put_role("clerk", R"(["roles:write","records:*"])", company.admin) == "ok");
  REQUIRE(company.put_role("keeper", R"(["roles:write"])", company.admin) == "ok");
  company.hire("cleo", "clerk@sales");
  const Rig::Who keeper = company.as(company.hire("kim", "keeper"));
  CHECK(company.put_units(R"([{"unit":"sales"},{"unit":"hq","parent":"sales"},{"unit":"legal","parent":"hq"}])",
                          keeper) == "forbidden");
  CHECK(company.put_units(R"([{"unit":"hq"},{"unit":"legal","parent":"hq"}])", company.admin) == "in_use");
  CHECK(outcome(company.of("change_user", "cleo", R"({"roles":[],"org":"legal"})")) == "ok");
  CHECK(company.put_units(R"([{"unit":"hq"}])", company.admin) == "in_use");
  CHECK(company.put_units(R"([{"unit":"hq"},{"unit":"legal"}])", company.admin) == "ok");
}

TEST_CASE("auth: a role of the tenant's own gives what it has, and keys for it", "[auth]") {
  FakeHost host;
  Company company(host);
  REQUIRE(company.put_role(
              "staff",
              R"(["users:*","keys:*","records:*","forms:*","files:*","models:*","rules:*","usage:*","account:*"])",
              company.admin) == "ok");
  const Rig::Who staff = company.as(company.hire("stan", "staff"));
  CHECK(outcome(company.ask("create_user", R"({"username":"m","roles":["member"]})", {}, staff)) == "ok");
  CHECK(outcome(company.ask("create_user", R"({"username":"a","roles":["admin"]})", {}, staff)) == "role_above_own");
  // What a role of the tenant's own opens may grow.
  CHECK(outcome(company.ask("create_user", R"({"username":"s","roles":["staff"]})", {}, staff)) == "role_above_own");
  CHECK(outcome(company.ask("keys", "", {{"all", "true"}}, staff)) == "ok");
  const Reply key = company.ask("create_key", R"({"name":"k","scopes":["users:read","records:*"]})", {}, staff);
  CHECK(outcome(key) == "ok");
  CHECK(member(company.ask("create_key", R"({"name":"k","scopes":["roles:read"]})", {}, staff), "0/code") ==
        "not_yours");
  const Rig::Who ann = company.as(company.hire("ann", "member"));
  CHECK(outcome(company.ask("remove_key", "", {{"id", member(key, "key/id")}}, ann)) == "not_found");
  const std::string anns =
      member(company.ask("create_key", R"({"name":"k","scopes":["records:read"]})", {}, ann), "key/id");
  CHECK(outcome(company.ask("remove_key", "", {{"id", anns}}, staff)) == "ok");
}

TEST_CASE("auth: a role that is there is not replaced by one that is meant to be new", "[auth]") {
  FakeHost host;
  Company company(host);
  const auto put = [&](const std::string& permissions, const Texts& with) {
    Texts meta{{"role", "clerk"}};
    meta.insert(meta.end(), with.begin(), with.end());
    return company.ask("put_role", R"({"role":"clerk","permissions":)" + permissions + "}", meta, company.admin);
  };
  const Texts fresh{{"http.header.if-none-match", "*"}};
  const Reply made = put(R"(["records:*"])", fresh);
  REQUIRE(outcome(made) == "ok");
  CHECK(outcome(put(R"(["records:read"])", fresh)) == "role_exists");
  CHECK(put(R"(["records:read"])", fresh).code() == Code::precondition);
  const std::string etag(made.meta("http.header.etag").empty() ? made.meta("etag") : made.meta("http.header.etag"));
  CHECK(outcome(put(R"(["records:read"])", {{"http.header.if-match", "\"77\""}})) == "version_mismatch");
  CHECK(outcome(put(R"(["records:read"])", {{"http.header.if-match", etag}})) == "ok");
  CHECK(outcome(put(R"(["records:read"])", {{"http.header.if-match", etag}})) == "version_mismatch");
}

TEST_CASE("auth: what a role of the tenant's own opens is asked once a worker, and anew when the role changes",
          "[auth]") {
  FakeHost host({.workers = 2});
  Company company(host);
  REQUIRE(company.put_role("auditor", R"(["audit:read"])", company.admin) == "ok");
  const std::string session = company.hire("otto", "auditor");
  const auto outcome_of = [&](std::string_view permission, std::uint32_t worker) {
    return outcome(company.authenticate(session, permission, {}, worker));
  };
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    CHECK(outcome_of("audit:read", worker) == "ok");
    const std::size_t acted = host.audit().size();
    const unsigned reads = company.reads;
    for (int i = 0; i < 10; ++i) CHECK(outcome_of("audit:read", worker) == "ok");
    CHECK(host.audit().size() == acted);
    CHECK(company.reads == reads);
    CHECK(outcome_of("users:read", worker) == "permission_denied");
  }
  REQUIRE(company.put_role("auditor", R"(["users:read"])", company.admin) == "ok");
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    CHECK(outcome_of("audit:read", worker) == "permission_denied");
    CHECK(outcome_of("users:read", worker) == "ok");
    CHECK(outcome_of("users:read", worker) == "ok");
  }
  company.pass(6s);  // longer than a view of the tenant's roles is believed
  const std::size_t acted = host.audit().size();
  CHECK(outcome_of("users:read", 0) == "ok");
  CHECK(host.audit().size() == acted + 1);
}

TEST_CASE("auth: operators are told why about a user by name, other services not", "[auth]") {
  FakeHost host;
  Company company(host);
  company.hire("vera", "viewer");
  const auto ask = [&](const std::string& name, const std::string& action, const Rig::Who& who) {
    return company.ask("explain", R"({"resource":"forms/x","action":")" + action + R"(","username":")" + name + "\"}",
                       {}, who);
  };
  const Rig::Who kernel{"acme", "kernel", ""};
  CHECK(member(ask("vera", "read", kernel), "effect") == "allow");
  CHECK(member(ask("vera", "delete", kernel), "effect") == "deny");
  CHECK(outcome(ask("nobody", "read", kernel)) == "not_found");
  CHECK(member(ask("admin", "read", {"acme", "plugin:forms", ""}), "effect") == "deny");  // of itself
}

TEST_CASE("auth: however often the signing keys are rotated, every worker knows a fresh token", "[auth]") {
  FakeHost host({.workers = 2});
  Office office(host);
  const std::string before = member(office.login(), "access_token");
  for (std::uint32_t worker = 0; worker < 2; ++worker)
    REQUIRE(outcome(office.authenticate(before, "authenticated", {}, worker)) == "ok");
  for (int i = 0; i < 3; ++i) REQUIRE(outcome(office.ask("rotate_token_keys", "", {}, office.admin)) == "ok");
  const std::string after = member(office.login(), "access_token");
  for (std::uint32_t worker = 0; worker < 2; ++worker) {
    CHECK(outcome(office.authenticate(after, "authenticated", {}, worker)) == "ok");
    CHECK(outcome(office.authenticate(before, "authenticated", {}, worker)) == "ok");
  }
}

TEST_CASE("auth: signing keys are rotated when every worker was told, and no worker signs with the old one then",
          "[auth]") {
  FakeHost host({.workers = 2});
  Office office(host);
  const auto keys = [&] { return std::string(office.ask("jwks", "", {}, office.admin).text()); };
  const std::string at_first = keys();
  unsigned told = 0;
  unsigned told_before = 0;
  host.serve("auth/1", "access_changed", [&](const ServiceCall& call) {
    CHECK(call.context.tenant() == "acme");
    ++told;
    return Reply();
  });
  office.before_write = [&] { told_before = told; };
  REQUIRE(outcome(office.ask("rotate_token_keys", "", {}, office.admin)) == "ok");
  CHECK(told_before == 2);
  CHECK(told == 4);
  const std::string rotated = keys();
  CHECK(rotated != at_first);
  // A worker that cannot be told would meet tokens of a key that it does not know.
  host.serve("auth/1", "access_changed",
             [](const ServiceCall&) { return Reply::error(Code::unavailable, "gone", "a worker is gone"); });
  CHECK(office.ask("rotate_token_keys", "", {}, office.admin).code() == Code::unavailable);
  CHECK(keys() == rotated);
}

TEST_CASE("auth: a token of a key that nobody knows is refused without reading anything", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string good = member(office.login(), "access_token");
  REQUIRE(outcome(office.authenticate(good)) == "ok");
  const std::string made_up =
      "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im1hZGUtdXAifQ" + good.substr(good.find('.'));
  const unsigned reads = office.reads;
  for (int i = 0; i < 5; ++i) CHECK(outcome(office.authenticate(made_up)) == "bad_token");
  CHECK(office.reads == reads);
}
