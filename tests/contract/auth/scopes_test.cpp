// scopes_test.cpp: a key or a narrowed token opens what it names and nothing of the account it belongs to.
#include "core/secret.hpp"
#include "office.hpp"

using namespace auth_test;

namespace {

// A narrowed access token of the session `secret`'s user.
Rig::Who narrow_token(Office& office, const std::string& scope) {
  const Reply in = office.login();
  const Reply got =
      office.ask("token", "grant_type=refresh_token&scope=" + scope + "&refresh_token=" + member(in, "refresh_token"),
                 {{"http.header.content-type", "application/x-www-form-urlencoded"}});
  REQUIRE(outcome(got) == "ok");
  return office.as(member(got, "access_token"));
}

}  // namespace

TEST_CASE("auth: a narrow key or token of an administrator changes and shows nothing of accounts", "[auth]") {
  FakeHost host;
  Office office(host);
  const Reply made = office.ask("create_key", R"({"name":"other","scopes":["*"]})", {}, office.admin);
  const std::string key = member(made, "key/id");
  const std::string session = socle::auth::fingerprint(office.session);
  for (const Rig::Who& who : {office.narrow(office.admin, R"(["records:read"])"),
                              office.narrow(office.admin, R"(["*"])"), narrow_token(office, "records:read")}) {
    for (const char* method : {"sessions", "end_sessions", "logout", "create_key", "oidc_links", "change_password",
                               "begin_totp", "confirm_totp", "remove_totp", "recovery_codes"})
      CHECK(outcome(office.ask(method, R"({"name":"k","scopes":["*"],"password":"tr0ub4dor&3"})", {}, who)) ==
            "session_required");
    CHECK(outcome(office.ask("end_session", "", {{"id", session}}, who)) == "session_required");
    CHECK(outcome(office.ask("rotate_key", "", {{"id", key}}, who)) == "session_required");
    CHECK(outcome(office.ask("oidc_begin_link", "", {{"id", "idp"}}, who)) == "session_required");
    CHECK(outcome(office.ask("oidc_unlink", "", {{"id", "x"}}, who)) == "session_required");
  }
  CHECK(outcome(office.authenticate(office.session)) == "ok");
}

TEST_CASE("auth: a key sees and removes keys only when it is for that", "[auth]") {
  FakeHost host;
  Office office(host);
  const std::string key =
      member(office.ask("create_key", R"({"name":"other","scopes":["*"]})", {}, office.admin), "key/id");
  const Rig::Who narrow = office.narrow(office.admin, R"(["records:read"])");
  const Rig::Who reader = office.narrow(office.admin, R"(["keys:read"])");
  const Rig::Who writer = office.narrow(office.admin, R"(["keys:write"])");
  CHECK(outcome(office.ask("keys", "", {}, narrow)) == "session_required");
  CHECK(outcome(office.ask("keys", "", {{"all", "true"}}, narrow)) == "permission_denied");
  CHECK(outcome(office.ask("keys", "", {{"all", "true"}}, writer)) == "permission_denied");
  CHECK(outcome(office.ask("keys", "", {}, reader)) == "ok");
  CHECK(outcome(office.ask("keys", "", {{"all", "true"}}, reader)) == "ok");
  CHECK(outcome(office.ask("remove_key", "", {{"id", key}}, narrow)) == "session_required");
  CHECK(outcome(office.ask("remove_key", "", {{"id", key}}, reader)) == "session_required");
  CHECK(outcome(office.ask("remove_key", "", {{"id", key}}, writer)) == "ok");
}

TEST_CASE("auth: a key for users makes nobody who has more than the key", "[auth]") {
  FakeHost host;
  Office office(host);
  office.hire("ann", "member");
  office.hire("eve", "admin");
  const Rig::Who key = office.narrow(office.admin, R"(["users:*","roles:write","providers:write"])");
  const auto by = [&](std::string_view method, const std::string& name, const std::string& text) {
    return outcome(office.ask(method, text, {{"id", office.ids[name]}}, key));
  };
  for (const char* role : {"admin", "owner", "member", "viewer"})
    CHECK(outcome(office.ask("create_user", R"({"username":"x","roles":[")" + std::string(role) + "\"]}", {}, key)) ==
          "role_above_own");
  CHECK(outcome(office.ask("create_user", R"({"username":"x","roles":[]})", {}, key)) == "ok");
  CHECK(by("change_user", "ann", R"({"roles":["admin"]})") == "role_above_own");
  for (const char* method :
       {"change_user", "remove_user", "user_password_link", "end_user_sessions", "remove_user_totp"})
    CHECK(by(method, "eve", "{}") == "role_above_own");
  const auto put = [&](const std::string& permission) {
    return outcome(
        office.ask("put_role", R"({"role":"r","permissions":[")" + permission + "\"]}", {{"role", "r"}}, key));
  };
  CHECK(put("*") == "forbidden");
  CHECK(put("records:read") == "forbidden");
  CHECK(put("users:read") == "ok");
  CHECK(outcome(office.ask("put_units", R"({"units":[{"unit":"hq"}]})", {}, key)) == "forbidden");
  const std::string provider =
      R"({"issuer":"https://idp.test","client_id":"c","client_secret":"s","register":true,"roles":["admin"]})";
  CHECK(outcome(office.ask("oidc_put_provider", provider, {{"provider", "idp"}}, key)) == "role_above_own");
  // With as much as the role it is enough.
  const Rig::Who all = office.narrow(office.admin, R"(["*"])");
  CHECK(outcome(office.ask("create_user", R"({"username":"y","roles":["admin"]})", {}, all)) == "ok");
}
