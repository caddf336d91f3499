// account_test.cpp: what a user changes of his own account.
#include "rig.hpp"

using namespace auth_test;

TEST_CASE("auth: a password is changed by who knows the present one, and the session is replaced", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const std::string elsewhere = Rig::cookie(rig.login());
  const Rig::Who ada = rig.as(session);
  const auto change = [&](const std::string& now, const std::string& next) {
    return rig.ask("change_password", R"({"password":")" + now + R"(","new_password":")" + next + "\"}", {}, ada);
  };
  CHECK(outcome(change("wrong", "another one 7")) == "bad_password");
  CHECK(member(change("tr0ub4dor&3", "tr0ub4dor&3"), "0/message") == "choose another password: it is the present one");
  CHECK(member(change("tr0ub4dor&3", "short"), "0/pointer") == "/new_password");
  const Reply changed = change("tr0ub4dor&3", "another one 7");
  REQUIRE(outcome(changed) == "ok");
  CHECK(outcome(rig.authenticate(session)) == "session_revoked");
  CHECK(outcome(rig.authenticate(elsewhere)) == "session_revoked");
  CHECK(outcome(rig.authenticate(Rig::cookie(changed))) == "ok");
  CHECK(outcome(rig.login()) == "bad_login");
  CHECK(outcome(rig.login("admin", "another one 7")) == "ok");
}

TEST_CASE("auth: guessing the present password from a stolen session ends soon", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who ada = rig.as(rig.enter());
  for (int i = 0; i < 3; ++i)
    CHECK(outcome(rig.ask("begin_totp", R"({"password":"guess"})", {}, ada)) == "bad_password");
  CHECK(outcome(rig.ask("begin_totp", R"({"password":"tr0ub4dor&3"})", {}, ada)) == "too_many_attempts");
}

TEST_CASE("auth: the present session tells the user, its end and the token of its forms", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const Rig::Who ada = rig.as(session);
  const Reply told = rig.ask("session", "", {{"http.header.cookie", "a=b; __Host-socle_session=" + session}}, ada);
  CHECK(member(told, "tenant") == "acme");
  CHECK(member(told, "user/username") == "admin");
  CHECK(member(told, "session/means") == R"(["pwd"])");
  CHECK(member(told, "csrf_token").size() == 43);
  CHECK(member(rig.ask("session", "", {}, ada), "csrf_token") == "");
  CHECK(outcome(rig.ask("session", "", {}, {"acme", "listener-user", ""})) == "session_required");
}
