// door_test.cpp: signing in and out through pages: what auth/1 is asked, what its answers become, where one is led.
#include "rig.hpp"

using namespace pages_test;

namespace {

// Somebody who has not signed in.
void outside(Rig& rig) {
  rig.tenant = "~peer/192.0.2.1";
  rig.principal = "";
  rig.claims = "";
}

const Fields entered{{"tenant", "acme"}, {"username", "ada <b>"}, {"password", "secret 1"}, {"next", "/forms/visit"}};

Reply signed_in() { return Reply::json("{}").with_header("set-cookie", "socle_session=s; Path=/"); }

}  // namespace

TEST_CASE("pages door: it asks for what is not known, and leads on within this site only", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  const Reply page = rig.ask("door", {{"next", "/forms/visit?filter=a"}});
  REQUIRE(is_page(page));
  for (const char* name : {"tenant", "username", "password"}) CHECK(has(page, "name=\"" + std::string(name) + "\""));
  CHECK(hidden(page, "next") == "/forms/visit?filter=a");
  CHECK_FALSE(has(rig.ask("door", {{"http.tenant", "acme"}}), "name=\"tenant\""));
  for (const char* next : {"//evil.example", "https://evil.example/", "\\\\evil", "javascript:alert(1)", ""})
    CHECK(hidden(rig.ask("door", {{"next", next}}), "next") == "/");
  CHECK(has(rig.ask("door", {{"why", "session_expired"}}), "Your session has ended. Sign in again."));
  CHECK(rig.ask("door", {{"why", "second_factor_setup_required"}}).meta("location") == "/account");
}

TEST_CASE("pages door: the door opens without the providers that could not be asked", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  rig.answer("auth/1.oidc_choices",
             R"({"items":[{"provider":"p1","title":"Work <x>","login":"/v1/auth/oidc/login/p1?tenant=acme"}]})");
  CHECK(has(rig.ask("door"), "Work &lt;x&gt;"));
  rig.refuse("auth/1.oidc_choices", Code::unavailable, "storage_down", "not now");
  const Reply page = rig.ask("door");
  CHECK(page.http_status() == 200);
  CHECK(has(page, "name=\"password\""));
}

TEST_CASE("pages door: who signs in is led on with his cookie, and his session of before is over", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.services["auth/1.login"] = [](const ServiceCall&) { return signed_in(); };
  outside(rig);
  const Reply done = rig.post("enter", {}, entered);
  CHECK(done.http_status() == 303);
  CHECK(done.meta("location") == "/forms/visit");
  CHECK(answered(done, "set-cookie") == "socle_session=s; Path=/");
  const auto asked = rig.last("auth/1.login").body();
  CHECK(asked.root().find("tenant").as_string() == "acme");
  CHECK(asked.root().find("username").as_string() == "ada <b>");
  CHECK(asked.root().find("password").as_string() == "secret 1");
  CHECK(rig.times("auth/1.logout") == 0);
  auto elsewhere = entered;
  elsewhere.back().second = "https://evil.example/";
  CHECK(rig.post("enter", {}, elsewhere).meta("location") == "/");
  rig.claims = ada;
  rig.principal = "u1";
  rig.tenant = "acme";
  CHECK(rig.post("enter", {}, entered).http_status() == 303);
  CHECK(rig.times("auth/1.logout") == 1);
}

TEST_CASE("pages door: what the browser said of itself goes along to auth/1", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  CHECK(rig.post("enter",
                 {{"http.peer", "192.0.2.1"},
                  header("user-agent", "Firefox/1"),
                  header("sec-fetch-site", "same-origin"),
                  header("cookie", "a=b")},
                 entered)
            .http_status() == 303);
  const auto question = rig.last("auth/1.login");
  CHECK(question.said("http.peer") == "192.0.2.1");
  CHECK(question.said("http.header.user-agent") == "Firefox/1");
  CHECK(question.said("http.header.sec-fetch-site") == "same-origin");
  CHECK(question.said("http.header.cookie").empty());
}

TEST_CASE("pages door: a wrong login says no more than that, and keeps no password", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  for (const char* code : {"bad_login", "invalid_request"}) {
    rig.refuse("auth/1.login", Code::unauthenticated, code, "user ada of acme is unknown");
    const Reply page = rig.post("enter", {}, entered);
    REQUIRE(is_page(page));
    CHECK(page.http_status() == (std::string_view(code) == "bad_login" ? 401 : 403));
    CHECK(has(page, "The organisation, the username or the password is wrong."));
    CHECK_FALSE(has(page, "is unknown"));
    CHECK(has(page, "value=\"ada &lt;b&gt;\""));
    CHECK_FALSE(has(page, "secret 1"));
    CHECK(answered(page, "set-cookie").empty());
  }
}

TEST_CASE("pages door: a second factor is one more step", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  rig.refuse("auth/1.login", Code::unauthenticated, "second_factor_required", "a code is wanted");
  const Reply page = rig.post("enter", {}, entered);
  CHECK(page.http_status() == 200);
  CHECK(has(page, "autocomplete=\"one-time-code\""));
  CHECK(hidden(page, "next") == "/forms/visit");
  rig.refuse("auth/1.login", Code::unauthenticated, "bad_code", "the code is wrong");
  const Reply again = rig.post("enter", {}, entered);
  CHECK(again.http_status() == 401);
  CHECK(has(again, "the code is wrong"));
}

TEST_CASE("pages door: a service that is away is no wrong password", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  for (const auto& [code, status] :
       {std::pair{Code::unavailable, 503}, {Code::deadline, 504}, {Code::exhausted, 429}, {Code::too_large, 413}}) {
    rig.refuse("auth/1.login", code, "not_now", "try again");
    const Reply page = rig.post("enter", {}, entered);
    CHECK(page.http_status() == status);
    CHECK(has(page, "try again"));
    CHECK(has(page, "value=\"ada &lt;b&gt;\""));
  }
}

TEST_CASE("pages door: a form of another site signs nobody in or out", "[pages]") {
  FakeHost host;
  Rig rig(host);
  for (const char* method : {"enter", "leave", "set_password", "change_account", "end_session", "remove_key",
                             "link_account", "unlink_account"}) {
    const Reply page = rig.post_raw(method, {{"what", "password"}, {"link", "l1"}}, {{"csrf", "x"}, {"password", "y"}});
    INFO(method);
    CHECK(page.http_status() == 403);
    CHECK(has(page, "stale_form"));
  }
  CHECK(rig.asked.empty());
}

TEST_CASE("pages door: who signs out is led to the door, his cookie taken", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.services["auth/1.logout"] = [](const ServiceCall&) { return signed_in(); };
  const Reply left = rig.post("leave", {}, {});
  CHECK(left.http_status() == 303);
  CHECK(left.meta("location") == "/login");
  CHECK(answered(left, "set-cookie") == "socle_session=s; Path=/");
}

TEST_CASE("pages door: a one-time link sets a password, and is never told to another site", "[pages]") {
  FakeHost host;
  Rig rig(host);
  outside(rig);
  rig.answer("auth/1.look_at_link", R"({"username":"bob","tenant":"acme","purpose":"invitation"})");
  const Reply page = rig.ask("welcome", {{"link", "l1"}});
  REQUIRE(is_page(page));
  CHECK(answered(page, "referrer-policy") == "no-referrer");
  CHECK(has(page, "action=\"/join/l1\""));
  CHECK(has(page, "For bob of acme."));
  rig.refuse("auth/1.use_link", Code::invalid, "invalid_request", "1 fault",
             R"([{"pointer":"/password","code":"too_short","message":"choose a longer one"}])", 422);
  const Reply refused = rig.post("set_password", {{"link", "l1"}}, {{"password", "short"}});
  CHECK(refused.http_status() == 422);
  CHECK(has(refused, "<p class=\"error\">choose a longer one</p>"));
  rig.refuse("auth/1.use_link", Code::unavailable, "storage_down", "not now");
  CHECK(rig.post("set_password", {{"link", "l1"}}, {{"password", "long enough"}}).http_status() == 503);
  rig.answer("auth/1.use_link", "{}");
  const Reply set = rig.post("set_password", {{"link", "l1"}}, {{"password", "long enough"}});
  CHECK(set.meta("location") == "/login?done=set");
  rig.refuse("auth/1.look_at_link", Code::not_found, "not_found", "there is no such link here");
  CHECK(rig.ask("welcome", {{"link", "l1"}}).http_status() == 404);
}
