// cross_site_test.cpp: requests that pages of other sites make a browser send, where the listener's own identity would
// answer for them.
#include <catch2/catch.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Reply;
using socle::testing::ServiceCall;

namespace {

struct SiteRig : Rig {
  SiteRig() {
    host.serve("test/1", "write", [this](const ServiceCall&) {
      ++written;
      return Reply();
    });
    std::vector<std::string> list;
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) list.push_back(route(method, "/w", "write"));
    routes(list);
  }
  int ask(Client& client, std::string_view method, std::string_view fields) const {
    last = client.ask(std::string(method) + " /w HTTP/1.1\r\nHost: App.test:8080\r\n" + std::string(fields) + "\r\n");
    return last.status;
  }
  unsigned written = 0;
  mutable Answer last;
};

}  // namespace

TEST_CASE("cross-site: a page of another site does not write in the name of the listener", "[gateway]") {
  SiteRig rig;
  Client c = rig.connect();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* fields : {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site:\r\n",
                               "Origin: https://evil.test\r\n", "Origin: null\r\n", "Origin: http://app.test\r\n",
                               "Origin: http://app.test:8080.evil.test\r\n", "Origin: app.test:8080\r\n",
                               "Origin: http://app.test:8080\r\nSec-Fetch-Site: cross-site\r\n"}) {
      INFO(method << " " << fields);
      CHECK(rig.ask(c, method, fields) == 403);
      CHECK_THAT(rig.last.body, Catch::Contains("\"code\":\"cross_site_request\""));
    }
  }
  CHECK(rig.written == 0);
}

TEST_CASE("cross-site: own pages, the user, and what is no browser write; everybody reads", "[gateway]") {
  SiteRig rig;
  Client c = rig.connect();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* fields :
         {"", "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n", "Origin: http://app.test:8080\r\n",
          "Origin: HTTPS://APP.test:8080\r\n", "Origin: http://outer.test\r\nSec-Fetch-Site: same-origin\r\n"})
      CHECK(rig.ask(c, method, fields) == 200);
  }
  CHECK(rig.written == 24);
  CHECK(rig.ask(c, "GET", "Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n") == 200);
  CHECK(c.ask("HEAD /w HTTP/1.1\r\nHost: h\r\nSec-Fetch-Site: cross-site\r\n\r\n").status == 200);
}

TEST_CASE("cross-site: who stands for nobody or shows a credential is not the gateway's to judge", "[gateway]") {
  SiteRig rig;
  const std::string elsewhere = "Sec-Fetch-Site: cross-site\r\n";
  Client open = rig.connect("open");
  CHECK(rig.ask(open, "POST", elsewhere) == 200);
  bool known = true;
  rig.host.serve("auth/1", "authenticate", [&known](const ServiceCall&) {
    return known ? Reply().with("tenant", "acme").with("principal", "u1") : Reply();
  });
  rig.host.set_catalog("plugins", R"([{"plugin":"auth","provides":["auth/1"]}])");
  Client c = rig.connect();
  CHECK(rig.ask(c, "POST", elsewhere + "Authorization: Bearer good\r\n") == 200);
  // One that does not count here leaves the listener's identity, as if it were not there.
  known = false;
  CHECK(rig.ask(c, "POST", elsewhere + "Authorization: Bearer stale\r\n") == 403);
  CHECK(rig.ask(c, "POST", "Authorization: Bearer stale\r\n") == 200);
}
