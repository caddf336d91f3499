// auth_seam_test.cpp: requests that show a credential, with a provider of auth/1 that knows `good` of tenant acme.
#include <catch2/catch.hpp>
#include <socle/json.hpp>

#include "rig.hpp"

using namespace gateway_test;
using namespace socle::testing;
using socle::Code;
using socle::Reply;

namespace {

std::string text(std::string_view v) { return std::string(v); }

std::string code(const Answer& a) {
  auto document = socle::json::Document::parse(a.body);
  return document ? text(document->root().find("code").as_string()) : "no JSON: " + a.body;
}

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + text(path) + " HTTP/1.1\r\nHost: h\r\n" + text(fields) + "\r\n";
}

struct AuthRig : Rig {
  explicit AuthRig(Answers answers = Answers::at_once) {
    host.serve(
        "auth/1", "authenticate",
        [this](const ServiceCall& call) {
          ++asked;
          for (const char* key :
               {"authorization", "cookie", "access", "method", "path", "route", "peer", "origin", "host"})
            shown[key] = text(call.meta(key));
          asked_for = text(call.context.tenant());
          if (status != Code::internal) return Reply::error(status, "said_so", "because").with_header("x-why", "auth");
          if (call.meta("authorization") != "Bearer good" && call.meta("cookie") != "good") return Reply();
          Reply reply;
          reply.with("tenant", "acme").with("principal", "u1").with("claims", R"({"user":"u1"})");
          return reply;
        },
        answers);
    host.set_catalog("plugins", R"([{"plugin":"auth","provides":["auth/1"]}])");
    listener(R"("address":"127.0.0.1:8080")");
    host.serve("test/1", "who", [this](const ServiceCall& call) {
      who = text(call.context.tenant()) + "|" + text(call.context.principal()) + "|" + text(call.context.claims());
      secret = text(call.meta("http.header.authorization")) + text(call.meta("http.header.cookie"));
      body = text(call.text());
      return Reply();
    });
    host.serve("auth/1", "login", [this](const ServiceCall& call) {
      who = text(call.meta("http.peer")) + "|" + text(call.meta("http.transport")) + "|" +
            text(call.meta("http.header.cookie")) + "|" + text(call.context.tenant());
      return Reply();
    });
    routes(
        {route("GET", "/who", "who", R"("headers":"all")", "notes:read"),
         route("POST", "/who", "who", "", "authenticated"), route("GET", "/open", "who"),
         R"({"plugin":"auth","method":"GET","path":"/login","to":{"service":"auth/1","method":"login"},"access":"public","headers":"all"})"});
  }
  unsigned asked = 0;
  Code status = Code::internal;
  std::map<std::string, std::string> shown;
  std::string who, secret, body, asked_for;
};

const std::string bearer = "Authorization: Bearer good\r\n";

}  // namespace

TEST_CASE("auth: a credential that auth/1 knows becomes tenant, principal and claims", "[gateway]") {
  for (const Answers answers : {Answers::at_once, Answers::later}) {
    AuthRig rig(answers);
    Client c = rig.connect();
    CHECK(c.ask(get("/who?a=b", bearer)).status == 200);
    CHECK(rig.who == R"(acme|u1|{"user":"u1"})");
    CHECK(rig.asked_for == "~peer/192.0.2.7");
    CHECK(rig.shown["authorization"] == "Bearer good");
    CHECK(rig.shown["access"] == "notes:read");
    CHECK(rig.shown["method"] == "GET");
    CHECK(rig.shown["path"] == "/who");
    CHECK(rig.shown["peer"] == "192.0.2.7");
    CHECK(rig.secret.empty());
    CHECK(c.ask(get("/who", bearer + "X-Tenant-ID: acme\r\n")).status == 200);
    const Answer a = c.ask(get("/who", bearer + "X-Tenant-ID: other\r\n"));
    CHECK(a.status == 403);
    CHECK(code(a) == "tenant_mismatch");
  }
}

TEST_CASE("auth: a denial on a public route is told by its template, as its path may hold a secret", "[gateway]") {
  AuthRig rig;
  std::vector<std::string> told;
  rig.host.serve("audit/1", "record", [&told](const ServiceCall& call) {
    const auto event = socle::json::Document::parse(call.text());
    told.push_back(event ? text(event->root().find("target").as_string()) : "no JSON");
    return Reply();
  });
  rig.host.serve("test/1", "deny", [](const ServiceCall&) { return Reply::error(Code::denied, "no", "no"); });
  rig.host.set_catalog("plugins",
                       R"([{"plugin":"auth","provides":["auth/1"]},{"plugin":"audit","provides":["audit/1"]}])");
  rig.routes({route("GET", "/links/{link}", "deny"), route("GET", "/notes/{id}", "deny", "", "authenticated")});
  Client c = rig.connect();
  CHECK(c.ask(get("/links/sl_acme_x", bearer)).status == 403);
  CHECK(rig.shown["route"] == "/links/{link}");
  CHECK(c.ask(get("/links/sl_acme_x")).status == 403);
  CHECK(c.ask(get("/notes/7", bearer)).status == 403);
  CHECK(rig.shown["route"].empty());
  CHECK(told == std::vector<std::string>{"GET /links/{link}", "GET /links/{link}", "GET /notes/7"});
}

TEST_CASE("auth: bodies and later requests wait until it is known for whom", "[gateway]") {
  AuthRig rig(Answers::later);
  Client c = rig.connect();
  const std::string head = "POST /who HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" + bearer;
  const std::string whole = head + "Content-Length: 2\r\n\r\n{}";
  c.send(whole + head + "Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n" + get("/who", bearer));
  for (int i = 0; i < 3; ++i) CHECK(c.answer().status == 200);
  CHECK(rig.asked == 3);
  CHECK(rig.body.empty());
  c.send(head + "Content-Length: 4\r\n\r\n[1");
  CHECK_FALSE(c.answer().complete);
  c.send(",2");
  c.send("]");
  c.send(head + "Content-Length: 2\r\n\r\n");
  c.send("{}");
  CHECK(c.answer().status == 200);
}

TEST_CASE("auth: what auth/1 refuses is answered in its words, and bodies behind it are not read as requests",
          "[gateway]") {
  for (const Answers answers : {Answers::at_once, Answers::later}) {
    AuthRig rig(answers);
    Client c = rig.connect();
    for (const auto& [status, http] :
         {std::pair{Code::unauthenticated, 401}, {Code::denied, 403}, {Code::too_large, 413}, {Code::exhausted, 429}}) {
      rig.status = status;
      const Answer a = c.ask(get("/who", bearer));
      CHECK(a.status == http);
      CHECK(code(a) == "said_so");
      CHECK(a.header("x-why") == "auth");
    }
    const std::string post = "POST /who HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" + bearer;
    c.send(post + "Content-Length: 2\r\n\r\n{}" + get("/open"));
    CHECK(c.answer().status == 429);
    CHECK(c.answer().status == 200);
    c.send(post + "Content-Length: 60\r\n\r\n" + get("/who"));
    CHECK(c.answer().status == 429);
    CHECK(c.received().empty());
    CHECK(c.closed());
  }
}

TEST_CASE("auth: an auth/1 that cannot answer lets nobody in", "[gateway]") {
  AuthRig rig;
  Client c = rig.connect();
  for (const Code status : {Code::unavailable, Code::deadline, Code::not_found}) {
    rig.status = status;
    const Answer a = c.ask(get("/who", bearer));
    CHECK(a.status == 503);
    CHECK(code(a) == "auth_unavailable");
  }
}

TEST_CASE("auth: without a credential the listener's own identity counts, or nobody's", "[gateway]") {
  AuthRig rig;
  Client c = rig.connect();
  CHECK(c.ask(get("/who")).status == 401);
  CHECK(c.ask(get("/open")).status == 200);
  CHECK(rig.who == "~peer/192.0.2.7|anonymous|");
  CHECK(c.ask(get("/who", "Authorization: Bearer stale\r\n")).status == 401);
  rig.listener(R"("tenant":"demo","principal":"ann")");
  Client d = rig.connect();
  CHECK(d.ask(get("/who")).status == 200);
  CHECK(rig.who == "demo|ann|");
  CHECK(d.ask(get("/who", bearer)).status == 200);
  CHECK(rig.who == R"(acme|u1|{"user":"u1"})");
  CHECK(rig.asked == 2);
  // What auth/1 does not let count, on the way to signing in, leaves the listener's.
  CHECK(d.ask(get("/open", "Authorization: Bearer stale\r\n")).status == 200);
  CHECK(rig.who == "demo|ann|");
}

TEST_CASE("auth: the session cookie is taken where its name may have been set, and Authorization goes before it",
          "[gateway]") {
  AuthRig rig;
  Client c = rig.connect();
  CHECK(c.ask(get("/who", "Cookie: a=b; socle_session=good\r\nOrigin: http://h\r\n")).status == 200);
  CHECK(rig.shown["cookie"] == "good");
  CHECK(rig.shown["origin"] == "http://h");
  CHECK(rig.shown["host"] == "h");
  CHECK(c.ask(get("/who", "Cookie: socle_session=worse\r\nCookie: __Host-socle_session=good\r\n")).status == 200);
  CHECK(c.ask(get("/who", "Cookie: xsocle_session=good; socle_session\r\n")).status == 401);
  CHECK(c.ask(get("/who", bearer + "Cookie: socle_session=worse\r\n")).status == 200);
  CHECK(rig.shown["cookie"].empty());
  rig.listener(R"("address":"0.0.0.0:8080")");
  Client plain = rig.connect();
  CHECK(plain.ask(get("/who", "Cookie: socle_session=good; __Host-socle_session=good\r\n")).status == 401);
}

TEST_CASE("auth: its own routes learn where the request comes from and see what others must not", "[gateway]") {
  AuthRig rig;
  Client c = rig.connect();
  CHECK(c.ask(get("/login", "Cookie: socle_session=good\r\n")).status == 200);
  CHECK(rig.who == "192.0.2.7|loopback|socle_session=good|acme");
}

TEST_CASE("auth: a stream goes on only as long as its sender may", "[gateway]") {
  for (const Answers answers : {Answers::at_once, Answers::later}) {
    AuthRig rig(answers);
    unsigned pieces = 0;
    rig.host.serve("test/1", "who",
                   [&](const ServiceCall&) { return Reply::text("piece").with_stream("test/1.more", "1"); });
    rig.host.serve(
        "test/1", "more",
        [&](const ServiceCall& call) {
          CHECK(call.context.claims() == R"({"user":"u1"})");
          if (++pieces == 3) rig.status = Code::unauthenticated;
          return Reply::text("more").with_stream("test/1.more", "2");
        },
        Answers::later);
    Client c = rig.connect();
    c.send(get("/who", bearer));
    const std::string all = c.received();
    CHECK(pieces == 3);
    CHECK(all.find("\r\n0\r\n\r\n") == std::string::npos);
    CHECK(c.closed());
  }
}
