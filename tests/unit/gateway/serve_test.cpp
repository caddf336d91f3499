// serve_test.cpp: requests through the whole plugin: routing, what a callee learns, how answers look, identity,
// tracing.
#include <catch2/catch.hpp>
#include <socle/json.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Code;
using socle::Reply;
using socle::testing::Answers;
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

TEST_CASE("serve: a request is answered by its route and the connection stays", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  const Answer a = c.ask(get_hello);
  CHECK(a.status == 200);
  CHECK(a.body == "Hello, Ada");
  CHECK(a.header("content-type") == "text/plain; charset=utf-8");
  CHECK(a.header("date") == "Tue, 14 Nov 2023 22:13:21 GMT");
  CHECK(c.ask(get_hello).body == "Hello, Ada");
  CHECK_FALSE(c.closed());
}

TEST_CASE("serve: an answered request costs one read wait and arms no timer", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  (void)c.ask(get_hello);
  const unsigned waits = rig.host.count("watch_wait");
  const unsigned timers = rig.host.count("timer_start");
  for (int i = 0; i < 10; ++i) (void)c.ask(get_hello);
  CHECK(rig.host.count("watch_wait") == waits + 10);
  CHECK(rig.host.count("timer_start") == timers);
}

TEST_CASE("serve: 404, 405 with Allow, 501, HEAD and OPTIONS", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  Answer a = c.ask(get("/nothing"));
  CHECK(a.status == 404);
  CHECK(a.header("content-type") == "application/problem+json");
  CHECK(member(a, "code") == "\"no_route\"");
  a = c.ask("DELETE /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(a.status == 405);
  CHECK(a.header("allow") == "POST, OPTIONS");
  CHECK(c.ask("BREW /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n").status == 501);
  CHECK(c.ask("get /v1/hello/x HTTP/1.1\r\nHost: h\r\n\r\n").status == 501);
  a = c.ask("HEAD /v1/hello/Ada HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(a.status == 200);
  CHECK(a.header("content-length") == "10");
  CHECK(c.received().empty());
  a = c.ask("OPTIONS /v1/hello/Ada HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(a.status == 204);
  CHECK(a.header("allow") == "GET, HEAD, OPTIONS");
  CHECK(a.header("content-length").empty());
  CHECK(c.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status == 204);
}

TEST_CASE("serve: a request that is not HTTP is refused and the connection closed after its answer", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  const Answer a =
      c.ask("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
            std::string(get_hello));
  CHECK(a.status == 400);
  CHECK(a.header("connection") == "close");
  CHECK(member(a, "code") == "\"ambiguous_framing\"");
  CHECK(member(a, "trace_id").size() == 34);
  CHECK(c.closed());
  CHECK(c.received().empty());  // what followed was not served
}

TEST_CASE("serve: the callee learns parameters, method, path, query and the standard headers", "[gateway]") {
  Rig rig;
  std::string seen;
  rig.host.serve("test/1", "meta", [&seen](const ServiceCall& call) {
    seen.clear();
    for (std::uint32_t i = 0; i < call.payload.raw()->meta_count; ++i) {
      const socle_pair& p = call.payload.raw()->meta[i];
      seen.append(p.key.data, p.key.size).append("=").append(p.value.data, p.value.size).append("\n");
    }
    return Reply();
  });
  const std::string declared = R"("params":{"id":{"in":"path","type":"integer"},"q":{"in":"query","type":"string"}})";
  rig.routes({route("GET", "/m/{id}", "meta", declared), route("GET", "/all/{id}", "meta", R"("headers":"all")")});
  Client c = rig.connect();
  const std::string fields =
      "Accept: a/b\r\naccept: c/d\r\nX-Own: 1\r\nCookie: a=1\r\nCookie: b=2\r\nIf-Match: \xe9\r\n";
  CHECK(c.ask(get("/m/7?q=x%20y&http.path=/evil", fields)).status == 200);
  CHECK(seen ==
        "id=7\nq=x y\nhttp.method=GET\nhttp.path=/m/7\nhttp.query=q=x%20y&http.path=/evil\n"
        "http.header.accept=a/b, c/d\nhttp.header.if-match=\xc3\xa9\n");
  CHECK(c.ask(get("/all/7", fields)).status == 200);
  CHECK(seen ==
        "id=7\nhttp.method=GET\nhttp.path=/all/7\nhttp.header.host=h\nhttp.header.accept=a/b, c/d\n"
        "http.header.x-own=1\nhttp.header.cookie=a=1; b=2\nhttp.header.if-match=\xc3\xa9\n"
        "http.peer=192.0.2.7\nhttp.transport=plain\nhttp.tenant=demo\n");
  const Answer bad = c.ask(get("/m/x"));
  CHECK(bad.status == 400);
  CHECK(member(bad, "errors") == R"([{"pointer":"/path/id","code":"type","message":"must be an integer"}])");
}

TEST_CASE("serve: a reply's meta becomes status and headers; a bad one is not sent", "[gateway]") {
  Rig rig;
  std::vector<Reply> replies;
  replies.push_back(
      Reply::json("{}").with_status(201).with_location("/r/1").with_etag("\"1\"").with_header("x-own", "v"));
  replies.push_back(Reply().with_status(204));
  replies.push_back(Reply::json("{}").with_header("x-own", "v\r\nInjected: 1"));
  replies.push_back(Reply::json("{}").with_header("content-length", "1"));
  replies.push_back(Reply::json("{}").with_status(199));
  rig.host.script("test/1", "s", std::move(replies));
  rig.routes({route("GET", "/s", "s")});
  Client c = rig.connect();
  Answer a = c.ask(get("/s"));
  CHECK(a.status == 201);
  CHECK(a.header("location") == "/r/1");
  CHECK(a.header("etag") == "\"1\"");
  CHECK(a.header("x-own") == "v");
  CHECK(a.header("content-type") == "application/json");
  a = c.ask(get("/s"));
  CHECK(a.status == 204);
  CHECK(a.header("content-length").empty());
  for (int i = 0; i < 3; ++i) {
    a = c.ask(get("/s"));
    CHECK(a.status == 500);
    CHECK(member(a, "code") == "\"bad_reply\"");
  }
  CHECK(rig.host.logged("plugin 'test' answered test/1.s with a header or http.status that must not be sent"));
}

TEST_CASE("serve: outcomes of calls become problem details", "[gateway]") {
  struct Case {
    Code code;
    int status;
  };
  for (const Case& k : std::vector<Case>{{Code::invalid, 400},
                                         {Code::unauthenticated, 401},
                                         {Code::denied, 403},
                                         {Code::not_found, 404},
                                         {Code::conflict, 409},
                                         {Code::precondition, 412},
                                         {Code::too_large, 413},
                                         {Code::unsupported, 415},
                                         {Code::exhausted, 429},
                                         {Code::unavailable, 503},
                                         {Code::deadline, 504},
                                         {Code::cancelled, 503},
                                         {Code::storage_full, 507},
                                         {Code::data_loss, 500},
                                         {Code::internal, 500}}) {
    Rig rig;
    std::vector<Reply> replies;
    replies.push_back(Reply::error(k.code, "some_code", "what happened", R"([{"pointer":"/a"}])"));
    rig.host.script("test/1", "s", std::move(replies));
    rig.routes({route("GET", "/s", "s")});
    Client c = rig.connect();
    const Answer a = c.ask(get("/s"));
    CHECK(a.status == k.status);
    CHECK(a.header("content-type") == "application/problem+json");
    CHECK(member(a, "code") == "\"some_code\"");
    CHECK(member(a, "detail") == "\"what happened\"");
    CHECK(member(a, "errors") == R"([{"pointer":"/a"}])");
    CHECK((a.header("retry-after") == "1") == (k.status == 429 || k.status == 503));
  }
}

TEST_CASE("serve: a doc without text is sent as JSON", "[gateway]") {
  Rig rig;
  rig.host.serve("test/1", "doc", [&rig](const ServiceCall&) {
    auto document = socle::json::Document::parse(R"({"a": [1, 2.50]})");
    socle_payload* p = rig.host.table()->payload_new(rig.host.table(), {nullptr, 0}, SOCLE_MEDIA_JSON, nullptr, 0);
    rig.host.table()->payload_set_doc(rig.host.table(), p, {document->bytes().data(), document->bytes().size()});
    return Reply::adopt({sizeof(socle_reply), SOCLE_OK, p});
  });
  rig.routes({route("GET", "/d", "doc")});
  CHECK(rig.connect().ask(get("/d")).body == R"({"a":[1,2.50]})");
}

TEST_CASE("serve: validators answer 304 with the ETag and no body", "[gateway]") {
  Rig rig;
  rig.host.serve("test/1", "tagged", [](const ServiceCall&) { return Reply::text("body").with_etag("\"7\""); });
  rig.routes({route("GET", "/t", "tagged")});
  Client c = rig.connect();
  const Answer a = c.ask(get("/t", "If-None-Match: W/\"7\"\r\n"));
  CHECK(a.status == 304);
  CHECK(a.header("etag") == "\"7\"");
  CHECK(c.ask(get("/t", "If-None-Match: \"8\"\r\n")).body == "body");
}

TEST_CASE("serve: Connection: close and HTTP/1.0 end the connection, keep-alive keeps it", "[gateway]") {
  Rig rig;
  Client a = rig.connect();
  CHECK(a.ask(get("/v1/hello/x", "Connection: close\r\n")).header("connection") == "close");
  CHECK(a.closed());
  Client b = rig.connect();
  CHECK(b.ask("GET /v1/hello/x HTTP/1.0\r\n\r\n").status == 200);
  CHECK(b.closed());
  Client c = rig.connect();
  CHECK(c.ask("GET /v1/hello/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("connection") == "keep-alive");
  CHECK(c.ask(get_hello).status == 200);
}

TEST_CASE("serve: a client that goes away cancels its call", "[gateway]") {
  Rig rig;
  bool cancelled = false;
  rig.host.serve(
      "test/1", "slow", [](const ServiceCall&) { return Reply::text("late"); }, Answers::later);
  rig.routes({route("GET", "/slow", "slow")});
  rig.host.stall("call");
  {
    Client c = rig.connect();
    c.send(get("/slow"));
  }
  rig.run();
  cancelled = rig.host.count("context_cancel") > 0;
  CHECK(cancelled);
  rig.host.release_stalled();
  rig.run();
  CHECK(rig.host.closed().size() == 1);
}

TEST_CASE("serve: a new catalogue is used by the very next request", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask(get("/new")).status == 404);
  rig.routes({route("GET", "/new", "greet")});
  CHECK(c.ask(get("/new")).status == 200);
  CHECK(c.ask(get_hello).status == 404);
}

TEST_CASE("serve: routes that make no sense are left out and told", "[gateway]") {
  Rig rig;
  rig.routes({route("GET", "/ok", "greet"), route("GET", "/ok", "echo"), route("FROB", "/x", "greet")});
  Client c = rig.connect();
  CHECK(c.ask(get("/ok")).status == 200);
  CHECK(rig.host.logged("route GET /ok of plugin 'test' is taken by plugin 'test' (/ok)"));
  CHECK(rig.host.logged("the method must be GET, POST, PUT, PATCH or DELETE"));
}
