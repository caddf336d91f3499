// cross_site_test.cpp: whose page made a request that a browser sends with its cookie.
#include <catch2/catch.hpp>

#include "support/cross_site_cases.hpp"
#include "verify/cross_site.hpp"

using namespace socle::auth;

namespace {

BrowserRequest post() {
  BrowserRequest r;
  r.method = "POST";
  r.host = "app.acme.test";
  r.content_type = "application/json";
  r.expected = "the-token";
  return r;
}
bool passes(const BrowserRequest& r) { return cross_site_fault(r).empty(); }

}  // namespace

TEST_CASE("cross-site: what only reads may come from anywhere", "[auth]") {
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
    BrowserRequest r = post();
    r.method = method;
    r.fetch_site = "cross-site";
    r.origin = "https://evil.test";
    CHECK(passes(r));
  }
}

TEST_CASE("cross-site: Sec-Fetch-Site decides where the browser sends it, else Origin must name the host that is asked",
          "[auth]") {
  for (const auto& one : socle::testing::cross_site_cases) {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "ODD"}) {
      BrowserRequest r = post();
      r.method = method;
      r.host = socle::testing::cross_site_host;
      r.fetch_site = one.fetch_site;
      r.origin = one.origin;
      INFO(method << " " << one.fetch_site << " " << one.origin);
      CHECK(passes(r) == one.passes);
    }
  }
  BrowserRequest r = post();
  r.fetch_site = "cross-site";
  r.origin = "https://app.acme.test";
  CHECK(cross_site_fault(r) == "the browser says that a page of another site makes this request (Sec-Fetch-Site)");
}

TEST_CASE("cross-site: a form without either must bring the session's token", "[auth]") {
  BrowserRequest r = post();
  CHECK(passes(r));  // no page can send JSON to another site unasked
  for (const char* type :
       {"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "Text/Plain ; a=b", ""}) {
    r = post();
    r.content_type = type;
    CHECK_FALSE(passes(r));
    r.token = "the-token";
    CHECK(passes(r));
    r.token = "another";
    CHECK(cross_site_fault(r) == "X-CSRF-Token is not the one of this session");
  }
}

TEST_CASE("cross-site: a token follows from the session's secret and no other", "[auth]") {
  CHECK(csrf_token("a") == csrf_token("a"));
  CHECK(csrf_token("a") != csrf_token("b"));
  CHECK(csrf_token("a").size() == 43);
}
