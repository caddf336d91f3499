// service_matrix_test.cpp: every method of auth/1, as the manifest lists them, called by another service for somebody
// who must not have it: for nobody, for another tenant, for another user, by a key for something else. Permissions are
// asked on routes; what no call can go round is here: the tenant, the account, and what is given on. A method that is
// new in the manifest is wanted in the table below.
#include <fstream>
#include <set>

#include "core/secret.hpp"
#include "office.hpp"

using namespace auth_test;

namespace {

enum class About {
  everybody,  // signing in and what is public: holds no caller
  own,        // of the plugin's own generations and operators: nobody else's at all
  account,    // one's own: somebody who has signed in
  somebody,   // a user by id: within the tenant, nobody above oneself
  giving,     // roles and what they reach: not beyond one's own
  tenant,     // the tenant's, behind a route's permission: within the tenant
};

const std::map<std::string, About, std::less<>> methods{
    {"authenticate", About::everybody},
    {"login", About::everybody},
    {"look_at_link", About::everybody},
    {"use_link", About::everybody},
    {"token", About::everybody},
    {"revoke", About::everybody},
    {"jwks", About::everybody},
    {"openid_configuration", About::everybody},
    {"oidc_choices", About::everybody},
    {"oidc_login", About::everybody},
    {"oidc_callback", About::everybody},
    {"forget", About::own},
    {"access_changed", About::own},
    {"invite", About::own},
    {"issue", About::own},
    {"logout", About::account},
    {"session", About::tenant},
    {"sessions", About::account},
    {"end_session", About::account},
    {"end_sessions", About::account},
    {"change_password", About::account},
    {"begin_totp", About::account},
    {"confirm_totp", About::account},
    {"remove_totp", About::account},
    {"recovery_codes", About::account},
    {"keys", About::account},
    {"create_key", About::account},
    {"rotate_key", About::account},
    {"remove_key", About::account},
    {"oidc_begin_link", About::account},
    {"oidc_links", About::account},
    {"oidc_unlink", About::account},
    {"user", About::tenant},
    {"user_sessions", About::tenant},
    {"change_user", About::somebody},
    {"remove_user", About::somebody},
    {"user_password_link", About::somebody},
    {"end_user_sessions", About::somebody},
    {"remove_user_totp", About::somebody},
    {"create_user", About::giving},
    {"put_role", About::giving},
    {"remove_role", About::giving},
    {"put_units", About::giving},
    {"oidc_put_provider", About::giving},
    {"users", About::tenant},
    {"roles", About::tenant},
    {"role", About::tenant},
    {"units", About::tenant},
    {"policies", About::tenant},
    {"introspect", About::tenant},
    {"rotate_token_keys", About::tenant},
    {"decide", About::tenant},
    {"filter", About::tenant},
    {"explain", About::tenant},
    {"authorize", About::tenant},
    {"compile", About::tenant},
    {"oidc_providers", About::tenant},
    {"oidc_provider", About::tenant},
    {"oidc_remove_provider", About::tenant},
    {"oidc_check_provider", About::tenant},
};

constexpr const char* secret_name = "only-acme-knows-this";

std::set<std::string> declared() {
  std::ifstream file(AUTH_MANIFEST);
  std::set<std::string> out;
  bool within = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "    methods:") {
      within = true;
    } else if (within && line.rfind("      ", 0) != 0) {
      break;
    } else if (within) {
      out.insert(line.substr(6, line.find(':') - 6));
    }
  }
  return out;
}

// A tenant with one of everything, and a call that means each of these.
struct Full : Office {
  explicit Full(FakeHost& on) : Office(on) {
    hire("victim", "member");
    session_id = socle::auth::fingerprint(session);
    const Reply key = ask("create_key", std::string(R"({"name":")") + secret_name + R"(","scopes":["*"]})", {}, admin);
    key_id = member(key, "key/id");
    REQUIRE(outcome(ask("put_role", R"({"role":"boss","title":"only-acme-knows-this","permissions":["*"]})",
                        {{"role", "boss"}}, admin)) == "ok");
    REQUIRE(outcome(ask("oidc_put_provider",
                        R"({"issuer":"https://idp.test","client_id":"only-acme-knows-this","client_secret":"s"})",
                        {{"provider", "idp"}}, admin)) == "ok");
  }
  Reply call(const std::string& method, const Who& who) {
    std::string id = admin.principal;
    if (method.find("key") != std::string::npos) id = key_id;
    if (method == "end_session") id = session_id;
    if (method == "oidc_begin_link") id = "idp";
    Texts meta{{"id", id},          {"role", "boss"},
               {"provider", "idp"}, {"link", "sl_acme_x"},
               {"all", "true"},     {"http.header.content-type", "application/x-www-form-urlencoded"}};
    std::string body =
        R"({"username":"new","password":"x","new_password":"y","name":"n","scopes":["*"],"roles":["admin"],
      "role":"boss","permissions":["*"],"units":[{"unit":"hq"}],"issuer":"https://idp.test","client_id":"c",
      "client_secret":"s","resource":"forms/a","action":"read","permission":"users:read","source":{}})";
    if (method == "oidc_put_provider")
      body = R"({"issuer":"https://idp.test","client_id":"c","client_secret":"s","roles":["admin"]})";
    if (method == "put_role") body = R"({"role":"boss","permissions":["*"]})";
    if (method == "token" || method == "revoke" || method == "introspect") body = "token=x&grant_type=x";
    return ask(method, body, std::move(meta), who);
  }
  std::string session_id, key_id;
};

const std::set<std::string> refusals{"session_required", "operator_only",     "own_plugin_only",
                                     "role_above_own",   "forbidden",         "not_found",
                                     "own_account",      "permission_denied", "unknown_link"};

}  // namespace

TEST_CASE("auth: each method of the manifest is in the matrix of services", "[auth]") {
  std::set<std::string> known;
  for (const auto& [name, about] : methods) known.insert(name);
  CHECK(declared() == known);
}

TEST_CASE("auth: for nobody and by a narrow key no service reaches accounts, roles or operators' methods", "[auth]") {
  for (const auto& [method, about] : methods) {
    if (about == About::everybody || about == About::tenant) continue;
    FakeHost host;
    Full full(host);
    const Rig::Who narrow = full.narrow(full.admin, R"(["nothing:read","users:write"])");
    for (const Rig::Who& who : {narrow, Rig::Who{"acme", "anonymous", ""}, Rig::Who{}}) {
      CAPTURE(method, who.tenant, who.principal);
      const unsigned before = full.written_by["acme"];
      CHECK(refusals.count(outcome(full.call(method, who))) == 1);
      CHECK(full.written_by["acme"] == before);
    }
    CHECK(outcome(full.authenticate(full.session)) == "ok");
  }
}

TEST_CASE("auth: for another tenant no service sees or changes anything of this one", "[auth]") {
  for (const auto& [method, about] : methods) {
    FakeHost host;
    Full full(host);
    const Rig::Who other = full.as(full.enter("other"));
    const unsigned before = full.written_by["acme"];
    const Reply reply = full.call(method, other);
    CAPTURE(method, reply.text());
    CHECK(reply.text().find(secret_name) == std::string_view::npos);
    CHECK(full.written_by["acme"] == before);
    if (about == About::somebody) CHECK(outcome(reply) == "not_found");
    CHECK(outcome(full.authenticate(full.session)) == "ok");
  }
}

TEST_CASE("auth: for another user no service touches one's account or whoever has more", "[auth]") {
  for (const auto& [method, about] : methods) {
    if (about == About::everybody || about == About::tenant) continue;
    FakeHost host;
    Full full(host);
    const Rig::Who other = full.as(full.hire("vic", "viewer"));
    const Reply reply = full.call(method, other);
    CAPTURE(method, reply.text());
    if (about != About::account) CHECK(refusals.count(outcome(reply)) == 1);
    CHECK(reply.text().find(secret_name) == std::string_view::npos);
    CHECK(outcome(full.authenticate(full.session)) == "ok");
    CHECK(member(full.ask("keys", "", {}, full.admin), "items/0/name") == secret_name);
  }
}
