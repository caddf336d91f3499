// identity_test.cpp: for whom a request acts, what it brings of trace and keys, and the listener for operators.
#include <catch2/catch.hpp>
#include <socle/json.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Reply;
using socle::testing::ServiceCall;

namespace {

std::string member(const Answer& a, std::string_view name) {
  auto document = socle::json::Document::parse(a.body);
  return document ? socle::json::to_text(document->root().find(name)) : "no JSON: " + a.body;
}

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("serve: the context comes from the listener, keys and trace from the request", "[gateway]") {
  Rig rig;
  std::string seen;
  rig.host.serve("test/1", "who", [&](const ServiceCall& call) {
    const socle_context* x = call.context.raw();
    seen = std::string(x->tenant.data, x->tenant.size) + "|" + std::string(x->principal.data, x->principal.size) + "|" +
           std::string(x->idempotency_key.data, x->idempotency_key.size) + "|" +
           std::string(x->lane.data, x->lane.size) + "|" + std::to_string(x->trace_id[0]) + "|" +
           std::to_string((x->deadline - rig.host.table()->now(rig.host.table())) / 1'000'000);
    return Reply();
  });
  rig.routes({route("GET", "/who", "who", R"("timeout_ms":1500)"), route("GET", "/in", "who", "", "authenticated")});
  Client c = rig.connect();
  Answer a = c.ask(get("/who",
                       "Idempotency-Key: k1\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                       "X-Request-ID: mine-1\r\nX-Tenant-ID: demo\r\n"));
  CHECK(a.status == 200);
  CHECK(seen == "demo|ann|k1|demo/192.0.2.7|75|1500");
  CHECK(a.header("x-request-id") == "mine-1");
  CHECK(a.header("traceparent").substr(0, 36) == "00-4bf92f3577b34da6a3ce929d0e0e4736-");
  CHECK(a.header("traceparent").substr(52) == "-01");
  CHECK(c.ask(get("/in")).status == 200);
  a = c.ask(get("/who", "X-Tenant-ID: other\r\n"));
  CHECK(a.status == 403);
  CHECK(member(a, "code") == "\"tenant_mismatch\"");
  a = c.ask(get("/who", "Idempotency-Key: a b\r\n"));
  CHECK(a.status == 400);
  a = c.ask(get("/who", "X-Request-ID: bad id\r\n"));
  CHECK(a.header("x-request-id").size() == 32);
}

TEST_CASE("serve: a listener without tenant serves public routes for an edge tenant and 401 otherwise", "[gateway]") {
  Rig rig;
  std::string seen;
  rig.host.serve("test/1", "who", [&seen](const ServiceCall& call) {
    seen = std::string(call.context.tenant()) + "|" + std::string(call.context.principal());
    return Reply();
  });
  rig.routes({route("GET", "/who", "who"), route("GET", "/in", "who", "", "authenticated"),
              route("GET", "/perm", "who", "", "x.read")});
  Client c = rig.connect("open");
  CHECK(c.ask(get("/who")).status == 200);
  CHECK(seen == "~peer/192.0.2.7|anonymous");
  const Answer a = c.ask(get("/in"));
  CHECK(a.status == 401);
  CHECK(a.header("www-authenticate") == "Bearer");
  CHECK(c.ask(get("/perm")).status == 401);
  CHECK(c.ask(get("/who", "X-Tenant-ID: demo\r\n")).status == 403);
}

TEST_CASE("serve: the ops listener tells health, readiness and metrics, and nothing else", "[gateway]") {
  Rig rig;
  Client c = rig.connect("ops");
  CHECK(c.ask(get("/healthz")).body == R"({"status":"alive"})");
  CHECK(c.ask(get("/readyz")).status == 503);
  rig.host.set_catalog("health", R"({"status":"starting"})");
  CHECK(c.ask(get("/readyz")).status == 503);
  rig.host.set_catalog("health", R"({"status":"ok"})");
  CHECK(c.ask(get("/readyz")).status == 200);
  rig.host.set_catalog("metrics", "a_total 1\n");
  const Answer a = c.ask(get("/metrics"));
  CHECK(a.body == "a_total 1\n");
  CHECK(a.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(c.ask(get_hello).status == 404);
  CHECK(c.ask("POST /healthz HTTP/1.1\r\nHost: h\r\n\r\n").header("allow") == "GET, HEAD, OPTIONS");
}
