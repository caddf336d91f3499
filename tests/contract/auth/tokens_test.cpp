// tokens_test.cpp: access and refresh tokens beside the sessions they come from.
#include <socle/jose/base64url.hpp>

#include "core/times.hpp"
#include "office.hpp"
#include "outage.hpp"
#include "token/tokens.hpp"

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

// Header and claims of a token under the n-th signature of nobody.
std::string forged(const std::string& token, int n) {
  const std::string number = std::to_string(1000 + n);
  return token.substr(0, token.rfind('.') + 1) + std::string(81, 'A') + number + "A";
}

// A program with an API key of the administrator's, and what it gets for it.
struct Robot {
  explicit Robot(Rig& on, const std::string& more = "") : rig(on), owner(rig.as(rig.enter())) {
    const Reply made = rig.ask("create_key", R"({"name":"robot","scopes":["users:read"])" + more + "}", {}, owner);
    REQUIRE(outcome(made) == "ok");
    id = member(made, "key/id");
    secret = member(made, "secret");
    claims = R"({"user":")" + owner.principal + R"(","key":")" + id + R"(","scopes":["users:read"]})";
    rig.authenticates = [this](const ServiceCall&) {
      return Reply(socle::Payload::make({}, socle::Media::none,
                                        {{"tenant", "acme"}, {"principal", owner.principal}, {"claims", claims}}));
    };
  }
  Reply get(const std::string& of, const std::string& more = "") {
    return rig.ask("token", "grant_type=client_credentials&client_id=" + id + "&client_secret=" + of + more, form);
  }
  // The new secret.
  std::string rotate(int overlap) {
    const Reply made =
        rig.ask("rotate_key", R"({"overlap_seconds":)" + std::to_string(overlap) + "}", {{"id", id}}, owner);
    REQUIRE(outcome(made) == "ok");
    return member(made, "secret");
  }
  Rig& rig;
  Rig::Who owner;
  std::string id, secret, claims;
};

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

TEST_CASE("auth: bogus tokens are checked within their address's budget wherever they are shown", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  const std::string token = member(rig.login(), "access_token");
  const auto revoke = [&](const std::string& bogus) { return outcome(rig.ask("revoke", "token=" + bogus, form)); };
  int tried = 0;
  while (tried < 100 && revoke(forged(token, tried)) == "ok") ++tried;
  CHECK(tried == 20);
  CHECK(revoke(forged(token, 50)) == "too_many_credentials");
  CHECK(outcome(rig.authenticate(forged(token, 51))) == "too_many_credentials");
  const std::string unknown = "sr_acme_" + std::string(22, 'A') + "_" + std::string(43, 'A');
  CHECK(revoke(unknown) == "too_many_credentials");
  CHECK(outcome(refresh(rig, unknown)) == "too_many_credentials");
  rig.peer = "198.51.100.9";
  for (int i = 0; i < 50; ++i) CHECK(revoke(token) == "ok");
  for (tried = 0; tried < 100 && refresh(rig, unknown).http_status() == 400;) ++tried;
  CHECK(tried == 20);
}

TEST_CASE("auth: a refresh token that is one is used and revoked where the address has no budget left", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  std::string good = member(rig.login(), "refresh_token");
  const std::string other = member(rig.login(), "refresh_token");
  const std::string unknown = "sr_acme_" + std::string(22, 'A') + "_" + std::string(43, 'A');
  for (int i = 0; i < 30; ++i) static_cast<void>(refresh(rig, unknown));
  REQUIRE(outcome(refresh(rig, unknown)) == "too_many_credentials");
  for (int i = 0; i < 30; ++i) {
    const Reply next = refresh(rig, good);
    REQUIRE(outcome(next) == "ok");
    good = member(next, "refresh_token");
  }
  CHECK(outcome(rig.ask("revoke", "token=" + other, form)) == "ok");
  // So it was ended; what has ended is bogus, and a flood of it fills no trail.
  const std::size_t told = rig.trail.size();
  CHECK(outcome(refresh(rig, other)) == "too_many_credentials");
  CHECK(rig.trail.size() == told);
}

TEST_CASE("auth: good tokens cost their address nothing, whatever they are refused for", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Outage storage(rig);
  rig.enter();
  const Reply in = rig.login();
  const std::string token = member(in, "refresh_token");
  const auto revoke = [&](const char* what) { return outcome(rig.ask("revoke", "token=" + member(in, what), form)); };
  rig.suspended = "acme";
  for (int i = 0; i < 30; ++i) CHECK(outcome(refresh(rig, token)) == "tenant_suspended");
  rig.suspended.clear();
  storage.down = true;
  for (int i = 0; i < 30; ++i) {
    CHECK(outcome(refresh(rig, token)) == "storage_down");
    CHECK(revoke("refresh_token") == "storage_down");
    CHECK(revoke("access_token") == "storage_down");
  }
  storage.down = false;
  rig.pass(31min);
  for (int i = 0; i < 30; ++i) CHECK(refresh(rig, token).http_status() == 400);
  const std::string stale = "ss_acme_" + std::string(43, 'A');
  CHECK(outcome(rig.authenticate(stale)) == "bad_credential");
}

TEST_CASE("auth: no token is issued while it cannot be found out whether its tenant is suspended", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  const std::string token = member(rig.login(), "refresh_token");
  const std::size_t told = rig.trail.size();
  const auto usage = [&host](const char* code) {
    host.serve("tenants/1", "usage",
               [code](const ServiceCall&) { return Reply::error(Code::unavailable, code, "no answer"); });
  };
  usage("worker_busy");
  CHECK(outcome(refresh(rig, token)) == "worker_busy");
  CHECK(outcome(rig.login()) == "worker_busy");
  CHECK(rig.trail.size() == told);
  usage("no_provider");  // nobody keeps tenants
  CHECK(outcome(refresh(rig, token)) == "ok");
  CHECK(outcome(rig.login()) == "ok");
}

TEST_CASE("auth: a client's token ends when its API key expires", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const auto now = std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(host.now().nanoseconds);
  const auto ends = std::chrono::duration_cast<socle::auth::Milliseconds>(now) + 20s;
  Robot robot(rig, R"(,"expires_at":")" + socle::auth::timestamp(ends) + "\"");
  const Reply got = robot.get(robot.secret);
  REQUIRE(outcome(got) == "ok");
  CHECK(member(got, "expires_in") == "20");
  const std::string token = member(got, "access_token");
  CHECK(outcome(rig.authenticate(token, "users:read")) == "ok");
  rig.pass(21s);  // clocks may differ by more than that, a key's end does not
  const Reply refused = rig.authenticate(token, "users:read");
  CHECK(outcome(refused) == "bad_token");
  CHECK(refused.message() == "the API key of this token has expired");
}

TEST_CASE("auth: a client's token ends with the secret it was got with", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Robot robot(rig);
  const auto token = [&robot](const std::string& secret) {
    const Reply got = robot.get(secret);
    REQUIRE(outcome(got) == "ok");
    return member(got, "access_token");
  };
  const std::string before = token(robot.secret);
  CHECK(outcome(rig.authenticate(before)) == "ok");
  const std::string second = robot.rotate(60);
  const std::string of_second = token(second);
  const Reply late = robot.get(robot.secret);
  CHECK(member(late, "expires_in") == "60");
  const std::string of_first = member(late, "access_token");
  for (const std::string& each : {before, of_first, of_second}) CHECK(outcome(rig.authenticate(each)) == "ok");
  rig.pass(61s);
  for (const std::string& each : {before, of_first}) CHECK(outcome(rig.authenticate(each)) == "bad_token");
  CHECK(outcome(rig.authenticate(of_second)) == "ok");
  CHECK(robot.get(robot.secret).http_status() == 401);
  const std::string third = robot.rotate(0);
  CHECK(outcome(rig.authenticate(of_second)) == "bad_token");
  CHECK(outcome(rig.authenticate(token(third))) == "ok");
}

TEST_CASE("auth: what a client gets or is refused is in the trail", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Robot robot(rig);
  const std::string key = "auth.token keys/" + robot.id + " ";
  CHECK(outcome(robot.get(robot.secret)) == "ok");
  CHECK(rig.trail.back() == key + "ok");
  CHECK(robot.get(robot.secret, "&scope=users:write").http_status() == 400);
  CHECK(rig.trail.back() == key + "invalid_scope");
  rig.suspended = "acme";
  CHECK(outcome(robot.get(robot.secret)) == "tenant_suspended");
  CHECK(rig.trail.back() == key + "tenant_suspended");
  rig.suspended.clear();
  const std::string id = std::exchange(robot.id, "another");
  CHECK(robot.get(robot.secret).http_status() == 401);
  CHECK(rig.trail.back() == key + "invalid_client");
  robot.id = id;
  rig.authenticates = [](const ServiceCall&) { return Reply::error(Code::denied, "user_suspended", "suspended"); };
  CHECK(robot.get(robot.secret).http_status() == 401);
  CHECK(rig.trail.back() == key + "user_suspended");
  rig.authenticates = [](const ServiceCall&) { return Reply::error(Code::unauthenticated, "bad_credential", "no"); };
  // What is no key is nobody's and fills no trail.
  const std::size_t told = rig.trail.size();
  for (int i = 0; i < 5; ++i) CHECK(robot.get(robot.secret).http_status() == 401);
  for (int i = 0; i < 100; ++i) static_cast<void>(robot.get("nonsense"));
  CHECK(outcome(robot.get("nonsense")) == "too_many_credentials");
  CHECK(rig.trail.size() == told);
}

TEST_CASE("auth: a suspended tenant's clients are told of within the budget of their address", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Robot robot(rig);
  rig.suspended = "acme";
  const std::size_t told = rig.trail.size();
  for (int i = 0; i < 20; ++i) CHECK(outcome(robot.get(robot.secret)) == "tenant_suspended");
  for (int i = 0; i < 20; ++i) CHECK(outcome(robot.get(robot.secret)) == "too_many_credentials");
  CHECK(rig.trail.size() == told + 20);
}

TEST_CASE("auth: a client's token of a generation that marked none is good until its key ends", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Robot robot(rig);
  const std::string marked = member(robot.get(robot.secret), "access_token");
  const std::size_t first = marked.find('.') + 1;
  const auto text = socle::jose::from_base64url(std::string_view(marked).substr(first, marked.rfind('.') - first));
  REQUIRE(text);
  const auto claims = json::Document::parse(*text);
  REQUIRE(claims);
  const auto claim = [&claims](const char* name) { return claims->root().find(name).as_string(); };
  REQUIRE_FALSE(claim("sid").empty());  // this one marks
  const auto asked = json::Document::parse(R"({"collection":"auth.token_keys"})");
  const auto answer = json::Document::parse(rig.store.call("acme", Method::query, asked->root()).text);
  REQUIRE(answer);
  const auto ring = socle::tokens::KeyRing::read(answer->root().find("items").at(0).find("doc"), nullptr);
  REQUIRE(ring);
  socle::tokens::Realm realm;
  realm.issuer = claim("iss");
  realm.audience = claim("aud");
  socle::tokens::Bearer bearer;
  bearer.tenant = "acme";
  bearer.subject = claim("sub");
  bearer.client = robot.id;
  bearer.limited = true;
  bearer.scopes = {"users:read"};
  const auto old = socle::tokens::issue(*ring, realm, bearer, claims->root().find("iat").as_int64().value_or(0));
  REQUIRE(old);
  CHECK(outcome(rig.authenticate(old->token, "users:read")) == "ok");
  static_cast<void>(robot.rotate(0));
  CHECK(outcome(rig.authenticate(marked)) == "bad_token");
  CHECK(outcome(rig.authenticate(old->token)) == "ok");
  REQUIRE(rig.ask("remove_key", "", {{"id", robot.id}}, robot.owner).http_status() == 204);
  CHECK(outcome(rig.authenticate(old->token)) == "bad_token");
}

TEST_CASE("auth: a suspended tenant's refresh tokens give nothing, and are good again afterwards", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who ada = rig.as(rig.enter());
  const std::string token = member(rig.login(), "refresh_token");
  rig.suspended = "acme";
  CHECK(outcome(refresh(rig, token)) == "tenant_suspended");
  CHECK(rig.trail.back() == "auth.refresh users/" + ada.principal + " tenant_suspended");
  rig.suspended.clear();
  CHECK(outcome(refresh(rig, token)) == "ok");
}
