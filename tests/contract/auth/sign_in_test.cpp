// sign_in_test.cpp: invitations, signing in, the cookie, guessing, second factors.
#include "credentials/totp.hpp"
#include "rig.hpp"

using namespace auth_test;

TEST_CASE("auth: the first administrator sets a password by the link, once, and signs in", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string link = rig.invite();
  CHECK(outcome(rig.login()) == "bad_login");
  Reply seen = rig.ask("look_at_link", "", {{"link", link}});
  CHECK(seen.text() == R"({"tenant":"acme","username":"admin","purpose":"invitation"})");
  CHECK(outcome(rig.use(link, R"({"password":"password1"})")) == "invalid_request");
  CHECK(outcome(rig.use(link)) == "ok");
  CHECK(outcome(rig.use(link)) == "link_over");
  const Reply in = rig.login();
  REQUIRE(outcome(in) == "ok");
  CHECK(member(in, "user/username") == "admin");
  CHECK(member(in, "roles") == R"(["admin"])");
  CHECK(member(in, "tenant") == "acme");
  CHECK(in.meta("cache-control") == "no-store");
  const std::string cookie(in.meta("http.header.set-cookie"));
  CHECK(cookie.substr(0, 29) == "__Host-socle_session=ss_acme_");
  CHECK(cookie.substr(cookie.find(';')) == "; Path=/; HttpOnly; SameSite=Lax; Secure");
  const Reply known = rig.authenticate(Rig::cookie(in), "users:write");
  CHECK(known.meta("tenant") == "acme");
  CHECK(known.meta("principal") == member(in, "user/id"));
  CHECK(json::Document::parse(known.meta("claims"))->root().find("name").as_string() == "admin");
}

TEST_CASE("auth: a link ends with time, and with the next one", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string first = rig.invite();
  const std::string second = rig.invite();
  CHECK(outcome(rig.use(first)) == "link_over");
  rig.pass(1h);
  CHECK(outcome(rig.use(second)) == "link_over");
  CHECK(outcome(rig.use("sl_other_" + second.substr(8))) == "link_over");
  CHECK(outcome(rig.use("nonsense")) == "not_found");
}

TEST_CASE("auth: operators' methods are the kernel's alone", "[auth]") {
  FakeHost host;
  Rig rig(host);
  for (const char* method : {"invite", "issue"}) {
    for (const char* principal : {"plugin:forms", "admin", ""})
      CHECK(outcome(rig.ask(method, R"({"tenant":"acme","username":"eve","roles":["owner"]})", {},
                            {"acme", principal, ""})) == "operator_only");
    CHECK(outcome(rig.ask(method, R"({"tenant":"other","username":"eve"})", {}, {"acme", "kernel", ""})) ==
          "tenant_mismatch");
  }
  rig.enter();
  CHECK(outcome(rig.ask("invite", R"({"tenant":"acme","username":"admin","roles":[]})", {}, {"acme", "kernel", ""})) ==
        "user_exists");
}

TEST_CASE("auth: a token for operators acts for a user, or for the operator of a tenant without users", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Reply issued = rig.ask("issue", R"({"tenant":"acme"})", {}, {"acme", "kernel", ""});
  REQUIRE(outcome(issued) == "ok");
  CHECK(outcome(rig.authenticate(member(issued, "token"), "anything:at-all")) == "ok");
  CHECK(outcome(rig.login("operator")) == "bad_login");
  CHECK(outcome(rig.ask("issue", R"({"tenant":"acme","user":"ann"})", {}, {"acme", "kernel", ""})) == "not_found");
  rig.invite("acme", "ann", "viewer");
  CHECK(outcome(rig.ask("issue", R"({"tenant":"acme","user":"ann"})", {}, {"acme", "kernel", ""})) ==
        "user_not_active");
}

TEST_CASE("auth: whose tenant is said by the body, else the listener, else the host", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  const std::string body = R"({"username":"admin","password":"tr0ub4dor&3"})";
  CHECK(outcome(rig.ask("login", body)) == "tenant_required");
  CHECK(outcome(rig.ask("login", body, {{"http.tenant", "acme"}})) == "ok");
  CHECK(outcome(rig.ask("login", body, {{"http.header.host", "ACME.test:8443"}})) == "ok");
  CHECK(outcome(rig.ask("login", body, {{"http.header.host", "acme.test.evil"}})) == "tenant_required");
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "other", {{"http.tenant", "acme"}})) == "bad_login");
}

TEST_CASE("auth: a wrong name, password or tenant is one answer after the same work", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  const auto cost = [&](const std::string& name, const std::string& password, const std::string& tenant) {
    const unsigned offloads = host.count("offload");
    const Reply reply = rig.login(name, password, tenant);
    CHECK(outcome(reply) == "bad_login");
    CHECK(reply.message() == "the tenant, the username or the password is wrong");
    CHECK(reply.meta("http.header.www-authenticate") == "Bearer");
    return host.count("offload") - offloads;
  };
  CHECK(cost("admin", "wrong password", "acme") == 1);
  CHECK(cost("nobody", "wrong password", "acme") == 1);
  CHECK(cost("not a name", "wrong password", "acme") == 1);
  CHECK(cost("admin", "wrong password", "nowhere") == 1);
  CHECK(cost("admin", "wrong password", "NO TENANT") == 1);
  rig.invite("acme", "invited");
  CHECK(cost("invited", "wrong password", "acme") == 1);
  // And the same questions of storage.
  const auto reads = [&](const std::string& name) {
    const unsigned before = rig.reads;
    rig.peer = "198.51.100.9";
    static_cast<void>(rig.login(name, "wrong password"));
    return rig.reads - before;
  };
  CHECK(reads("admin") == reads("nobody2"));
}

TEST_CASE("auth: passwords are not taken over a plain connection from elsewhere", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string link = rig.invite();
  rig.transport = "plain";
  CHECK(outcome(rig.use(link)) == "tls_required");
  CHECK(outcome(rig.login()) == "tls_required");
  rig.transport = "loopback";
  CHECK(outcome(rig.use(link)) == "ok");
  const Reply in = rig.login();
  CHECK(std::string(in.meta("http.header.set-cookie")).substr(0, 22) == "socle_session=ss_acme_");
  CHECK(in.meta("http.header.set-cookie").find("Secure") == std::string_view::npos);
}

TEST_CASE("auth: a page of another site cannot sign anybody in", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {{"http.header.sec-fetch-site", "cross-site"}})) ==
        "cross_site_request");
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme",
                          {{"http.header.origin", "https://evil.test"}, {"http.header.host", "acme.test"}})) ==
        "cross_site_request");
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme",
                          {{"http.header.origin", "https://acme.test"}, {"http.header.host", "acme.test"}})) == "ok");
}

TEST_CASE("auth: signing in always begins a new session and ends the browser's old one", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string old = rig.enter();
  const Reply in = rig.login("admin", "tr0ub4dor&3", "acme", {{"http.header.cookie", "__Host-socle_session=" + old}});
  CHECK(Rig::cookie(in) != old);
  CHECK(outcome(rig.authenticate(old)) == "session_revoked");
  CHECK(outcome(rig.authenticate(Rig::cookie(in))) == "ok");
  const std::string planted = "ss_acme_" + std::string(43, 'A');
  const Reply fixed =
      rig.login("admin", "tr0ub4dor&3", "acme", {{"http.header.cookie", "__Host-socle_session=" + planted}});
  CHECK(outcome(fixed) == "ok");
  CHECK(outcome(rig.authenticate(planted)) == "bad_credential");
}

TEST_CASE("auth: the browser's old session ends also when it is another tenant's", "[auth]") {
  FakeHost host({.workers = 2});
  Rig rig(host);
  const std::string old = rig.enter("acme");
  const std::string another = Rig::cookie(rig.login());
  rig.enter("other");
  for (std::uint32_t w = 0; w < 2; ++w) REQUIRE(outcome(rig.authenticate(old, "authenticated", {}, w)) == "ok");
  const Texts shown{{"http.header.cookie", "__Host-socle_session=" + old}};
  CHECK(outcome(rig.login("admin", "wrong password", "other", shown)) == "bad_login");
  CHECK(outcome(rig.authenticate(old)) == "ok");
  const Reply in = rig.login("admin", "tr0ub4dor&3", "other", shown);
  REQUIRE(outcome(in) == "ok");
  for (std::uint32_t w = 0; w < 2; ++w)
    CHECK(outcome(rig.authenticate(old, "authenticated", {}, w)) == "session_revoked");
  CHECK(outcome(rig.authenticate(another)) == "ok");
  CHECK(outcome(rig.authenticate(Rig::cookie(in))) == "ok");
}

TEST_CASE("auth: guesses at one user from one address end soon, and come back slowly", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  for (int i = 0; i < 3; ++i) CHECK(outcome(rig.login("admin", "wrong password")) == "bad_login");
  const unsigned offloads = host.count("offload");
  const Reply held = rig.login();
  CHECK(outcome(held) == "too_many_attempts");
  CHECK(held.meta("retry-after") == "60");
  CHECK(host.count("offload") == offloads);
  rig.peer = "198.51.100.9";
  CHECK(outcome(rig.login()) == "ok");
  rig.peer = "192.0.2.7";
  rig.pass(60s);
  CHECK(outcome(rig.login()) == "ok");
  // Unknown users are counted exactly so.
  for (int i = 0; i < 3; ++i) CHECK(outcome(rig.login("nobody", "wrong password")) == "bad_login");
  CHECK(outcome(rig.login("nobody", "wrong password")) == "too_many_attempts");
}

TEST_CASE("auth: credential stuffing from one address and at one user is held back", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  int tried = 0;
  while (tried < 100 && outcome(rig.login("user" + std::to_string(tried), "wrong password")) == "bad_login") ++tried;
  CHECK(tried == 30);
  tried = 0;
  for (; tried < 100; ++tried) {
    rig.peer = "198.51.100." + std::to_string(tried);
    if (outcome(rig.login("admin", "wrong password")) != "bad_login") break;
  }
  CHECK(tried == 30);
}

TEST_CASE("auth: too many hashes of an address or a tenant at once are refused, not queued without end", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  host.stall("offload", 0);
  std::vector<Asked> asked;
  const auto login = [&](const std::string& peer, const std::string& tenant) {
    rig.peer = peer;
    asked.push_back(
        rig.begin("login", R"({"username":"a","password":"wrong password","tenant":")" + tenant + "\"}", {}, {}));
    host.run_until_idle();
    return asked.back().done() ? outcome(asked.back().reply()) : std::string("waits");
  };
  CHECK(login("192.0.2.1", "acme") == "waits");
  CHECK(login("192.0.2.1", "acme") == "waits");
  CHECK(login("192.0.2.1", "acme") == "too_many_sign_ins");
  CHECK(login("192.0.2.2", "acme") == "waits");
  CHECK(login("192.0.2.2", "acme") == "waits");
  CHECK(login("192.0.2.3", "acme") == "too_many_sign_ins");
  CHECK(login("192.0.2.3", "other") == "waits");
  CHECK(host.count("offload") <= 2 + 2);  // two of enter(), two slots
  // The other tenant is next when a slot is free, not last.
  for (int i = 0; i < 20; ++i) {
    host.release_stalled();
    host.run_until_idle();
  }
  for (const Asked& one : asked) CHECK(one.done());
}

TEST_CASE("auth: names that are no tenants' share one queue of hashes", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  host.stall("offload", 0);
  host.fail("context_act_as", Code::not_found, 0);
  std::vector<Asked> asked;
  for (int i = 0; i < 5; ++i) {
    rig.peer = "192.0.2." + std::to_string(i + 1);
    asked.push_back(rig.begin(
        "login", R"({"username":"a","password":"wrong password","tenant":"made-up-)" + std::to_string(i) + "\"}", {},
        {}));
    host.run_until_idle();
  }
  for (int i = 0; i < 4; ++i) CHECK_FALSE(asked[static_cast<std::size_t>(i)].done());
  REQUIRE(asked[4].done());
  CHECK(outcome(asked[4].reply()) == "too_many_sign_ins");
  for (int i = 0; i < 20; ++i) {
    host.release_stalled();
    host.run_until_idle();
  }
}

TEST_CASE("auth: a password that was hashed with less is hashed anew at the next sign-in", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  std::string costlier = config;
  costlier.replace(costlier.find("\"password_passes\":1"), 19, "\"password_passes\":2");
  rig.plugin.reset();
  rig.plugin = std::make_unique<TestedPlugin>(host, AUTH_LIBRARY, costlier);
  const unsigned writes = rig.writes;
  CHECK(outcome(rig.login()) == "ok");
  const unsigned first = rig.writes - writes;
  CHECK(outcome(rig.login()) == "ok");
  CHECK(rig.writes - writes - first == first - 1);
}

TEST_CASE("auth: with an authenticator the password alone is not enough, and each code counts once", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const std::string session = rig.enter();
  Rig::Who ada = rig.as(session);
  const std::string password = R"("password":"tr0ub4dor&3")";
  CHECK(outcome(rig.ask("begin_totp", R"({"password":"wrong"})", {}, ada)) == "bad_password");
  const Reply begun = rig.ask("begin_totp", "{" + password + "}", {}, ada);
  REQUIRE(outcome(begun) == "ok");
  CHECK(outcome(rig.login()) == "ok");  // not asked for before it was confirmed
  const std::string secret = *socle::auth::from_base32(member(begun, "secret"));
  const auto code = [&](int ahead) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(socle::Duration(host.table()->now_utc(host.table())));
    return socle::auth::totp_code(secret, socle::auth::totp_step(seconds.count()) + ahead);
  };
  CHECK(outcome(rig.ask("confirm_totp", "{" + password + R"(,"code":"000000x"})", {}, ada)) == "invalid_request");
  const Reply confirmed = rig.ask("confirm_totp", "{" + password + R"(,"code":")" + code(0) + "\"}", {}, ada);
  REQUIRE(outcome(confirmed) == "ok");
  const std::string spare = member(confirmed, "recovery_codes/3");
  CHECK(outcome(rig.authenticate(session)) == "session_revoked");
  CHECK(outcome(rig.authenticate(Rig::cookie(confirmed))) == "ok");

  CHECK(outcome(rig.login()) == "second_factor_required");
  CHECK(outcome(rig.login("admin", "wrong password", "acme", {}, code(0))) == "bad_login");
  rig.pass(10min);
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, code(0))) == "ok");
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, code(0))) == "bad_code");
  rig.pass(10min);
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, spare)) == "ok");
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, spare)) == "bad_code");
  for (int i = 0; i < 2; ++i) CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, "123456")) == "bad_code");
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, code(0))) == "too_many_attempts");
}

TEST_CASE("auth: good sign-ins in two steps are no guesses, however many there are", "[auth]") {
  FakeHost host;
  Rig rig(host);
  Rig::Who ada = rig.as(rig.enter());
  const std::string password = R"("password":"tr0ub4dor&3")";
  const std::string secret =
      *socle::auth::from_base32(member(rig.ask("begin_totp", "{" + password + "}", {}, ada), "secret"));
  const auto code = [&] {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(socle::Duration(host.table()->now_utc(host.table())));
    return socle::auth::totp_code(secret, socle::auth::totp_step(seconds.count()));
  };
  REQUIRE(outcome(rig.ask("confirm_totp", "{" + password + R"(,"code":")" + code() + "\"}", {}, ada)) == "ok");
  for (int i = 0; i < 12; ++i) {
    rig.pass(30s);
    CHECK(outcome(rig.login()) == "second_factor_required");
    CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, code())) == "ok");
  }
  CHECK(outcome(rig.login("admin", "tr0ub4dor&3", "acme", {}, "123456")) == "bad_code");
  const std::string user = "auth.login users/" + ada.principal;
  CHECK(rig.trail.back() == user + " bad_code");
}

TEST_CASE("auth: users of a suspended tenant, and suspended users, do not come in", "[auth]") {
  FakeHost host;
  Rig rig(host);
  rig.enter();
  rig.suspended = "acme";
  CHECK(outcome(rig.login()) == "tenant_suspended");
  CHECK(outcome(rig.login("admin", "wrong password")) == "bad_login");
}

TEST_CASE("auth: what is no sign-in is told field by field", "[auth]") {
  FakeHost host;
  Rig rig(host);
  CHECK(outcome(rig.ask("login", "{")) == "bad_json");
  CHECK(outcome(rig.ask("login", "[]")) == "bad_request");
  const Reply empty = rig.ask("login", R"({"username":7})");
  CHECK(empty.http_status() == 422);
  CHECK(member(empty, "0/pointer") == "/username");
  CHECK(member(empty, "1/pointer") == "/password");
  const Reply longer = rig.login("admin", std::string(1025, 'x'));
  CHECK(member(longer, "0/code") == "too_long");
}
