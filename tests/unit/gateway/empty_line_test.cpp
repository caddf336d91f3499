// empty_line_test.cpp: one empty line before a request line is ignored (RFC 9112, 2.2), wherever on the connection and
// however it arrives; it is no request, begins no head and moves no deadline.
#include <catch2/catch.hpp>

#include "rig.hpp"

using namespace gateway_test;
using namespace std::chrono_literals;

namespace {

const std::string ask_hello(get_hello);
const std::string post_plain = "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
const std::string post_chunked =
    "POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

void refused_with(Client& c, const std::string& bytes, std::string_view code) {
  CAPTURE(bytes);
  const Answer answer = c.ask(bytes);
  CHECK(answer.status == 400);
  CHECK(answer.body.find("\"code\":\"" + std::string(code) + "\"") != std::string::npos);
  CHECK(c.closed());
  CHECK(c.received().empty());
}

}  // namespace

TEST_CASE("empty line: one before the first request of a connection is ignored", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask("\r\n" + ask_hello).body == "Hello, Ada");
  CHECK(c.ask("\r\n" + ask_hello).body == "Hello, Ada");
}

TEST_CASE("empty line: one behind a body is ignored, with the next request or alone", "[gateway]") {
  for (const std::string& request : {post_plain, post_chunked}) {
    CAPTURE(request);
    Rig rig;
    Client c = rig.connect();
    c.send(request + "\r\n" + ask_hello + "\r\n" + request + "\r\n");
    CHECK(c.answer().body == "abc");
    CHECK(c.answer().body == "Hello, Ada");
    CHECK(c.answer().body == "abc");
    CHECK(c.received().empty());  // the last line is nobody's request
    CHECK_FALSE(c.closed());
    CHECK(c.ask(ask_hello).body == "Hello, Ada");
  }
}

TEST_CASE("empty line: one that comes in two reads is ignored like one that comes at once", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send("\r");
  CHECK(c.received().empty());
  CHECK(c.ask("\n" + ask_hello).body == "Hello, Ada");
  CHECK(c.ask(post_plain + "\r").body == "abc");
  CHECK(c.ask("\n" + ask_hello).body == "Hello, Ada");
  for (const char byte : "\r\n" + ask_hello) c.send({&byte, 1});
  CHECK(c.answer().body == "Hello, Ada");
}

TEST_CASE("empty line: one before a request that waits behind another is ignored", "[gateway]") {
  Rig rig;
  rig.host.serve(
      "test/1", "slow", [](const socle::testing::ServiceCall&) { return socle::Reply::text("slow"); },
      socle::testing::Answers::later);
  rig.routes({route("GET", "/slow", "slow"), route("GET", "/v1/hello/{name}", "greet")});
  Client c = rig.connect();
  c.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n\r\n" + ask_hello);
  CHECK(c.answer().body == "slow");
  CHECK(c.answer().body == "Hello, Ada");
}

TEST_CASE("empty line: a second one is refused, before any request and between two", "[gateway]") {
  Rig rig;
  Client first = rig.connect();
  refused_with(first, "\r\n\r\n" + ask_hello, "bad_request_line");
  Client split = rig.connect();
  split.send("\r\n");
  refused_with(split, "\r\n" + ask_hello, "bad_request_line");
  Client between = rig.connect();
  CHECK(between.ask(post_plain + "\r\n").body == "abc");
  refused_with(between, "\r\n" + ask_hello, "bad_request_line");
}

TEST_CASE("empty line: LF alone and CR alone are refused as before", "[gateway]") {
  Rig rig;
  Client lf = rig.connect();
  refused_with(lf, "\n" + ask_hello, "bare_lf");
  Client behind = rig.connect();
  refused_with(behind, "\r\n\n" + ask_hello, "bare_lf");
  Client cr = rig.connect();
  refused_with(cr, "\r" + ask_hello, "bad_request_line");
}

TEST_CASE("empty line: it moves no deadline and is no head that came too slowly", "[gateway]") {
  Rig rig;
  for (const std::string line : {"\r\n", "\r"}) {
    Client fresh = rig.connect();
    rig.host.advance(9s);
    fresh.send(line);
    rig.host.advance(2s);  // header_timeout is 10 s, also for the first byte of a request
    CHECK(fresh.closed());
    CHECK(fresh.received().empty());

    Client idle = rig.connect();
    CHECK(idle.ask(post_plain).body == "abc");
    rig.host.advance(30s);
    idle.send(line);
    rig.host.advance(29s);  // idle_timeout is 60 s
    CHECK_FALSE(idle.closed());
    rig.host.advance(2s);
    CHECK(idle.closed());
    CHECK(idle.received().empty());
  }
}

TEST_CASE("empty line: half of one goes along to the next generation", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send("\r");
  socle::testing::TestedPlugin next(rig.host, socle::gateway::plugin_descriptor(), "{}");
  const auto drained = rig.gateway.begin(SOCLE_HOOK_DRAIN);
  rig.run();
  CHECK(drained.done());
  for (const auto& r : rig.host.take_returned()) {
    CHECK(r.buffered == "\r");
    next.connect(r.fd, r.listener, r.peer, r.buffered, r.tls);
  }
  CHECK(c.ask("\n" + ask_hello).body == "Hello, Ada");
}
