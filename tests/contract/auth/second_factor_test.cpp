// second_factor_test.cpp: whose role wants a second factor, as the operator names it or the tenant marks it: what the
// session before it is set up is good for, and that it ends there.
#include "credentials/totp.hpp"
#include "office.hpp"

using namespace auth_test;

namespace {

const std::string proof_of_password = R"("password":"tr0ub4dor&3")";

// An operator who demands it of these roles (JSON).
std::string demanded_of(const std::string& roles) { return "\"second_factor_roles\":" + roles + ","; }

std::string now_code(FakeHost& host, const Reply& begun) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(socle::Duration(host.table()->now_utc(host.table())));
  const std::string secret = socle::auth::from_base32(member(begun, "secret")).value_or("");
  return socle::auth::totp_code(secret, socle::auth::totp_step(seconds.count()));
}

// "POST /v1/x" with a credential.
Reply asking(Rig& rig, const std::string& secret, const std::string& route,
             const std::string& access = "authenticated") {
  const std::size_t space = route.find(' ');
  return rig.ask("authenticate", "",
                 {{"access", access},
                  {"method", route.substr(0, space)},
                  {"path", route.substr(space + 1)},
                  {"peer", "192.0.2.7"},
                  {"authorization", "Bearer " + secret}});
}

Rig::Who owing(Rig& rig, const std::string& secret) {
  const Reply known = asking(rig, secret, "GET /v1/auth/session");
  REQUIRE(outcome(known) == "ok");
  return {std::string(known.meta("tenant")), std::string(known.meta("principal")), std::string(known.meta("claims"))};
}

json::Document stored(Rig& rig, Method method, const std::string& request) {
  const auto parsed = json::Document::parse(request);
  REQUIRE(parsed);
  const auto answer = rig.store.call("acme", method, parsed->root());
  REQUIRE_FALSE(answer.failed);
  auto out = json::Document::parse(answer.text);
  REQUIRE(out);
  return std::move(*out);
}

// Writes `now` in place of `old` into a user's document, past the plugin.
void rewrite(Rig& rig, const std::string& id, const std::string& old, const std::string& now) {
  const std::string name = R"("collection":"auth.users","id":")" + id + "\"";
  std::string text = json::to_text(stored(rig, Method::get, "{" + name + "}").root().find("doc"));
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  text.replace(at, old.size(), now);
  stored(rig, Method::write, R"({"operations":[{"op":"put",)" + name + R"(,"doc":)" + text + "}]}");
}

// Why settings with these roles (JSON) keep the plugin from starting.
std::string refusal_of_roles(const std::string& roles) {
  FakeHost host;
  TestedPlugin plugin(host, AUTH_LIBRARY, "{" + demanded_of(roles) + std::string(config).substr(1));
  return std::string(plugin.created().message());
}

constexpr const char* factor_owed = "second_factor_setup_required";

// Sets one up; the answer to the code.
Reply set_up(Rig& rig, const Rig::Who& who) {
  const Reply begun = rig.ask("begin_totp", "{" + proof_of_password + "}", {}, who);
  REQUIRE(outcome(begun) == "ok");
  return rig.ask("confirm_totp", "{" + proof_of_password + R"(,"code":")" + now_code(rig.host, begun) + "\"}", {}, who);
}

}  // namespace

TEST_CASE("auth: whose role wants a second factor may set one up and sign out, and nothing else", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["owner","admin"])"));
  REQUIRE(outcome(rig.use(rig.invite())) == "ok");
  const Reply in = rig.login();
  REQUIRE(outcome(in) == "ok");
  CHECK(member(in, "second_factor_due") == "true");
  for (const std::string& secret : {Rig::cookie(in), member(in, "access_token")}) {
    for (const char* route :
         {"GET /v1/auth/session", "POST /v1/auth/totp", "POST /v1/auth/totp/confirm", "POST /v1/auth/logout",
          "GET /account", "POST /account/factor", "POST /account/confirm", "POST /logout"})
      CHECK(outcome(asking(rig, secret, route)) == "ok");
    for (const char* route :
         {"GET /v1/x", "GET /v1/auth/totp", "DELETE /v1/auth/totp", "GET /v1/auth/sessions", "POST /v1/auth/password",
          "POST /v1/auth/keys", "POST /v1/auth/recovery-codes", "GET /v1/auth/session/", "POST /account/keys", "GET /"})
      CHECK(outcome(asking(rig, secret, route)) == factor_owed);
    CHECK(outcome(asking(rig, secret, "GET /v1/auth/users", "users:read")) == factor_owed);
  }
  const Reply refused = asking(rig, Rig::cookie(in), "POST /v1/auth/keys");
  CHECK(refused.code() == Code::denied);
  CHECK(refused.message() ==
        "your role wants a second factor: set one up with POST /v1/auth/totp and POST /v1/auth/totp/confirm, or on the "
        "page /account");
  CHECK(rig.trail.back() == std::string("access.denied POST /v1/auth/keys ") + factor_owed);
}

TEST_CASE("auth: who owes a second factor is nobody in particular on public routes", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  const std::string session = rig.enter();
  for (int i = 0; i < 2; ++i) {  // looked up, then known
    const Reply passed = asking(rig, session, "GET /v1/hello/Ada", "public");
    CHECK(outcome(passed) == "ok");
    CHECK(passed.meta("tenant").empty());
  }
}

TEST_CASE("auth: a second factor that is set up replaces the session by a full one, taken off by a narrow one",
          "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  const std::string session = rig.enter();
  const Rig::Who ada = owing(rig, session);
  const Reply told = rig.ask("session", "", {}, ada);
  CHECK(member(told, "second_factor_due") == "true");
  const Reply confirmed = set_up(rig, ada);
  REQUIRE(outcome(confirmed) == "ok");
  CHECK(outcome(asking(rig, session, "GET /v1/auth/session")) == "session_revoked");
  const std::string full = Rig::cookie(confirmed);
  CHECK(outcome(asking(rig, full, "POST /v1/auth/keys")) == "ok");
  CHECK(rig.ask("session", "", {}, owing(rig, full)).text().find("second_factor_due") == std::string_view::npos);
  CHECK(outcome(rig.login()) == "second_factor_required");
  const Reply gone = rig.ask("remove_totp", "{" + proof_of_password + "}", {}, owing(rig, full));
  REQUIRE(outcome(gone) == "ok");
  CHECK(outcome(asking(rig, Rig::cookie(gone), "POST /v1/auth/keys")) == factor_owed);
}

TEST_CASE("auth: with the second factor at the sign-in nothing is owed", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["*"])"));
  const Rig::Who ada = owing(rig, rig.enter());
  const Reply begun = rig.ask("begin_totp", "{" + proof_of_password + "}", {}, ada);
  const std::string confirm = "{" + proof_of_password + R"(,"code":")" + now_code(host, begun) + "\"}";
  REQUIRE(outcome(rig.ask("confirm_totp", confirm, {}, ada)) == "ok");
  rig.pass(10min);
  const Reply in = rig.login("admin", "tr0ub4dor&3", "acme", {}, now_code(host, begun));
  REQUIRE(outcome(in) == "ok");
  CHECK(in.text().find("second_factor_due") == std::string_view::npos);
  CHECK(outcome(asking(rig, Rig::cookie(in), "GET /v1/x")) == "ok");
}

TEST_CASE("auth: roles that the operator does not name demand nothing, an asterisk names all", "[auth]") {
  {
    FakeHost host;
    Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
    CHECK(outcome(rig.authenticate(rig.enter("acme", "vera", "viewer"))) == "ok");
  }
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["*"])"));
  CHECK(outcome(rig.authenticate(rig.enter("acme", "vera", "viewer"))) == factor_owed);
}

TEST_CASE("auth: a tenant marks roles of its own, and what inherits one of them is marked too", "[auth]") {
  FakeHost host;
  Office office(host);
  const auto put = [&](const std::string& role, const std::string& rest) {
    return office.ask("put_role", R"({"role":")" + role + "\"," + rest + "}", {{"role", role}}, office.admin);
  };
  REQUIRE(outcome(put("boss", R"("permissions":["records:*"],"second_factor":true)")) == "ok");
  REQUIRE(outcome(put("chief", R"("inherits":["boss"])")) == "ok");
  REQUIRE(outcome(put("clerk", R"("inherits":["viewer"],"second_factor":false)")) == "ok");
  CHECK(outcome(office.authenticate(office.hire("bo", "boss"))) == factor_owed);
  CHECK(outcome(office.authenticate(office.hire("cher", "chief"))) == factor_owed);
  CHECK(outcome(office.authenticate(office.hire("clay", "clerk"))) == "ok");
  const Reply wrong = put("odd", R"("permissions":["records:read"],"second_factor":"yes")");
  CHECK(outcome(wrong) == "invalid_roles");
  CHECK(wrong.message() == "found 'yes'; wanted true or false");
}

TEST_CASE("auth: what the operator demands of a role holds for roles that inherit it", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  const Reply confirmed = set_up(rig, owing(rig, rig.enter()));
  REQUIRE(outcome(confirmed) == "ok");
  const Rig::Who admin = rig.as(Rig::cookie(confirmed));
  REQUIRE(outcome(rig.ask("put_role", R"({"role":"boss","inherits":["admin"]})", {{"role", "boss"}}, admin)) == "ok");
  const Reply made = rig.ask("create_user", R"({"username":"bo","roles":["boss"]})", {}, admin);
  REQUIRE(outcome(rig.use(member(made, "password_link").substr(33))) == "ok");
  CHECK(outcome(rig.authenticate(Rig::cookie(rig.login("bo")))) == factor_owed);
}

TEST_CASE("auth: a mark counts from the next sign-in on, and not for keys that were made before", "[auth]") {
  FakeHost host;
  Office office(host);
  const auto put = [&](const std::string& more) {
    return outcome(office.ask("put_role", R"({"role":"boss","permissions":["records:*"])" + more + "}",
                              {{"role", "boss"}}, office.admin));
  };
  REQUIRE(put("") == "ok");
  const std::string session = office.hire("bo", "boss");
  const Reply made = office.ask("create_key", R"({"name":"k","scopes":["records:read"]})", {}, office.as(session));
  REQUIRE(outcome(made) == "ok");
  REQUIRE(put(R"(,"second_factor":true)") == "ok");
  CHECK(outcome(office.authenticate(session)) == "ok");
  CHECK(outcome(office.authenticate(Rig::cookie(office.login("bo")))) == factor_owed);
  CHECK(outcome(office.of("end_user_sessions", "bo")) == "ok");
  CHECK(outcome(office.authenticate(session)) == "session_revoked");
  CHECK(outcome(office.authenticate(member(made, "secret"), "records:read")) == "ok");
}

TEST_CASE("auth: the operator's own token is asked for no second factor", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["*"])"));
  const Reply issued = rig.ask("issue", R"({"tenant":"acme"})", {}, {"acme", "kernel", ""});
  REQUIRE(outcome(issued) == "ok");
  CHECK(outcome(rig.authenticate(member(issued, "token"), "users:write")) == "ok");
}

TEST_CASE("auth: a guest sets the second factor up at home, and owes it elsewhere until then", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  const Rig::Who ann = rig.as(rig.enter("acme", "ann", "member"));
  const std::string link = rig.invite("other", "ann-of-acme", "admin");
  REQUIRE(outcome(rig.use(link, R"({"join":true})", ann)) == "ok");
  const std::string there = Rig::cookie(rig.login("ann-of-acme", "tr0ub4dor&3", "other"));
  CHECK(outcome(rig.authenticate(there)) == factor_owed);
  CHECK(outcome(rig.ask("begin_totp", "{" + proof_of_password + "}", {}, owing(rig, there))) == "account_elsewhere");
  const Reply begun = rig.ask("begin_totp", "{" + proof_of_password + "}", {}, ann);
  const std::string confirm = "{" + proof_of_password + R"(,"code":")" + now_code(host, begun) + "\"}";
  REQUIRE(outcome(rig.ask("confirm_totp", confirm, {}, ann)) == "ok");
  CHECK(outcome(rig.authenticate(there)) == "session_revoked");
  rig.pass(10min);
  const Reply in = rig.login("ann-of-acme", "tr0ub4dor&3", "other", {}, now_code(host, begun));
  CHECK(outcome(rig.authenticate(Rig::cookie(in))) == "ok");
}

TEST_CASE("auth: whose roles change while he signs in owes what they demand when his session begins", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  const Rig::Who vera = rig.as(rig.enter("acme", "vera", "viewer"));
  rig.meanwhile = [&] { rewrite(rig, vera.principal, R"("roles":["viewer"])", R"("roles":["admin"])"); };
  const Reply in = rig.login("vera");
  REQUIRE(outcome(in) == "ok");
  CHECK(member(in, "second_factor_due") == "true");
  CHECK(member(in, "roles/0") == "admin");
  for (const std::string& secret : {Rig::cookie(in), member(in, "access_token")})
    CHECK(outcome(asking(rig, secret, "GET /v1/x")) == factor_owed);
  rig.meanwhile = [&] { rewrite(rig, vera.principal, R"("roles":["admin"])", R"("roles":["viewer"])"); };
  const Reply freed = rig.login("vera");
  CHECK(freed.text().find("second_factor_due") == std::string_view::npos);
  CHECK(outcome(asking(rig, Rig::cookie(freed), "GET /v1/x")) == "ok");
}

TEST_CASE("auth: whose roles change while he sets a password owes what they demand then", "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  const Rig::Who vera = rig.as(rig.enter("acme", "vera", "viewer"));
  rig.meanwhile = [&] { rewrite(rig, vera.principal, R"("roles":["viewer"])", R"("roles":["admin"])"); };
  const Reply changed =
      rig.ask("change_password", "{" + proof_of_password + R"(,"new_password":"fountain pen 9"})", {}, vera);
  REQUIRE(outcome(changed) == "ok");
  CHECK(outcome(asking(rig, Rig::cookie(changed), "GET /v1/x")) == factor_owed);
}

TEST_CASE("auth: who is suspended or removed while he signs in gets no session", "[auth]") {
  FakeHost host;
  Rig rig(host);
  const Rig::Who vera = rig.as(rig.enter("acme", "vera", "viewer"));
  const auto sessions = [&rig] {
    return stored(rig, Method::query, R"({"collection":"auth.sessions"})").root().find("items").size();
  };
  const std::size_t before = sessions();
  rig.meanwhile = [&] { rewrite(rig, vera.principal, R"("state":"active")", R"("state":"suspended")"); };
  CHECK(outcome(rig.login("vera")) == "user_suspended");
  rewrite(rig, vera.principal, R"("state":"suspended")", R"("state":"active")");
  rig.meanwhile = [&] {
    stored(rig, Method::write,
           R"({"operations":[{"op":"delete","collection":"auth.users","id":")" + vera.principal + "\"}]}");
  };
  CHECK(outcome(rig.login("vera")) == "bad_login");
  CHECK(sessions() == before);
}

TEST_CASE("auth: tokens that are refreshed owe the second factor too, and end with the session that owes it",
          "[auth]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, demanded_of(R"(["admin"])"));
  REQUIRE(outcome(rig.use(rig.invite())) == "ok");
  const Reply in = rig.login();
  std::string refresh = member(in, "refresh_token"), access;
  const auto refreshed = [&rig](const std::string& token, const std::string& more) {
    return rig.ask("token", "grant_type=refresh_token&refresh_token=" + token + more,
                   {{"http.header.content-type", "application/x-www-form-urlencoded"}});
  };
  for (const char* more : {"", "&scope=records%3Aread"}) {
    CAPTURE(more);
    const Reply fresh = refreshed(refresh, more);
    REQUIRE(outcome(fresh) == "ok");
    access = member(fresh, "access_token");
    refresh = member(fresh, "refresh_token");
    CHECK(outcome(asking(rig, access, "GET /v1/auth/session")) == "ok");
    CHECK(outcome(asking(rig, access, "GET /v1/x")) == factor_owed);
    CHECK(outcome(asking(rig, access, "GET /v1/forms/x/records", "records:read")) == factor_owed);
  }
  REQUIRE(outcome(set_up(rig, owing(rig, Rig::cookie(in)))) == "ok");
  CHECK(outcome(asking(rig, access, "GET /v1/auth/session")) == "session_revoked");
  for (const char* more : {"", "&scope=records%3Aread"}) {
    const Reply gone = refreshed(refresh, more);
    CHECK(gone.http_status() == 400);
    CHECK(member(gone, "error") == "invalid_grant");
  }
}

TEST_CASE("auth: what is no name of a role demands nothing and keeps the plugin from starting", "[auth]") {
  for (const char* found : {"owner, admin", "", "admin ", "**"}) {
    CAPTURE(found);
    const std::string wanted =
        std::string("second_factor_roles: found '") + found + "'; wanted the name of a role, or \"*\"";
    CHECK(refusal_of_roles(std::string(R"(["owner",")") + found + "\"]").find(wanted) != std::string::npos);
  }
}

TEST_CASE("auth: a role that the operator names and that is not built in is warned of once", "[auth]") {
  FakeHost host;
  const Rig rig(host, Answers::at_once, demanded_of(R"(["owner","Admin","*"])"));
  std::vector<std::string> warned;
  for (const auto& line : host.logs())
    if (line.level == socle::Level::warn) warned.push_back(line.message);
  CHECK(warned == std::vector<std::string>{
                      "second_factor_roles: no built-in role 'Admin'; it counts only where a tenant has one"});
}
