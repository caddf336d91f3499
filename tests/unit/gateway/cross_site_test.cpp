// cross_site_test.cpp: requests that pages of other sites make a browser send, also under a name that they let point to
// this machine, where the listener's own identity would answer for them.
#include <catch2/catch.hpp>

#include "local_name.hpp"
#include "rig.hpp"
#include "support/cross_site_cases.hpp"

using namespace gateway_test;
using socle::Reply;
using socle::testing::ServiceCall;

namespace {

// A line of the head; none for a value that is absent.
std::string field(std::string_view name, std::string_view value) {
  return value.data() ? std::string(name).append(": ").append(value).append("\r\n") : std::string();
}

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
    last =
        client.ask(std::string(method) + " /w HTTP/1.1\r\n" + field("Host", host_field) + std::string(fields) + "\r\n");
    return last.status;
  }
  std::string_view host_field = socle::testing::cross_site_host;
  unsigned written = 0;
  mutable Answer last;
};

}  // namespace

TEST_CASE("cross-site: pages of other sites do not write in the name of the listener; own ones and no browser do",
          "[gateway]") {
  SiteRig rig;
  Client c = rig.connect();
  for (const auto& one : socle::testing::cross_site_cases) {
    const std::string fields = field("Sec-Fetch-Site", one.fetch_site) + field("Origin", one.origin);
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
      INFO(method << " " << fields);
      rig.written = 0;
      CHECK(rig.ask(c, method, fields) == (one.passes ? 200 : 403));
      CHECK(rig.written == (one.passes ? 1U : 0U));
      if (!one.passes) CHECK_THAT(rig.last.body, Catch::Contains("\"code\":\"cross_site_request\""));
    }
    CHECK(rig.ask(c, "GET", fields) == 200);
  }
  CHECK(c.ask("HEAD /w HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n").status == 200);
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

TEST_CASE("unknown host: what leads to this machine only", "[gateway]") {
  using socle::gateway::names_this_machine;
  for (const char* own : {"localhost", "LocalHost:8080", "localhost.", "app.localhost", "a.b.LOCALHOST.:1", "127.0.0.1",
                          "127.0.0.1:8080", "127.255.1.2", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]"}) {
    INFO(own);
    CHECK(names_this_machine(own));
  }
  for (const char* other : {"evil.test", "evil.test:8080", "localhost.evil.test", "evillocalhost", ".localhost",
                            "localhost..", "t", "", "127.0.0.1.evil.test", "127.evil.test", "127.1", "0.0.0.0",
                            "128.0.0.1", "[::2]", "[::]", "[fe80::1]", "[::1"}) {
    INFO(other);
    CHECK_FALSE(names_this_machine(other));
  }
}

TEST_CASE("unknown host: a page that lets its name point here neither writes nor reads", "[gateway]") {
  SiteRig rig;
  rig.host_field = "evil.test:8080";
  Client c = rig.connect();
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* fields :
         {"Origin: http://evil.test:8080\r\n", "Referer: http://evil.test:8080/\r\n", "Accept-Language: fr\r\n",
          "accept-language:\r\n", "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Mode: cors\r\n", "SEC-GPC: 1\r\n"}) {
      INFO(method << " " << fields);
      CHECK(rig.ask(c, method, fields) == 403);
      CHECK_THAT(rig.last.body, Catch::Contains("\"code\":\"unknown_host\""));
      CHECK_THAT(rig.last.body, Catch::Contains("[::1]; found 'evil.test:8080'."));
    }
  }
  CHECK(rig.written == 0);
}

TEST_CASE("unknown host: under an own name all is as before, and what is no browser names the host as it likes",
          "[gateway]") {
  SiteRig rig;
  Client c = rig.connect();
  for (const std::string host : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "app.localhost"}) {
    rig.host_field = host;
    for (const char* method : {"GET", "POST"}) {
      INFO(method << " " << host);
      CHECK(rig.ask(c, method, "Accept-Language: fr\r\nOrigin: http://" + host + "\r\n") == 200);
    }
  }
  for (const char* host : {"t", "app.test:8080", "10.0.0.1"}) {
    rig.host_field = host;
    CHECK(rig.ask(c, "GET", "User-Agent: curl/8\r\nAccept: */*\r\n") == 200);
    CHECK(rig.ask(c, "POST", "Seconds: 1\r\n") == 200);
  }
  Client old = rig.connect();
  CHECK(old.ask("GET /w HTTP/1.0\r\nAccept-Language: fr\r\n\r\n").status == 200);
  rig.host_field = "app.test";
  Client open = rig.connect("open");  // which stands for nobody
  CHECK(rig.ask(open, "POST", "Origin: http://app.test\r\n") == 200);
}

TEST_CASE("unknown host: nobody is led to sign in where signing in is refused as well", "[gateway]") {
  Rig rig(R"({"sign_in":"/login"})");
  Client c = rig.connect();
  const Answer a =
      c.ask("GET /v1/hello/a HTTP/1.1\r\nHost: evil.test\r\nAccept: text/html\r\nAccept-Language: fr\r\n\r\n");
  CHECK(a.status == 403);
  CHECK_THAT(a.body, Catch::Contains("unknown_host"));
}
