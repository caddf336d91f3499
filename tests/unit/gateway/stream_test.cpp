// stream_test.cpp: replies in pieces: exports, Server-Sent Events, clients that leave, producers that fail.
#include <sys/socket.h>
#include <catch2/catch.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Code;
using socle::Reply;
using socle::testing::Answers;
using socle::testing::ServiceCall;
using namespace std::chrono_literals;

namespace {

const std::string get_rows = "GET /rows HTTP/1.1\r\nHost: h\r\n\r\n";

// Rows 0 … n-1, one a piece, whatever was asked before: the cursor says all.
auto rows(int n) {
  return [n](const ServiceCall& call) {
    const std::string_view cursor = call.meta("stream.cursor");
    const int at = cursor.empty() ? 0 : std::stoi(std::string(cursor));
    Reply reply = Reply::text("row " + std::to_string(at) + "\n");
    if (at + 1 == n) return reply;
    return std::move(reply).with_stream("test/1.rows", std::to_string(at + 1));
  };
}

std::string all_rows(int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += "row " + std::to_string(i) + "\n";
  return out;
}

}  // namespace

TEST_CASE("stream: pieces come chunked, in order, and the connection stays", "[gateway]") {
  for (const auto answers : {Answers::at_once, Answers::later}) {
    Rig rig;
    rig.host.serve("test/1", "rows", rows(100), answers);
    rig.routes({route("GET", "/rows", "rows"), route("GET", "/v1/hello/{name}", "greet")});
    Client c = rig.connect();
    c.send(get_rows + std::string(get_hello));
    const Answer a = c.answer();
    CHECK(a.header("transfer-encoding") == "chunked");
    CHECK(a.body == all_rows(100));
    CHECK(c.answer().body == "Hello, Ada");
  }
}

TEST_CASE("stream: HTTP/1.0 gets the bytes and the end of the connection; HEAD only the head", "[gateway]") {
  Rig rig;
  rig.host.serve("test/1", "rows", rows(3));
  rig.routes({route("GET", "/rows", "rows")});
  Client old = rig.connect();
  old.send("GET /rows HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(old.closed());
  const std::string bytes = old.received();
  CHECK(bytes.substr(bytes.find("\r\n\r\n") + 4) == all_rows(3));
  Client c = rig.connect();
  const unsigned calls = rig.host.count("call");
  CHECK(c.ask("HEAD /rows HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
  CHECK(rig.host.count("call") == calls + 1);
  CHECK(c.received().empty());
  CHECK(c.ask(get_rows).body == all_rows(3));
}

TEST_CASE("stream: a slow reader slows the producer", "[gateway]") {
  Rig rig;
  const std::string piece(100'000, 'p');
  int asked = 0;
  rig.host.serve("test/1", "rows",
                 [&](const ServiceCall&) { return ++asked, Reply::text(piece).with_stream("test/1.rows", "x"); });
  rig.routes({route("GET", "/rows", "rows")});
  Client c = rig.connect("http", {}, nullptr, true);
  c.send(get_rows);
  rig.host.advance(1s);
  CHECK(asked <= 3);
  const int before = asked;
  std::size_t got = 0;
  for (int i = 0; i < 1000 && got < 3 * piece.size(); ++i) {
    char buffer[4096];
    const ssize_t n = ::recv(c.fd(), buffer, sizeof buffer, 0);
    if (n > 0) got += static_cast<std::size_t>(n);
    rig.run();
  }
  CHECK(got >= 3 * piece.size());
  CHECK(asked > before);
  CHECK(asked <= before + 4);
}

TEST_CASE("stream: a failing export is cut, so that it does not look complete", "[gateway]") {
  Rig rig;
  std::vector<Reply> replies;
  replies.push_back(Reply::text("one\n").with_stream("test/1.rows", "1"));
  replies.push_back(Reply::error(Code::internal, "internal", "broken"));
  rig.host.script("test/1", "rows", std::move(replies));
  rig.routes({route("GET", "/rows", "rows")});
  Client c = rig.connect();
  c.send(get_rows);
  CHECK(c.closed());
  const Answer a = c.answer();
  CHECK_FALSE(a.complete);
  CHECK(a.body == "one\n");
}

TEST_CASE("stream: a producer that is swapped or overloaded is asked again with the same cursor", "[gateway]") {
  Rig rig;
  std::vector<Reply> replies;
  replies.push_back(Reply::text("one\n").with_stream("test/1.rows", "1"));
  replies.push_back(Reply::error(Code::cancelled, "cancelled", "draining"));
  replies.push_back(Reply::error(Code::unavailable, "unavailable", "busy"));
  replies.push_back(Reply::text("two\n"));
  rig.host.script("test/1", "rows", std::move(replies));
  rig.routes({route("GET", "/rows", "rows")});
  CHECK(rig.connect().ask(get_rows).body == "one\ntwo\n");
}

TEST_CASE("stream: a continuation of another service is refused", "[gateway]") {
  Rig rig;
  rig.host.serve("other/1", "secret", [](const ServiceCall&) { return Reply::text("secret"); });
  rig.host.serve("test/1", "rows",
                 [](const ServiceCall&) { return Reply::text("x").with_stream("other/1.secret", "1"); });
  rig.routes({route("GET", "/rows", "rows")});
  CHECK(rig.connect().ask(get_rows).status == 500);
}

TEST_CASE("events: flow as they come, silence is filled, a client that leaves ends the asking", "[gateway]") {
  Rig rig(R"({"heartbeat_ms": 5000})");
  int asked = 0;
  rig.host.serve(
      "test/1", "events",
      [&](const ServiceCall& call) {
        ++asked;
        if (call.meta("stream.cursor") == "2")
          return Reply::error(Code::deadline, "deadline_exceeded", "nothing happened");
        const std::string next = call.meta("stream.cursor").empty() ? "1" : "2";
        return Reply::other("text/event-stream", "data: " + next + "\n\n").with_stream("test/1.events", next);
      },
      Answers::later);
  rig.routes({route("GET", "/events", "events")});
  Client c = rig.connect();
  rig.host.stall("call", 4);
  c.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string got = c.received();
  CHECK(got.find("content-type: text/event-stream") == std::string::npos);
  CHECK(got.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(got.find("data: 1\n\n\r\n") != std::string::npos);
  CHECK(got.find("data: 2\n\n\r\n") != std::string::npos);
  CHECK(got.find(":\n\n\r\n") != std::string::npos);
  CHECK(asked == 4);
  { const Client gone(std::move(c)); }
  rig.run();
  rig.host.release_stalled();
  rig.run();
  CHECK(asked == 4);
  CHECK(rig.host.closed().size() == 1);
}
