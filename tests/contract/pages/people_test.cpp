// people_test.cpp: accounts, users and roles through their pages: what auth/1 is asked, what it refuses, and who was
// faster.
#include "rig.hpp"

using namespace pages_test;

namespace {

const Texts of_bob{{"id", "u2"}};

void with_bob(Rig& rig) {
  rig.services["auth/1.user"] = [](const ServiceCall&) {
    return Reply::json(
               R"({"id":"u2","username":"bob","name":"Bob <b>","roles":["member","hr"],"org":"","state":"active"})")
        .with_etag("\"7\"");
  };
  rig.answer("auth/1.user_sessions", R"({"items":[]})");
}

const std::string clerk = R"({"role":"clerk","permissions":["records:read"],"inherits":[]})";

void with_clerk(Rig& rig, const std::string& etag) {
  rig.services["auth/1.role"] = [etag](const ServiceCall&) { return Reply::json(clerk).with_etag(etag); };
}

}  // namespace

TEST_CASE("pages people: somebody is invited, and the link is shown once", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.answer("auth/1.users",
             R"({"items":[{"id":"u2","username":"<bob>","name":"","roles":["member"],"state":"invited"}]})");
  const Reply list = rig.ask("users");
  REQUIRE(is_page(list));
  CHECK(has(list, "<a href=\"/users/u2\">&lt;bob&gt;</a>"));
  rig.answer("auth/1.create_user", R"({"id":"u3","password_link":"https://here/join/l1?a&b"})");
  const Reply made =
      rig.post("invite", {}, {{"username", "eve"}, {"name", ""}, {"roles", " member  hr "}, {"org", ""}});
  REQUIRE(is_page(made));
  CHECK(made.meta("cache-control") == "no-store");
  CHECK(has(made, "https://here/join/l1?a&amp;b"));
  CHECK(rig.last("auth/1.create_user").text == R"({"username":"eve","roles":["member","hr"]})");
}

TEST_CASE("pages people: an invitation that is refused keeps what was entered, faults at their inputs", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.refuse("auth/1.create_user", Code::invalid, "invalid_request", "1 fault",
             R"([{"pointer":"/roles/1","code":"unknown_role","message":"there is no role 'hrr'"}])", 422);
  const Reply page = rig.post("invite", {}, {{"username", "eve"}, {"roles", "member hrr"}});
  CHECK(page.http_status() == 422);
  CHECK(has(page, "there is no role &#39;hrr&#39;"));
  CHECK(has(page, "value=\"member hrr\""));
  CHECK(has(page, "value=\"eve\""));
}

TEST_CASE("pages people: of two who change a user one is told, with what he entered and what is stored by now",
          "[pages]") {
  FakeHost host;
  Rig rig(host);
  with_bob(rig);
  const Reply page = rig.ask("user", of_bob);
  REQUIRE(is_page(page));
  CHECK(hidden(page, "etag") == "&quot;7&quot;");
  CHECK(has(page, "value=\"member hr\""));
  auto save = of_bob;
  save.emplace_back("what", "save");
  CHECK(rig.post("change_user", save, {{"name", "B"}, {"roles", "hr"}, {"org", ""}, {"etag", "\"7\""}})
            .meta("location") == "/users/u2?done=updated");
  const auto question = rig.last("auth/1.change_user");
  CHECK(question.said("http.header.if-match") == "\"7\"");
  CHECK(question.text == R"({"name":"B","org":"","roles":["hr"]})");
  rig.refuse("auth/1.change_user", Code::precondition, "version_mismatch", "it has another version");
  const Reply late = rig.post("change_user", save, {{"name", "Late"}, {"roles", "hr"}, {"etag", "\"6\""}});
  CHECK(late.http_status() == 409);
  CHECK(has(late, "Somebody has changed this user meanwhile."));
  CHECK(has(late, "value=\"Late\""));
  CHECK(hidden(late, "etag") == "&quot;7&quot;");
  // A form without its version is as one that was outdated.
  static_cast<void>(rig.post("change_user", save, {{"name", "B"}, {"roles", "hr"}}));
  CHECK(rig.last("auth/1.change_user").said("http.header.if-match") == "\"\"");
}

TEST_CASE("pages people: each button of a user's page is one question to auth/1", "[pages]") {
  FakeHost host;
  Rig rig(host);
  with_bob(rig);
  rig.answer("auth/1.user_password_link", R"({"password_link":"https://here/join/l2"})");
  struct Case {
    const char *what, *asked, *text, *location;
  };
  for (const auto& one :
       {Case{"suspend", "change_user", R"({"state":"suspended"})", "/users/u2?done=updated"},
        Case{"resume", "change_user", R"({"state":"active"})", "/users/u2?done=updated"},
        Case{"sign-out", "end_user_sessions", "", "/users/u2?done=ended"},
        Case{"no-factor", "remove_user_totp", "", "/users/u2?done=updated"},
        Case{"delete", "remove_user", "", "/users?done=removed"}, Case{"link", "user_password_link", "", ""}}) {
    INFO(one.what);
    auto meta = of_bob;
    meta.emplace_back("what", one.what);
    const Reply done = rig.post("change_user", meta, {});
    CHECK(done.meta("location") == one.location);
    const auto question = rig.last(std::string("auth/1.") + one.asked);
    CHECK(question.text == one.text);
    CHECK(question.said("id") == "u2");
    if (std::string_view(one.what) == "link") CHECK(has(done, "https://here/join/l2"));
  }
  auto unknown = of_bob;
  unknown.emplace_back("what", "promote");
  CHECK(rig.post("change_user", unknown, {}).http_status() == 404);
}

TEST_CASE("pages people: a new role takes no other's place, and of two who change one one is told", "[pages]") {
  FakeHost host;
  Rig rig(host);
  with_clerk(rig, "\"3\"");
  CHECK(rig.post("put_role", {}, {{"role", "clerk"}, {"permissions", "records:read"}}).meta("location") ==
        "/roles/clerk?done=updated");
  CHECK(rig.last("auth/1.put_role").said("http.header.if-none-match") == "*");
  CHECK(rig.last("auth/1.put_role").text == R"({"role":"clerk","permissions":["records:read"]})");
  const Texts of_clerk{{"role", "clerk"}};
  const Reply page = rig.ask("role", of_clerk);
  REQUIRE(is_page(page));
  CHECK(hidden(page, "version") == "&quot;3&quot;");
  const Fields fields{{"permissions", "records:read rules:evaluate"}, {"version", "\"3\""}, {"go", "save"}};
  CHECK(rig.post("save_role", of_clerk, fields).http_status() == 303);
  CHECK(rig.last("auth/1.put_role").said("http.header.if-match") == "\"3\"");
  with_clerk(rig, "\"5\"");
  rig.refuse("auth/1.put_role", Code::precondition, "version_mismatch", "it has another version");
  const Reply late = rig.post("save_role", of_clerk, fields);
  CHECK(late.http_status() == 409);
  CHECK(has(late, "records:read rules:evaluate"));
  CHECK(hidden(late, "version") == "&quot;5&quot;");
  rig.refuse("auth/1.put_role", Code::unavailable, "storage_down", "not now");
  const Reply away = rig.post("save_role", of_clerk, fields);
  CHECK(away.http_status() == 503);
  CHECK(has(away, "records:read rules:evaluate"));
}

TEST_CASE("pages people: rows of a role come and go without asking anybody", "[pages]") {
  FakeHost host;
  Rig rig(host);
  const Reply more = rig.post("save_role", {{"role", "clerk"}}, {{"permissions", "records:read"}, {"go", "add"}});
  REQUIRE(is_page(more));
  CHECK(has(more, "name=\"grants/0/permissions\""));
  const Reply less = rig.post("save_role", {{"role", "clerk"}}, {{"grants/0/permissions", "x"}, {"go", "remove/0"}});
  CHECK_FALSE(has(less, "name=\"grants/0/permissions\""));
  CHECK(rig.times("auth/1.put_role") == 0);
}

TEST_CASE("pages people: an account has its sessions, keys and factors; a secret is shown once", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.answer("auth/1.session", R"({"user":{"username":"ada <b>","roles":["admin"]},"session":{"means":["pwd"]}})");
  rig.answer("auth/1.sessions",
             R"({"items":[{"id":"s1","agent":"Mozilla Firefox/1 Linux","peer":"192.0.2.1","current":true}]})");
  rig.answer("auth/1.keys", R"({"items":[{"id":"k1","name":"robot <x>","scopes":["records:read"]}]})");
  const Reply page = rig.ask("account");
  REQUIRE(is_page(page));
  CHECK(has(page, "ada &lt;b&gt;"));
  CHECK(has(page, "robot &lt;x&gt;"));
  CHECK(has(page, "Firefox, Linux"));
  rig.answer("auth/1.create_key", R"({"id":"k2","secret":"sk_once"})");
  const Reply made = rig.post("change_account", {{"what", "keys"}}, {{"name", "bot"}, {"scopes", "records:read"}});
  CHECK(has(made, "<code>sk_once</code>"));
  CHECK(made.meta("cache-control") == "no-store");
  CHECK(rig.last("auth/1.create_key").text == R"({"name":"bot","scopes":["records:read"]})");
  CHECK_FALSE(has(rig.ask("account"), "sk_once"));
  rig.refuse("auth/1.change_password", Code::denied, "bad_password", "the present password is another");
  const Reply wrong =
      rig.post("change_account", {{"what", "password"}}, {{"password", "old one"}, {"new_password", "new one"}});
  CHECK(wrong.http_status() == 422);
  CHECK(has(wrong, "the present password is another"));
  CHECK_FALSE(has(wrong, "old one"));
  rig.refuse("auth/1.change_password", Code::unavailable, "storage_down", "not now");
  CHECK(rig.post("change_account", {{"what", "password"}}, {{"password", "a"}}).http_status() == 503);
  CHECK(rig.post("change_account", {{"what", "nothing"}}, {}).http_status() == 404);
}
