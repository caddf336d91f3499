// tokens_test.cpp: access and refresh tokens beside the sessions they come from.
#include "office.hpp"

using namespace auth_test;

namespace {

const Texts form{{"http.header.content-type", "application/x-www-form-urlencoded"}};

Reply refresh(Rig& rig, const std::string& token) {
  return rig.ask("token", "grant_type=refresh_token&refresh_token=" + token, form);
}
std::size_t families(Rig& rig) {
  const auto all = json::Document::parse(R"({"collection":"auth.families"})");
  const auto answer = rig.store.call("acme", Method::query, all->root());
  return json::Document::parse(answer.text)->root().find("items").size();
}

}  // namespace

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
  const Reply fresh = refresh(rig, member(in, "refresh_token"));
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

TEST_CASE("auth: what was refused of a refresh token is in the trail, a second use above all", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who ada = rig.as(rig.enter());
  const std::string first = member(rig.login(), "refresh_token");
  REQUIRE(outcome(refresh(rig, first)) == "ok");
  const std::size_t before = rig.trail.size();
  CHECK(refresh(rig, first).http_status() == 400);
  CHECK(refresh(rig, first).http_status() == 400);
  const std::string second = member(rig.login(), "refresh_token");
  rig.pass(31min);
  CHECK(refresh(rig, second).http_status() == 400);
  // Nobody's token fills nobody's trail.
  CHECK(refresh(rig, "sr_acme_" + std::string(22, 'A') + "_" + std::string(43, 'A')).http_status() == 400);
  std::vector<std::string> told(rig.trail.begin() + static_cast<std::ptrdiff_t>(before), rig.trail.end());
  const std::string user = " users/" + ada.principal + " ";
  CHECK(told == std::vector<std::string>{"auth.refresh" + user + "refresh_token_reused",
                                         "auth.refresh" + user + "invalid_grant", "auth.login" + user + "ok",
                                         "auth.refresh" + user + "session_over"});
}

TEST_CASE("auth: refresh tokens of sessions that are over are removed by later sign-ins", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  for (int i = 0; i < 3; ++i) REQUIRE(outcome(rig.login()) == "ok");
  CHECK(families(rig) == 4);
  rig.pass(3h);
  REQUIRE(outcome(rig.login()) == "ok");
  CHECK(families(rig) == 1);
}

TEST_CASE("auth: introspection says inactive of what was refused, not of what could not be asked", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who ada = rig.as(rig.enter());
  const std::string body = "token=" + member(rig.login(), "access_token");
  std::string peer;
  Reply answer = Reply::error(Code::exhausted, "too_many_credentials", "later");
  rig.authenticates = [&](const ServiceCall& call) {
    peer = call.meta("peer");
    return answer;
  };
  CHECK(outcome(rig.ask("introspect", body, form, ada)) == "too_many_credentials");
  CHECK(peer == rig.peer);
  answer = Reply::error(Code::unauthenticated, "session_revoked", "ended");
  CHECK(member(rig.ask("introspect", body, form, ada), "active") == "false");
}

TEST_CASE("auth: a refused sign-in at a provider is in the trail", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who ada = rig.as(rig.enter());
  REQUIRE(outcome(rig.ask("oidc_put_provider", R"({"issuer":"https://idp.test","client_id":"c","client_secret":"s"})",
                          {{"provider", "idp"}}, ada)) == "ok");
  const Reply back = rig.ask("oidc_callback", "",
                             {{"tenant", "acme"},
                              {"provider", "idp"},
                              {"state", "made-up"},
                              {"code", "x"},
                              {"http.header.cookie", "__Host-socle_oidc=y"}});
  CHECK(outcome(back) == "state_unknown");
  CHECK(rig.trail.back() == "auth.login users/unknown state_unknown");
}
