// verify_test.cpp: auth/1.authenticate: what a worker believes, for how long, and what takes it back.
#include "core/secret.hpp"
#include "office.hpp"
#include "outage.hpp"
#include "verify/cross_site.hpp"

using namespace auth_test;

TEST_CASE("auth: a credential is looked up once a worker, then answered inline", "[auth]") {
  FakeHost host({.workers = 2});
  Rig rig(host);
  const std::string session = rig.enter();
  CHECK(outcome(rig.authenticate(session)) == "ok");
  const unsigned reads = rig.reads;
  for (int i = 0; i < 10; ++i) CHECK(outcome(rig.authenticate(session, "users:read")) == "ok");
  CHECK(rig.reads == reads);
  CHECK(outcome(rig.authenticate(session, "authenticated", {}, 1)) == "ok");
  CHECK(rig.reads == reads + 2);
}

TEST_CASE("auth: what is no credential of ours is refused without asking anybody", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const unsigned reads = rig.reads;
  for (const std::string& bad : {std::string(), std::string("x"), session + "x", std::string("ss_acme_"),
                                 std::string(9000, 'a'), "sl_acme_" + std::string(43, 'A')}) {
    const Reply refused = rig.authenticate(bad);
    CHECK(outcome(refused) == "bad_credential");
    CHECK(refused.meta("http.header.www-authenticate") == R"(Bearer error="invalid_token")");
  }
  CHECK(outcome(rig.authenticate("eyJhbGciOiJub25lIn0.e30.")) == "bad_token");
  for (const char* scheme : {"Basic YTpi", "bearer", "Digest x"})
    CHECK(outcome(rig.ask("authenticate", "", {{"access", "public"}, {"path", "/v1/x"}, {"authorization", scheme}})) ==
          "bad_credential");
  CHECK(rig.reads == reads);
  CHECK(outcome(rig.ask("authenticate", "", {{"access", "authenticated"}, {"authorization", "bEARER " + session}})) ==
        "ok");
}

TEST_CASE("auth: a key in a cookie is refused and told why", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string key = "sk_acme_abcdefghijkl_" + std::string(43, 'A');
  const Reply refused = rig.ask("authenticate", "", {{"access", "authenticated"}, {"cookie", key}});
  CHECK(outcome(refused) == "bad_credential");
  CHECK(refused.message() == "an API key is never a cookie");
}

TEST_CASE("auth: a bad credential counts on public routes too, but not on the way in", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  const std::string stale = "ss_acme_" + std::string(43, 'A');
  CHECK(outcome(rig.authenticate(stale, "public")) == "bad_credential");
  for (const char* path : {"/v1/auth/login", "/v1/auth/token", "/v1/auth/links/x", "/login"}) {
    const Reply passed =
        rig.ask("authenticate", "", {{"access", "public"}, {"path", path}, {"authorization", "Bearer " + stale}});
    CHECK(outcome(passed) == "ok");
    CHECK(passed.meta("tenant").empty());
  }
  CHECK(outcome(rig.ask("authenticate", "",
                        {{"access", "authenticated"}, {"path", "/v1/auth/login"}, {"authorization", "Bearer x"}})) ==
        "bad_credential");
}

TEST_CASE("auth: unknown credentials of one address have a budget, good ones give it back", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const auto stale = [](int i) { return "ss_acme_" + std::string(40, 'A') + std::to_string(100 + i); };
  int tried = 0;
  while (tried < 100 && outcome(rig.authenticate(stale(tried))) == "bad_credential") ++tried;
  CHECK(tried == 20);
  const unsigned reads = rig.reads;
  const Reply held = rig.authenticate(stale(50));
  CHECK(outcome(held) == "too_many_credentials");
  CHECK(held.meta("retry-after") == "1");
  CHECK(rig.reads == reads);
  rig.peer = "198.51.100.9";
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(rig.authenticate(session));
    CHECK(outcome(rig.authenticate(session)) == "ok");
  }
}

TEST_CASE("auth: a credential of which nothing could be found out costs its address nothing", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Outage storage(rig);
  const std::string session = rig.enter();
  storage.down = true;
  for (int i = 0; i < 50; ++i) CHECK(outcome(rig.authenticate(session)) == "storage_down");
  storage.down = false;
  CHECK(outcome(rig.authenticate(session)) == "ok");
}

TEST_CASE("auth: to be asked about is no use of a session", "[auth]") {
  FakeHost host;
  host.set_limit("sessions.ttl", 60);
  Rig rig(host);
  rig.enter();
  const Reply in = rig.login();
  const auto about = [&rig](const std::string& credential) {
    return outcome(
        rig.ask("authenticate", "", {{"access", "authenticated"}, {"authorization", "Bearer " + credential}}));
  };
  const unsigned writes = rig.writes;
  for (int i = 0; i < 5; ++i) {
    rig.pass(10s);
    CHECK(about(Rig::cookie(in)) == "ok");
    CHECK(about(member(in, "access_token")) == "ok");
  }
  CHECK(rig.writes == writes);
  rig.pass(11s);
  CHECK(about(Rig::cookie(in)) == "session_expired");
  CHECK(about(member(in, "access_token")) == "session_expired");
}

TEST_CASE("auth: a session lasts as long as it is used, at most to its absolute end", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  CHECK(outcome(rig.authenticate(session)) == "ok");
  for (int i = 0; i < 5; ++i) {
    rig.pass(20min);
    CHECK(outcome(rig.authenticate(session)) == "ok");
  }
  rig.pass(20min);
  CHECK(outcome(rig.authenticate(session)) == "session_expired");

  const std::string idle = Rig::cookie(rig.login());
  CHECK(outcome(rig.authenticate(idle)) == "ok");
  rig.pass(30min);
  CHECK(outcome(rig.authenticate(idle)) == "session_expired");
}

TEST_CASE("auth: a session lasts as long as one of its access tokens is used, and no token longer than it says",
          "[auth]") {
  FakeHost host;
  host.set_limit("sessions.ttl", 60);
  Rig rig(host);
  rig.enter();
  const Reply in = rig.login();
  const std::string token = member(in, "access_token");  // good for 10 min
  const unsigned writes = rig.writes;
  for (int i = 0; i < 300; ++i) {
    rig.pass(1s);
    REQUIRE(outcome(rig.authenticate(token)) == "ok");
  }
  CHECK(rig.writes - writes <= 51);  // once in a tenth of the time
  const std::string refresh = "grant_type=refresh_token&refresh_token=" + member(in, "refresh_token");
  const Reply next = rig.ask("token", refresh, {{"http.header.content-type", "application/x-www-form-urlencoded"}});
  CHECK(outcome(next) == "ok");
  const std::string cookie = Rig::cookie(in);
  for (int i = 0; i < 7; ++i) {
    rig.pass(50s);
    CHECK(outcome(rig.authenticate(cookie)) == "ok");
  }
  CHECK(outcome(rig.authenticate(token)) == "bad_token");
  CHECK(outcome(rig.authenticate(member(next, "access_token"))) == "ok");
  rig.pass(61s);
  CHECK(outcome(rig.authenticate(member(next, "access_token"))) == "session_expired");
}

TEST_CASE("auth: use is written down once in a tenth of the time, and other workers learn of it", "[auth]") {
  FakeHost host({.workers = 2});
  Rig rig(host);
  const std::string session = rig.enter();
  CHECK(outcome(rig.authenticate(session)) == "ok");
  CHECK(outcome(rig.authenticate(session, "authenticated", {}, 1)) == "ok");
  const unsigned writes = rig.writes;
  for (int i = 0; i < 60; ++i) {
    rig.pass(1min);
    CHECK(outcome(rig.authenticate(session)) == "ok");
  }
  CHECK(rig.writes - writes <= 21);
  CHECK(outcome(rig.authenticate(session, "authenticated", {}, 1)) == "ok");
}

TEST_CASE("auth: the plan says how long sessions last", "[auth]") {
  FakeHost host;
  host.set_limit("sessions.ttl", 60);
  Rig rig(host);
  const std::string session = rig.enter();
  CHECK(outcome(rig.authenticate(session)) == "ok");
  rig.pass(60s);
  CHECK(outcome(rig.authenticate(session)) == "session_expired");
}

TEST_CASE("auth: signed out, a session opens nothing on any worker when the answer comes", "[auth]") {
  FakeHost host({.workers = 3});
  Rig rig(host);
  const std::string session = rig.enter();
  const std::string other = Rig::cookie(rig.login());
  const Rig::Who ada = rig.as(session);
  for (std::uint32_t w = 0; w < 3; ++w) CHECK(outcome(rig.authenticate(session, "authenticated", {}, w)) == "ok");
  const unsigned told = rig.told;
  const Reply out = rig.ask("logout", "", {}, ada);
  CHECK(out.http_status() == 204);
  CHECK(out.meta("http.header.set-cookie") ==
        "__Host-socle_session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
  CHECK(rig.told == told + 3);  // the generation that serves by then is told too
  for (std::uint32_t w = 0; w < 3; ++w) {
    CHECK(outcome(rig.authenticate(session, "authenticated", {}, w)) == "session_revoked");
    CHECK(outcome(rig.authenticate(other, "authenticated", {}, w)) == "ok");
  }
}

TEST_CASE("auth: a verification under way while the session is ended is not remembered", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::later);
  const std::string session = rig.enter();
  const Rig::Who ada = rig.as(session);
  const std::string second = Rig::cookie(rig.login());
  // Its look-up has been answered by storage, then the revocation runs to its end, then it goes on.
  host.stall("call", 2);  // of the user's document
  const Asked slow =
      rig.begin("authenticate", "",
                {{"access", "authenticated"}, {"peer", "192.0.2.7"}, {"authorization", "Bearer " + second}}, {});
  host.run_until_idle();
  REQUIRE_FALSE(slow.done());
  CHECK(outcome(rig.ask("end_session", "", {{"id", socle::auth::fingerprint(second)}}, ada)) == "ok");
  host.release_stalled();
  host.run_until_idle();
  REQUIRE(slow.done());
  CHECK(outcome(rig.authenticate(second)) == "session_revoked");
}

TEST_CASE("auth: the table forgets at the word of its own generations alone", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const Rig::Who ada = rig.as(session);
  const unsigned reads = rig.reads;
  const std::string gone = R"({"tenant":"acme","user":")" + ada.principal + "\"}";
  CHECK(outcome(rig.ask("forget", gone, {}, {"acme", "plugin:forms", ""})) == "own_plugin_only");
  CHECK(outcome(rig.authenticate(session)) == "ok");
  CHECK(rig.reads == reads);
  CHECK(outcome(rig.ask("forget", gone, {}, {"~auth", "plugin:auth", ""})) == "ok");
  CHECK(outcome(rig.authenticate(session)) == "ok");
  CHECK(rig.reads == reads + 2);
}

TEST_CASE("auth: a deleted tenant's credentials are forgotten at the kernel's word", "[auth]") {
  FakeHost host({.workers = 2});
  Rig rig(host);
  const std::string session = rig.enter();
  const std::string other = rig.enter("other");
  for (std::uint32_t w = 0; w < 2; ++w) CHECK(outcome(rig.authenticate(session, "authenticated", {}, w)) == "ok");
  CHECK(outcome(rig.authenticate(other)) == "ok");
  const auto erase = json::Document::parse("{}");
  REQUIRE(erase);
  static_cast<void>(rig.store.call("acme", Method::erase, erase->root()));
  CHECK(outcome(rig.ask("forget", "{}", {}, {"acme", "kernel", ""})) == "ok");
  for (std::uint32_t w = 0; w < 2; ++w)
    CHECK(outcome(rig.authenticate(session, "authenticated", {}, w)) == "bad_credential");
  CHECK(outcome(rig.authenticate(other)) == "ok");
}

TEST_CASE("auth: a cookie opens unsafe methods only to pages of its own site", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const auto post = [&](Texts more) {
    Texts meta{{"access", "authenticated"}, {"method", "POST"}, {"host", "acme.test"}, {"cookie", session}};
    meta.insert(meta.end(), more.begin(), more.end());
    return outcome(rig.ask("authenticate", "", meta));
  };
  CHECK(post({{"content-type", "application/json"}}) == "ok");
  CHECK(post({{"sec-fetch-site", "same-origin"}}) == "ok");
  CHECK(post({{"sec-fetch-site", "cross-site"}}) == "cross_site_request");
  CHECK(post({{"origin", "https://evil.test"}}) == "cross_site_request");
  CHECK(post({{"content-type", "text/plain"}}) == "cross_site_request");
  CHECK(post({{"content-type", "text/plain"}, {"csrf", socle::auth::csrf_token(session)}}) == "ok");
  CHECK(post({{"content-type", "text/plain"}, {"csrf", "guess"}}) == "cross_site_request");
  CHECK(outcome(rig.authenticate(session, "authenticated", {{"sec-fetch-site", "cross-site"}, {"method", "POST"}})) ==
        "ok");
}

TEST_CASE("auth: what is denied on a public route is told by its template, as its path may hold a secret", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const std::string path = "/v1/auth/links/sl_acme_" + std::string(43, 'A');
  const auto denied = [&](const Texts& more) {
    Texts meta{{"method", "POST"}, {"path", path}, {"cookie", session}, {"sec-fetch-site", "cross-site"}};
    meta.insert(meta.end(), more.begin(), more.end());
    CHECK(outcome(rig.ask("authenticate", "", meta)) == "cross_site_request");
    return rig.trail.empty() ? std::string("nothing") : rig.trail.back();
  };
  CHECK(denied({{"access", "public"}, {"route", "/v1/auth/links/{link}"}}) ==
        "access.denied POST /v1/auth/links/{link} cross_site_request");
  CHECK(denied({{"access", "public"}}) == "access.denied POST  cross_site_request");
  CHECK(denied({{"access", "authenticated"}}) == "access.denied POST " + path + " cross_site_request");
}

TEST_CASE("auth: a suspended user's key is denied, and that is in the trail", "[auth]") {
  FakeHost host;
  Office office(host);
  const Rig::Who bob = office.as(office.hire("bob", "admin"));
  const Reply made = office.ask("create_key", R"({"name":"k","scopes":["users:read"]})", {}, bob);
  const std::string key = member(made, "secret");
  CHECK(outcome(office.authenticate(key, "users:read")) == "ok");
  REQUIRE(outcome(office.of("change_user", "bob", R"({"state":"suspended"})")) == "ok");
  const std::size_t told = office.trail.size();
  CHECK(outcome(office.authenticate(key, "users:read")) == "user_suspended");
  CHECK(office.trail.size() == told + 1);
  CHECK(office.trail.back() == "access.denied GET /v1/x user_suspended");
  // Asked about it, not asked for something with it.
  CHECK(outcome(office.ask("authenticate", "", {{"access", "authenticated"}, {"authorization", "Bearer " + key}})) ==
        "user_suspended");
  CHECK(office.trail.size() == told + 1);
}

TEST_CASE("auth: sessions that ended long ago are removed where nobody signs in any more", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  const std::string other = Rig::cookie(rig.login());
  rig.pass(31min);
  for (int i = 0; i < 2; ++i) CHECK(outcome(rig.authenticate(session)) == "session_expired");
  rig.pass(24h);
  const unsigned writes = rig.writes;
  CHECK(outcome(rig.authenticate(session)) == "session_expired");
  CHECK(rig.writes == writes + 1);
  CHECK(outcome(rig.authenticate(session)) == "bad_credential");
  CHECK(outcome(rig.authenticate(other)) == "bad_credential");
}

TEST_CASE("auth: roles are what the user's document says now, and open what they grant", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string viewer = rig.enter("acme", "vera", "viewer");
  CHECK(outcome(rig.authenticate(viewer, "records:read")) == "ok");
  const Reply refused = rig.authenticate(viewer, "records:create");
  CHECK(outcome(refused) == "permission_denied");
  CHECK(refused.message() == "none of your roles grants 'records:create'");
  CHECK(outcome(rig.authenticate(viewer, "users:read")) == "permission_denied");
  CHECK(outcome(rig.authenticate(viewer, "public")) == "ok");
}
