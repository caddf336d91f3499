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

namespace {

// The tenant's provider `idp`, and accounts there that users have.
struct Linked : Rig {
  explicit Linked(FakeHost& on) : Rig(on), ada(as(enter())) {
    REQUIRE(outcome(ask("oidc_put_provider", R"({"issuer":"https://idp.test","client_id":"c","client_secret":"s"})",
                        {{"provider", "idp"}}, ada)) == "ok");
  }
  void link(const std::string& id, const Who& who) {
    const auto request = json::Document::parse(R"({"operations":[{"op":"put","collection":"auth.identities","id":")" +
                                               id + R"(","doc":{"issuer":"https://idp.test","subject":")" + id +
                                               R"(","provider":"idp","user":")" + who.principal +
                                               R"(","linked_at":"2026-01-01T00:00:00.000Z","registered":false}}]})");
    REQUIRE(request);
    REQUIRE_FALSE(store.call(who.tenant, Method::write, request->root()).failed);
  }
  std::string unlink(const std::string& id, const Who& who, const std::string& body = "") {
    return outcome(ask("oidc_unlink", body, {{"id", id}}, who));
  }
  Who ada;
};
constexpr const char* right = R"({"password":"tr0ub4dor&3"})";

}  // namespace

TEST_CASE("auth: an account of a provider is linked and unlinked by who shows his password", "[auth]") {
  FakeHost host;
  Linked rig(host);
  rig.link("adas", rig.ada);
  CHECK(outcome(rig.ask("oidc_begin_link", "", {{"id", "idp"}}, rig.ada)) == "bad_password");
  CHECK(outcome(rig.ask("oidc_begin_link", R"({"password":7})", {{"id", "none"}}, rig.ada)) == "not_found");
  CHECK(rig.unlink("adas", rig.ada, R"({"password":"guess"})") == "bad_password");
  CHECK(rig.unlink("adas", rig.ada, right) == "ok");
  CHECK(rig.unlink("adas", rig.ada, right) == "not_found");
  CHECK(rig.unlink("adas", rig.ada, "[]") == "bad_request");
  // Guessing by way of it ends as soon as elsewhere.
  CHECK(outcome(rig.ask("oidc_begin_link", "", {{"id", "idp"}}, rig.ada)) == "bad_password");
  CHECK(outcome(rig.ask("oidc_begin_link", right, {{"id", "idp"}}, rig.ada)) == "too_many_attempts");
}

TEST_CASE("auth: a present password that nobody could look at is no guess", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who ada = rig.as(rig.enter());
  host.stall("offload", 0);
  const auto settle = [&] {
    for (int i = 0; i < 20; ++i) {
      host.release_stalled();
      host.run_until_idle();
    }
  };
  std::vector<Asked> waiting;  // as many as the address may have
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(rig.begin("login", R"({"username":"a","password":"wrong password","tenant":"acme"})", {}, {}));
    host.run_until_idle();
    REQUIRE_FALSE(waiting.back().done());
  }
  for (int i = 0; i < 4; ++i) CHECK(outcome(rig.ask("begin_totp", right, {}, ada)) == "too_many_sign_ins");
  settle();
  const Asked last = rig.begin("begin_totp", right, {}, ada);
  host.run_until_idle();
  settle();
  REQUIRE(last.done());
  CHECK(outcome(last.reply()) == "ok");
}

TEST_CASE("auth: who has no password unlinks all accounts but the last without one", "[auth]") {
  FakeHost host;
  Linked rig(host);
  const Reply issued = rig.ask("issue", R"({"tenant":"acme"})", {}, {"acme", "kernel", ""});
  const Rig::Who nobody = rig.as(member(issued, "token"));
  rig.link("one", nobody);
  rig.link("two", nobody);
  CHECK(rig.unlink("one", nobody) == "ok");
  CHECK(rig.unlink("two", nobody) == "last_way_in");
}

TEST_CASE("auth: a guest links and unlinks with the password that he has at home", "[auth]") {
  FakeHost host;
  Linked rig(host);
  const std::string link = rig.invite("other", "ada-of-acme", "viewer");
  REQUIRE(outcome(rig.use(link, R"({"join":true})", rig.ada)) == "ok");
  const Rig::Who guest = rig.as(Rig::cookie(rig.login("ada-of-acme", "tr0ub4dor&3", "other")));
  rig.link("guests", guest);
  CHECK(rig.unlink("guests", guest) == "bad_password");
  CHECK(rig.unlink("guests", guest, right) == "ok");
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
