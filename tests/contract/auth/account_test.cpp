// account_test.cpp: what a user changes of his own account.
#include <fstream>

#include "rig.hpp"
#include "support/temp_dir.hpp"

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

TEST_CASE("auth: a password on the operator's list is refused wherever one is set", "[auth]") {
  const TempDir dir;
  std::ofstream(dir / "list") << "fountain pen 9\nwhistling kettle\n";
  FakeHost host;
  Rig rig(host, Answers::at_once, R"("refused_passwords":")" + (dir / "list") + "\",");
  const std::string link = rig.invite();
  const Reply refused = rig.use(link, R"({"password":"whistling kettle"})");
  CHECK(refused.http_status() == 422);
  CHECK(member(refused, "0/pointer") == "/password");
  CHECK(member(refused, "0/code") == "refused_password");
  CHECK(member(refused, "0/message") ==
        "choose another password: it is on a list of passwords that others have used and guessers know");
  REQUIRE(outcome(rig.use(link)) == "ok");
  const Rig::Who ada = rig.as(Rig::cookie(rig.login()));
  const Reply kept =
      rig.ask("change_password", R"({"password":"tr0ub4dor&3","new_password":"fountain pen 9"})", {}, ada);
  CHECK(member(kept, "0/pointer") == "/new_password");
  CHECK(member(kept, "0/code") == "refused_password");
  CHECK(outcome(rig.login()) == "ok");
}

TEST_CASE("auth: the plugin does not start with a list of refused passwords that cannot be read", "[auth]") {
  const TempDir dir;
  FakeHost host;
  const std::string wrong = R"({"refused_passwords":")" + (dir / "none") + "\"," + std::string(config).substr(1);
  TestedPlugin plugin(host, AUTH_LIBRARY, wrong);
  CHECK(plugin.created().message().find("refused_passwords '" + (dir / "none") +
                                        "' cannot be read: No such file or directory; name a file this process may "
                                        "read") != std::string_view::npos);
}
