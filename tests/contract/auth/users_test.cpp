// users_test.cpp: administration of users and keys, and people with several tenants.
#include "office.hpp"

using namespace auth_test;

TEST_CASE("auth: an administrator invites, reads, changes and removes users", "[auth]") {
  FakeHost host;
  Office office(host);
  const Reply made =
      office.ask("create_user", R"({"username":"Ann","name":"Ann A.","roles":["member","member"]})", {}, office.admin);
  CHECK(made.http_status() == 201);
  office.ids["ann"] = member(made, "user/id");
  CHECK(made.meta("location") == "/v1/auth/users/" + office.ids["ann"]);
  CHECK(member(made, "user/state") == "invited");
  CHECK(member(made, "user/roles") == R"(["member"])");
  CHECK(outcome(office.ask("create_user", R"({"username":"ann","roles":[]})", {}, office.admin)) == "user_exists");
  CHECK(outcome(office.use(member(made, "password_link").substr(33))) == "ok");
  const Reply read = office.of("user", "ann");
  CHECK(member(read, "state") == "active");
  CHECK(member(read, "name") == "Ann A.");
  CHECK(office.ask("users", "", {}, office.admin).text().find(R"("username":"ann")") != std::string_view::npos);
  CHECK(office.ask("users", "", {}, office.admin).text().find("argon2") == std::string_view::npos);
  CHECK(outcome(office.of("change_user", "ann", R"({"name":"Ann B."})")) == "ok");
  CHECK(member(office.of("user", "ann"), "name") == "Ann B.");
  CHECK(office.of("remove_user", "ann").http_status() == 204);
  CHECK(outcome(office.of("user", "ann")) == "not_found");
  CHECK(outcome(office.login("ann")) == "bad_login");
}

TEST_CASE("auth: wrong users are told field by field", "[auth]") {
  FakeHost host;
  Office office(host);
  const Reply bad =
      office.ask("create_user", R"({"username":"a b","name":7,"roles":["member","king"]})", {}, office.admin);
  CHECK(bad.http_status() == 422);
  CHECK(member(bad, "0/pointer") == "/username");
  CHECK(member(bad, "1/pointer") == "/name");
  CHECK(member(bad, "2/pointer") == "/roles/1");
  CHECK(member(bad, "2/message") ==
        "there is no role 'king'; there are owner, admin, member, viewer and those of /v1/auth/roles");
  CHECK(outcome(office.ask("create_user", R"({"username":"a"})", {}, office.admin)) == "invalid_request");
  office.hire("ann", "member");
  CHECK(member(office.of("change_user", "ann", R"({"state":"invited"})"), "0/pointer") == "/state");
}

TEST_CASE("auth: a user who is suspended, removed or given other roles is out at once", "[auth]") {
  FakeHost host({.workers = 2});
  Office office(host);
  for (const char* change : {R"({"state":"suspended"})", R"({"roles":["viewer"]})", ""}) {
    const std::string name = "u" + std::to_string(office.ids.size());
    const std::string session = office.hire(name, "member");
    for (std::uint32_t w = 0; w < 2; ++w)
      REQUIRE(outcome(office.authenticate(session, "authenticated", {}, w)) == "ok");
    REQUIRE(outcome(*change == 0 ? office.of("remove_user", name) : office.of("change_user", name, change)) == "ok");
    for (std::uint32_t w = 0; w < 2; ++w)
      CHECK(outcome(office.authenticate(session, "authenticated", {}, w)) == "session_revoked");
  }
  CHECK(outcome(office.login("u0")) == "user_suspended");
  CHECK(outcome(office.of("change_user", "u0", R"({"state":"active"})")) == "ok");
  CHECK(outcome(office.login("u0")) == "ok");
  CHECK(outcome(office.authenticate(Rig::cookie(office.login("u1")), "records:create")) == "permission_denied");
}

TEST_CASE("auth: nobody gives more than he has, nor touches who has more, nor himself", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string clerk = office.hire("clerk", "member");
  const Rig::Who member_of = office.as(clerk);  // as if a role let him administer users
  CHECK(outcome(office.ask("create_user", R"({"username":"x","roles":["admin"]})", {}, member_of)) == "role_above_own");
  CHECK(outcome(office.ask("change_user", R"({"roles":["owner"]})", {{"id", office.ids["clerk"]}}, member_of)) ==
        "role_above_own");
  for (const char* method :
       {"change_user", "remove_user", "user_password_link", "end_user_sessions", "remove_user_totp"})
    CHECK(outcome(office.ask(method, "{}", {{"id", office.admin.principal}}, member_of)) == "role_above_own");
  CHECK(outcome(office.ask("change_user", R"({"state":"suspended"})", {{"id", office.admin.principal}},
                           office.admin)) == "own_account");
  CHECK(outcome(office.ask("remove_user", "", {{"id", office.admin.principal}}, office.admin)) == "own_account");
}

TEST_CASE("auth: another tenant's users, sessions and keys are not found", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string theirs = office.enter("other", "admin");
  const Rig::Who them = office.as(theirs);
  const Reply sessions = office.ask("sessions", "", {}, them);
  const Reply key = office.ask("create_key", R"({"name":"k","scopes":["records:read"]})", {}, them);
  for (const char* method :
       {"user", "change_user", "remove_user", "user_password_link", "user_sessions", "end_user_sessions"})
    CHECK(outcome(office.ask(method, "{}", {{"id", them.principal}}, office.admin)) == "not_found");
  CHECK(outcome(office.ask("end_session", "", {{"id", member(sessions, "items/0/id")}}, office.admin)) == "not_found");
  CHECK(outcome(office.ask("remove_key", "", {{"id", member(key, "key/id")}}, office.admin)) == "not_found");
  CHECK(outcome(office.authenticate(theirs)) == "ok");
  // A secret that names another tenant than the one it was made in is found nowhere.
  CHECK(outcome(office.authenticate("ss_acme_" + theirs.substr(9))) == "bad_credential");
}

TEST_CASE("auth: one's own sessions are listed and ended, another user's are not found", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string ann = office.hire("ann", "member");
  const Rig::Who who = office.as(ann);
  office.pass(1s);  // listed by when they began
  const std::string phone = Rig::cookie(office.login("ann"));
  const Reply listed = office.ask("sessions", "", {}, who);
  CHECK(member(listed, "items/0/current") == "true");
  CHECK(member(listed, "items/1/current") == "false");
  CHECK(member(listed, "items/2") == "");
  CHECK(listed.text().find(phone) == std::string_view::npos);
  CHECK(outcome(office.ask("end_session", "", {{"id", member(listed, "items/1/id")}}, office.admin)) == "not_found");
  CHECK(outcome(office.ask("end_session", "", {{"id", member(listed, "items/1/id")}}, who)) == "ok");
  CHECK(outcome(office.authenticate(phone)) == "session_revoked");
  const std::string tablet = Rig::cookie(office.login("ann"));
  CHECK(member(office.ask("end_sessions", "", {}, who), "ended") == "1");
  CHECK(outcome(office.authenticate(tablet)) == "session_revoked");
  CHECK(outcome(office.authenticate(ann)) == "ok");
  CHECK(member(office.of("end_user_sessions", "ann"), "ended") == "1");
  CHECK(outcome(office.authenticate(ann)) == "session_revoked");
}

TEST_CASE("auth: a reset link replaces the password and ends all sessions, not the second factor", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string ann = office.hire("ann", "member");
  const Reply link = office.of("user_password_link", "ann");
  CHECK(link.http_status() == 201);
  CHECK(outcome(office.authenticate(ann)) == "ok");
  CHECK(outcome(office.use(member(link, "password_link").substr(33), R"({"password":"another one 7"})")) == "ok");
  CHECK(outcome(office.authenticate(ann)) == "session_revoked");
  CHECK(outcome(office.login("ann")) == "bad_login");
  CHECK(outcome(office.login("ann", "another one 7")) == "ok");
}

TEST_CASE("auth: API keys open what they name of what their owner may, until they end", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string ann = office.hire("ann", "member");
  const Rig::Who who = office.as(ann);
  CHECK(member(office.ask("create_key", R"({"name":"k","scopes":["users:read"]})", {}, who), "0/code") == "not_yours");
  CHECK(member(office.ask("create_key", R"({"name":"k","scopes":["*"]})", {}, who), "0/code") == "not_yours");
  CHECK(member(office.ask("create_key", R"({"name":"","scopes":[]})", {}, who), "1/pointer") == "/scopes");
  const Reply made = office.ask("create_key", R"({"name":"import","scopes":["records:read"]})", {}, who);
  CHECK(made.http_status() == 201);
  const std::string secret = member(made, "secret");
  const std::string id = member(made, "key/id");
  CHECK(member(made, "key/prefix") == "sk_acme_" + id);
  CHECK(outcome(office.authenticate(secret, "records:read")) == "ok");
  CHECK(outcome(office.authenticate(secret, "records:create")) == "insufficient_scope");
  CHECK(outcome(office.authenticate(secret, "authenticated")) == "ok");
  CHECK(outcome(office.authenticate("sk_acme_" + id + "_" + std::string(43, 'A'), "records:read")) == "bad_credential");
  CHECK(outcome(office.ask("authenticate", "", {{"access", "authenticated"}, {"cookie", secret}})) == "bad_credential");
  const Reply listed = office.ask("keys", "", {}, who);
  CHECK(listed.text().find(secret.substr(21)) == std::string_view::npos);
  CHECK(member(listed, "items/0/last_used_at").size() == 24);
  // A key makes no keys and changes no account.
  const Rig::Who by_key = office.as(secret);
  CHECK(by_key.principal == who.principal);
  CHECK(outcome(office.ask("create_key", R"({"name":"k","scopes":["records:read"]})", {}, by_key)) ==
        "session_required");
  CHECK(outcome(office.ask("change_password", R"({"password":"tr0ub4dor&3"})", {}, by_key)) == "session_required");

  const Reply rotated = office.ask("rotate_key", R"({"overlap_seconds":60})", {{"id", id}}, who);
  CHECK(outcome(office.authenticate(secret, "records:read")) == "ok");
  CHECK(outcome(office.authenticate(member(rotated, "secret"), "records:read")) == "ok");
  office.pass(60s);
  CHECK(outcome(office.authenticate(secret, "records:read")) == "bad_credential");
  CHECK(outcome(office.authenticate(member(rotated, "secret"), "records:read")) == "ok");
  CHECK(outcome(office.ask("rotate_key", "", {{"id", id}}, office.admin)) == "not_found");
  CHECK(outcome(office.ask("remove_key", "", {{"id", id}}, office.admin)) == "ok");
  CHECK(outcome(office.authenticate(member(rotated, "secret"), "records:read")) == "bad_credential");
}

TEST_CASE("auth: a key is rotated also while its use is noted", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string ann = office.hire("ann", "member");
  const Rig::Who who = office.as(ann);
  const Reply made = office.ask("create_key", R"({"name":"import","scopes":["records:read"]})", {}, who);
  const std::string id = member(made, "key/id");
  office.before_write = [&] {  // the same again: another revision
    const auto call = [&](Method method, const std::string& text) {
      const auto request = json::Document::parse(text);
      REQUIRE(request);
      return office.store.call("acme", method, request->root()).text;
    };
    const auto key = json::Document::parse(call(Method::get, R"({"collection":"auth.keys","id":")" + id + "\"}"));
    REQUIRE(key);
    REQUIRE(key->root().find("doc").is_object());
    call(Method::write, R"({"operations":[{"op":"put","collection":"auth.keys","id":")" + id + R"(","doc":)" +
                            json::to_text(key->root().find("doc")) + "}]}");
  };
  const Reply rotated = office.ask("rotate_key", "", {{"id", id}}, who);
  REQUIRE(outcome(rotated) == "ok");
  CHECK_FALSE(office.before_write);
  CHECK(outcome(office.authenticate(member(rotated, "secret"), "records:read")) == "ok");
  CHECK(outcome(office.authenticate(member(made, "secret"), "records:read")) == "bad_credential");
}

TEST_CASE("auth: a key ends when it says, and with its owner", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string ann = office.hire("ann", "member");
  const Rig::Who who = office.as(ann);
  CHECK(member(office.ask("create_key",
                          R"({"name":"k","scopes":["records:read"],"expires_at":"2001-01-01T00:00:00.000Z"})", {}, who),
               "0/pointer") == "/expires_at");
  const std::string secret =
      member(office.ask("create_key", R"({"name":"k","scopes":["records:read"]})", {}, who), "secret");
  CHECK(outcome(office.authenticate(secret)) == "ok");
  CHECK(outcome(office.of("change_user", "ann", R"({"state":"suspended"})")) == "ok");
  CHECK(outcome(office.authenticate(secret)) == "user_suspended");
  CHECK(outcome(office.of("remove_user", "ann")) == "ok");
  CHECK(outcome(office.authenticate(secret)) == "bad_credential");
}

TEST_CASE("auth: an account joins another tenant, signs in there with its own password, and leaves", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string ann = office.hire("ann", "member");
  const Rig::Who who = office.as(ann);
  office.enter("other", "boss");
  const std::string link = office.invite("other", "ann-of-acme", "viewer");
  CHECK(outcome(office.use(link, R"({"join":true})")) == "session_required");
  CHECK(outcome(office.use(link, R"({"join":true})", who)) == "ok");
  CHECK(outcome(office.use(link, R"({"join":true})", who)) == "link_over");
  const std::string there = Rig::cookie(office.login("ann-of-acme", "tr0ub4dor&3", "other"));
  const Rig::Who guest = office.as(there);
  CHECK(guest.tenant == "other");
  CHECK(guest.principal != who.principal);
  CHECK(outcome(office.authenticate(there, "records:create")) == "permission_denied");
  CHECK(outcome(office.ask("change_password", R"({"password":"tr0ub4dor&3","new_password":"another one 7"})", {},
                           guest)) == "account_elsewhere");
  // The password is changed at home, and ends the sessions everywhere.
  CHECK(outcome(office.ask("change_password", R"({"password":"tr0ub4dor&3","new_password":"another one 7"})", {},
                           who)) == "ok");
  CHECK(outcome(office.authenticate(there)) == "session_revoked");
  CHECK(outcome(office.login("ann-of-acme", "tr0ub4dor&3", "other")) == "bad_login");
  CHECK(outcome(office.login("ann-of-acme", "another one 7", "other")) == "ok");
  CHECK(outcome(office.of("remove_user", "ann")) == "ok");
  CHECK(outcome(office.login("ann-of-acme", "another one 7", "other")) == "bad_login");
}

namespace {

// A guest in `other` whose account is at home in acme.
struct Abroad : Office {
  explicit Abroad(FakeHost& on) : Office(on), ann(as(hire("ann", "member"))), boss(as(enter("other", "boss"))) {
    const std::string link = invite("other", "ann-of-acme", "viewer");
    REQUIRE(outcome(use(link, R"({"join":true})", ann)) == "ok");
  }
  Reply come(const std::string& password = "tr0ub4dor&3") { return login("ann-of-acme", password, "other"); }
  // As another worker would at this moment: nothing is told, no session ended.
  void suspend_silently() {
    const auto call = [&](Method method, const std::string& text) {
      const auto request = json::Document::parse(text);
      REQUIRE(request);
      return store.call("acme", method, request->root()).text;
    };
    const auto user =
        json::Document::parse(call(Method::get, R"({"collection":"auth.users","id":")" + ann.principal + "\"}"));
    REQUIRE(user);
    std::string doc = json::to_text(user->root().find("doc"));
    const std::string active = R"("state":"active")";
    REQUIRE(doc.find(active) != std::string::npos);
    doc.replace(doc.find(active), active.size(), R"("state":"suspended")");
    call(Method::write, R"({"operations":[{"op":"put","collection":"auth.users","id":")" + ann.principal +
                            R"(","doc":)" + doc + "}]}");
  }
  Who ann, boss;
};

}  // namespace

TEST_CASE("auth: who is suspended at home is out as a guest everywhere, and comes in again with him", "[auth]") {
  FakeHost host({.workers = 2});
  Abroad abroad(host);
  const Reply in = abroad.come();
  const std::string there = Rig::cookie(in);
  const std::string token = member(in, "access_token");
  for (std::uint32_t w = 0; w < 2; ++w)
    for (const std::string& secret : {there, token})
      REQUIRE(outcome(abroad.authenticate(secret, "authenticated", {}, w)) == "ok");
  REQUIRE(outcome(abroad.of("change_user", "ann", R"({"state":"suspended"})")) == "ok");
  for (std::uint32_t w = 0; w < 2; ++w)
    for (const std::string& secret : {there, token})
      CHECK(outcome(abroad.authenticate(secret, "authenticated", {}, w)) == "session_revoked");
  CHECK(outcome(abroad.come()) == "user_suspended");
  CHECK(outcome(abroad.come("wrong password")) == "bad_login");
  REQUIRE(outcome(abroad.of("change_user", "ann", R"({"state":"active"})")) == "ok");
  CHECK(outcome(abroad.authenticate(there)) == "session_revoked");
  CHECK(outcome(abroad.come()) == "ok");
}

TEST_CASE("auth: who is suspended at home while he comes in as a guest is left no session", "[auth]") {
  FakeHost host;
  Abroad abroad(host);
  const std::string id = member(abroad.come(), "user/id");
  REQUIRE(outcome(abroad.ask("end_user_sessions", "", {{"id", id}}, abroad.boss)) == "ok");
  abroad.meanwhile = [&] { abroad.suspend_silently(); };
  CHECK(outcome(abroad.come()) == "user_suspended");
  CHECK_FALSE(abroad.meanwhile);
  CHECK(abroad.ask("user_sessions", "", {{"id", id}}, abroad.boss).text() == R"({"items":[]})");
}

TEST_CASE("auth: a suspension that is repeated ends what is left of the user's sessions", "[auth]") {
  FakeHost host;
  Abroad abroad(host);
  const std::string there = Rig::cookie(abroad.come());
  abroad.suspend_silently();
  REQUIRE(outcome(abroad.authenticate(there)) == "ok");
  CHECK(outcome(abroad.of("change_user", "ann", R"({"state":"suspended"})")) == "ok");
  CHECK(outcome(abroad.authenticate(there)) == "session_revoked");
}

TEST_CASE("auth: who is suspended is out in every tenant that can end his sessions, and a repetition ends the rest",
          "[auth]") {
  FakeHost host;
  std::function<bool(const ServiceCall&)> full;  // whether a write finds no room
  Office office(host);
  host.serve("storage/1", "write", [&](const ServiceCall& call) -> Reply {
    if (full && full(call)) return Reply::error(Code::exhausted, "quota_exceeded", "no room is left").with_status(507);
    const auto request = json::Document::parse(call.text());
    REQUIRE(request);
    const auto answer = office.store.call(call.context.tenant(), Method::write, request->root());
    if (answer.failed) return Reply::error(answer.problem.code, answer.problem.stable, answer.problem.message);
    return Reply::json(answer.text);
  });
  const std::string home = office.hire("ann", "member");
  const Rig::Who ann = office.as(home);
  const auto come = [&](const std::string& tenant) {
    office.enter(tenant, "boss");
    const std::string link = office.invite(tenant, "ann-of-acme", "viewer");
    REQUIRE(outcome(office.use(link, R"({"join":true})", ann)) == "ok");
    return Rig::cookie(office.login("ann-of-acme", "tr0ub4dor&3", tenant));
  };
  const std::string other = come("other");
  const std::string third = come("third");
  for (const std::string& session : {home, other, third}) REQUIRE(outcome(office.authenticate(session)) == "ok");
  const auto suspend = [&] { return outcome(office.of("change_user", "ann", R"({"state":"suspended"})")); };

  SECTION("a tenant where he is a guest has no room") {
    full = [](const ServiceCall& call) { return call.context.tenant() == "other"; };
    CHECK(suspend() == "quota_exceeded");
    CHECK(outcome(office.authenticate(home)) == "session_revoked");
  }
  SECTION("his own has none") {
    full = [](const ServiceCall& call) {
      return call.context.tenant() == "acme" && call.text().find("revoked_at") != std::string_view::npos;
    };
    CHECK(suspend() == "quota_exceeded");
    CHECK(outcome(office.authenticate(home)) == "user_suspended");
    CHECK(outcome(office.authenticate(other)) == "session_revoked");
  }
  CHECK(outcome(office.authenticate(third)) == "session_revoked");
  full = nullptr;
  CHECK(suspend() == "ok");
  for (const std::string& session : {home, other, third})
    CHECK(outcome(office.authenticate(session)) == "session_revoked");
}
