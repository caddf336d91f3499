// tokens_test.cpp: access and refresh tokens beside the sessions they come from.
#include "office.hpp"

using namespace auth_test;

TEST_CASE("auth: an access token ends with its session, when that is over as when it is ended", "[auth]") {
  FakeHost host;
  host.set_limit("sessions.ttl", 60);
  Rig rig(host);
  rig.enter();
  const std::string token = member(rig.login(), "access_token");  // good for 10 min by itself
  CHECK(outcome(rig.authenticate(token)) == "ok");
  rig.pass(61s);
  CHECK(outcome(rig.authenticate(token)) == "session_expired");
}

TEST_CASE("auth: no access token is issued for longer than its session can last", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  CHECK(member(rig.login(), "expires_in") == "600");
  const Reply in = rig.login();
  for (int i = 0; i < 4; ++i) {
    rig.pass(29min);
    REQUIRE(outcome(rig.authenticate(Rig::cookie(in))) == "ok");
  }
  const Reply fresh = rig.ask("token", "grant_type=refresh_token&refresh_token=" + member(in, "refresh_token"),
                              {{"http.header.content-type", "application/x-www-form-urlencoded"}});
  REQUIRE(outcome(fresh) == "ok");
  CHECK(member(fresh, "expires_in") == "240");  // of two hours, 116 min are over
}

TEST_CASE("auth: a made-up session cookie at sign-in makes no worker forget the tenant", "[auth]") {
  FakeHost host({.workers = 2});
  Rig rig(host);
  const std::string session = rig.enter();
  CHECK(outcome(rig.authenticate(session)) == "ok");
  const unsigned told = rig.told;
  const std::string made_up = "__Host-socle_session=ss_acme_" + std::string(43, 'A');
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {{"http.header.cookie", made_up}})) == "ok");
  CHECK(rig.told == told);
  const unsigned reads = rig.reads;
  CHECK(outcome(rig.authenticate(session)) == "ok");
  CHECK(rig.reads == reads);
}
