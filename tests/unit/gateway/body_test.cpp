// body_test.cpp: request bodies, their limits, and clients that take their time.
#include <catch2/catch.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Reply;
using socle::testing::ServiceCall;
using namespace std::chrono_literals;

namespace {

std::string post(std::size_t length, std::string_view body, std::string_view fields = {}) {
  return "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

const std::string chunked = "POST /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";

}  // namespace

TEST_CASE("body: one that comes with its head is served inline, also empty", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask(post(5, "hello")).body == "hello");
  CHECK(c.ask(post(0, "")).status == 200);
  CHECK(c.ask("POST /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
  c.send(post(5, "hello") + post(3, "abc"));
  CHECK(c.answer().body == "hello");
  CHECK(c.answer().body == "abc");
}

TEST_CASE("body: a large one is read into the payload and what follows it is the next request", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  std::string big(200'000, 'x');
  for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>('a' + i % 26);
  c.send(post(big.size(), big) + std::string(get_hello));
  CHECK((c.answer().body == big));
  CHECK(c.answer().body == "Hello, Ada");
  CHECK(rig.host.count("payload_alloc") == 1);
}

TEST_CASE("body: one that comes byte by byte is served, whatever its framing", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  for (char b : post(5, "hello") + chunked + "\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n") c.send(std::string_view(&b, 1));
  CHECK(c.answer().body == "hello");
  CHECK(c.answer().body == "hello");
}

TEST_CASE("body: 100 Continue is sent when the client waits for it, and only then", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send(post(5, "", "Expect: 100-continue\r\n"));
  CHECK(c.received() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(c.ask("hello").body == "hello");
  CHECK(c.ask(post(5, "hello", "Expect: 100-continue\r\n")).status == 200);
  c.send(chunked + "Expect: 100-continue\r\n\r\n");
  CHECK(c.received() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(c.ask("1\r\na\r\n0\r\n\r\n").body == "a");
  CHECK(c.ask(post(2'000'000, "", "Expect: 100-continue\r\n")).status == 413);
  CHECK(c.closed());
  Client old = rig.connect();
  old.send("POST /v1/echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(old.received().empty());
  CHECK(old.ask("ab").body == "ab");
}

TEST_CASE("body: too large is 413 and the connection closes, by listener and by route", "[gateway]") {
  Rig rig;
  rig.listener(R"("tenant":"demo","principal":"ann","limits":{"body":100})");
  rig.routes({route("POST", "/v1/echo", "echo", any_body),
              route("POST", "/small", "echo", R"("body_limit":3,"consumes":["*/*"])"),
              route("GET", "/v1/hello/{name}", "greet")});
  Client a = rig.connect();
  CHECK(a.ask(post(101, "")).status == 413);
  CHECK(a.closed());
  Client b = rig.connect();
  CHECK(b.ask(chunked + "\r\n65\r\n").status == 413);
  CHECK(b.closed());
  Client c = rig.connect();
  CHECK(c.ask(post(100, std::string(100, 'a'))).status == 200);
  // A body that has come in full is skipped, so the connection can stay.
  CHECK(c.ask("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd").status == 413);
  CHECK(c.ask(get_hello).status == 200);
}

TEST_CASE("body: a bad chunk is 400 and what follows is not served", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  const Answer a = c.ask(chunked + "\r\n5\r\nhelloX\r\n0\r\n\r\n" + std::string(get_hello));
  CHECK(a.status == 400);
  CHECK(c.closed());
  CHECK(c.received().empty());
}

TEST_CASE("body: media types that a route does not consume, and encodings, are 415", "[gateway]") {
  Rig rig;
  rig.routes({route("POST", "/v1/echo", "echo", R"("consumes":["application/json"])")});
  Client c = rig.connect();
  CHECK(c.ask(post(2, "{}", "Content-Type: Application/JSON; charset=utf-8\r\n")).status == 200);
  CHECK(c.ask(post(2, "{}", "Content-Type: text/plain\r\n")).status == 415);
  CHECK(c.ask(post(2, "{}")).status == 415);
  CHECK(c.ask(post(2, "{}", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n")).status == 415);
}

TEST_CASE("body: a route that declares nothing takes JSON and no other type, named or not", "[gateway]") {
  for (const std::string_view consumes : {std::string_view(), std::string_view(R"("consumes":[])")}) {
    Rig rig;
    rig.routes({route("POST", "/v1/echo", "echo", consumes), route("PUT", "/v1/echo", "echo", consumes)});
    Client c = rig.connect();
    for (const char* json : {"application/json", "Application/JSON;charset=UTF-8", "application/merge-patch+json"})
      CHECK(c.ask(post(2, "{}", "Content-Type: " + std::string(json) + "\r\n")).status == 200);
    for (const char* other :
         {"text/plain", "text/plain; x=application/json", "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=a", "application/xml", "text/csv", "application/jsonx", "+json", "json", ""}) {
      const Answer a = c.ask(post(2, "{}", "Content-Type: " + std::string(other) + "\r\n"));
      INFO(other);
      CHECK(a.status == 415);
      CHECK_THAT(a.body, Catch::Contains("\"code\":\"unsupported_media_type\""));
    }
    CHECK(c.ask(post(2, "{}")).status == 415);
    CHECK(c.ask("PUT /v1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").status == 415);
    CHECK(c.closed());
    Client empty = rig.connect();
    CHECK(empty.ask(post(0, "")).status == 200);
    CHECK(empty.ask("POST /v1/echo HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
  }
}

TEST_CASE("body: JSON that says it is not UTF-8 is 415", "[gateway]") {
  for (const std::string_view consumes : {"", R"("consumes":["application/merge-patch+json","application/json"])"}) {
    Rig rig;
    rig.routes({route("POST", "/v1/echo", "echo", consumes)});
    Client c = rig.connect();
    for (const char* good :
         {"", ";", "; charset=utf-8", ";charset=\"UTF-8\"", "; Charset=utf8 ; x=1", "; charset=US-ASCII",
          "; x=\"; charset=latin1\"", "; x=\"a\\\"; charset=latin1\"", "; charsets=latin1"}) {
      INFO(good);
      CHECK(c.ask(post(2, "{}", "Content-Type: application/json" + std::string(good) + "\r\n")).status == 200);
    }
    for (const char* bad : {"; charset=latin1", "; CHARSET = \"iso-8859-1\"", ";charset=utf-8;charset=utf-16",
                            "; x=\"a\\\\\"; charset=latin1", "; charset=", "; charset=utf-8x"}) {
      for (const char* media : {"application/json", "application/merge-patch+json"}) {
        INFO(media << bad);
        const Answer a = c.ask(post(2, "{}", "Content-Type: " + std::string(media) + bad + "\r\n"));
        CHECK(a.status == 415);
        CHECK_THAT(a.body, Catch::Contains("\"code\":\"unsupported_media_type\""));
      }
    }
  }
}

TEST_CASE("body: the charset of what a route takes as bytes is the sender's affair", "[gateway]") {
  Rig rig;
  rig.routes({route("POST", "/v1/echo", "echo", R"("consumes":["application/*","text/plain"])")});
  Client c = rig.connect();
  CHECK(c.ask(post(2, "{}", "Content-Type: application/json; charset=latin1\r\n")).status == 200);
  CHECK(c.ask(post(2, "{}", "Content-Type: text/plain; charset=latin1\r\n")).status == 200);
}

TEST_CASE("body: ranges of types admit what is in them, */* also what has none", "[gateway]") {
  Rig rig;
  rig.routes({route("POST", "/v1/echo", "echo", R"("consumes":["text/*","application/json"])"),
              route("PUT", "/v1/echo", "echo", any_body)});
  Client c = rig.connect();
  CHECK(c.ask(post(2, "{}", "Content-Type: Text/CSV; header=present\r\n")).status == 200);
  CHECK(c.ask(post(2, "{}", "Content-Type: application/json\r\n")).status == 200);
  CHECK(c.ask(post(2, "{}", "Content-Type: text\r\n")).status == 415);
  CHECK(c.ask(post(2, "{}", "Content-Type: text/\r\n")).status == 415);
  CHECK(c.ask(post(2, "{}", "Content-Type: application/merge-patch+json\r\n")).status == 415);
  CHECK(c.ask(post(2, "{}")).status == 415);
  CHECK(c.ask("PUT /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab").status == 200);
}

TEST_CASE("body: an unread body of a refused request ends the connection without a reset", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  const Answer a =
      c.ask("POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n" + std::string(40000, 'x'));
  CHECK(a.status == 404);
  CHECK(a.header("connection") == "close");
  CHECK(c.closed());
}

TEST_CASE("body: no memory for it is 429", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  rig.host.fail("payload_alloc");
  const Answer a = c.ask(post(50'000, ""));
  CHECK(a.status == 429);
  CHECK(a.header("retry-after") == "1");
  CHECK_THAT(a.body, Catch::Contains("\"code\":\"exhausted\""));
  CHECK(c.closed());
}

TEST_CASE("body: more than a request may hold at a time is 413, which asking again does not change", "[gateway]") {
  for (const std::string& request : {post(50'000, ""), chunked + "\r\n5\r\nhello\r\n"}) {
    Rig rig;
    Client c = rig.connect();
    rig.host.fail("payload_alloc", socle::Code::too_large, 0);
    const Answer a = c.ask(request);
    CHECK(a.status == 413);
    CHECK(a.header("retry-after").empty());
    CHECK_THAT(a.body, Catch::Contains("\"code\":\"too_large\""));
    CHECK_THAT(a.body,
               Catch::Contains("This body needs more memory than a request may hold at a time (262144 bytes)."));
    CHECK(c.closed());
  }
}

TEST_CASE("body: why there is no room for twice as much is not why there is none for what is needed", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send(chunked + "\r\n1000\r\n" + std::string(4096, 'a') + "\r\n");
  rig.host.fail("payload_alloc", socle::Code::too_large, 1);
  rig.host.fail("payload_alloc", socle::Code::exhausted, 1);
  const Answer a = c.ask("2\r\nbb\r\n");
  CHECK(a.status == 429);
  CHECK(a.header("retry-after") == "1");
}

TEST_CASE("time: a connection without a request is closed in silence, an old one after the idle time", "[gateway]") {
  Rig rig;
  Client fresh = rig.connect();
  rig.host.advance(9s);
  CHECK_FALSE(fresh.closed());
  rig.host.advance(2s);
  CHECK(fresh.closed());
  CHECK(fresh.received().empty());
  Client used = rig.connect();
  CHECK(used.ask(get_hello).status == 200);
  rig.host.advance(59s);
  CHECK_FALSE(used.closed());
  rig.host.advance(2s);
  CHECK(used.closed());
}

TEST_CASE("time: a head that trickles in is cut with 408", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send("G");
  for (int i = 0; i < 12; ++i) {
    rig.host.advance(1s);
    c.send("E");
  }
  CHECK(c.answer().status == 408);
  CHECK(c.closed());
}

TEST_CASE("time: a body may be slow but not stop nor trickle for ever", "[gateway]") {
  Rig rig;
  Client slow = rig.connect();
  slow.send(post(100, ""));
  for (int i = 0; i < 100; ++i) {
    rig.host.advance(500ms);
    slow.send("x");
  }
  CHECK(slow.answer().body == std::string(100, 'x'));
  Client stopped = rig.connect();
  stopped.send(post(100, "x"));
  rig.host.advance(61s);
  CHECK(stopped.answer().status == 408);
  Client trickle = rig.connect();
  trickle.send(post(100000, ""));
  for (int i = 0; i < 14 && !trickle.closed(); ++i) {
    rig.host.advance(10s);
    trickle.send("x");
  }
  CHECK(trickle.answer().status == 408);
}

TEST_CASE("time: a reader that does not read is cut, one that reads slowly is served", "[gateway]") {
  Rig rig;
  const std::string big(1'000'000, 'b');
  rig.host.serve("test/1", "big", [&big](const ServiceCall&) { return Reply::text(big); });
  rig.routes({route("GET", "/big", "big")});
  const std::string ask = "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
  Client reader = rig.connect("http", {}, nullptr, true);
  reader.send(ask);
  CHECK((reader.answer().body == big));
  Client stuck = rig.connect("http", {}, nullptr, true);
  stuck.send(ask);
  rig.host.advance(61s);
  CHECK(rig.host.closed().size() == 2);  // the other one was idle
  CHECK_FALSE(stuck.answer().complete);
  CHECK(stuck.closed());
}
