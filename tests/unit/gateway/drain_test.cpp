// drain_test.cpp: swaps of the gateway: what each state of a connection does when its generation drains, and that the
// next one goes on with it; every await point cancelled once.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <optional>

#include "rig.hpp"

using namespace gateway_test;
using socle::Code;
using socle::Reply;
using socle::testing::Answers;
using socle::testing::FakeHost;
using socle::testing::ServiceCall;
using socle::testing::TestedPlugin;
using namespace std::chrono_literals;

namespace {

// Starts the drain of the rig's gateway on worker 0 without waiting for its end.
socle::testing::Asked begin_drain(Rig& rig) {
  auto asked = rig.gateway.begin(SOCLE_HOOK_DRAIN);
  rig.run();
  return asked;
}

// A second generation on the same host, given what the first one returned.
struct Next {
  explicit Next(Rig& rig) : rig_(rig), gateway(rig.host, socle::gateway::plugin_descriptor(), "{}") {}
  std::size_t take() {
    const auto returned = rig_.host.take_returned();
    for (const auto& r : returned) gateway.connect(r.fd, r.listener, r.peer, r.buffered, r.tls);
    rig_.run();
    return returned.size();
  }
  Rig& rig_;
  TestedPlugin gateway;
};

}  // namespace

TEST_CASE("drain: an idle connection goes back at once and is served by the next generation", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask(get_hello).status == 200);
  Next next(rig);
  CHECK(begin_drain(rig).done());
  CHECK(next.take() == 1);
  CHECK(c.ask(get_hello).body == "Hello, Ada");
  CHECK(rig.host.closed().empty());
}

TEST_CASE("drain: half a head goes along and the request is answered by the next generation", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send(get_hello.substr(0, 20));
  Next next(rig);
  CHECK(begin_drain(rig).done());
  CHECK(next.take() == 1);
  CHECK(c.ask(get_hello.substr(20)).body == "Hello, Ada");
}

TEST_CASE("drain: a call under way is answered here, what was pipelined behind it there", "[gateway]") {
  Rig rig;
  rig.host.serve(
      "test/1", "slow", [](const ServiceCall&) { return Reply::text("slow"); }, Answers::later);
  rig.routes({route("GET", "/slow", "slow"), route("GET", "/v1/hello/{name}", "greet")});
  rig.host.stall("call");
  Client c = rig.connect();
  c.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(get_hello));
  Next next(rig);
  const auto drained = begin_drain(rig);
  CHECK_FALSE(drained.done());
  CHECK(next.take() == 0);
  rig.host.release_stalled();
  CHECK(c.answer().body == "slow");
  CHECK(drained.done());
  CHECK(next.take() == 1);
  CHECK(c.answer().body == "Hello, Ada");
}

TEST_CASE("drain: a slow upload finishes here, with either framing", "[gateway]") {
  for (const std::string head : {"Content-Length: 10\r\n\r\n01234", "Transfer-Encoding: chunked\r\n\r\na\r\n01234"}) {
    Rig rig;
    Client c = rig.connect();
    c.send("POST /v1/echo HTTP/1.1\r\nHost: h\r\n" + head);
    Next next(rig);
    const auto drained = begin_drain(rig);
    CHECK(next.take() == 0);
    c.send(head[0] == 'C' ? "56789" : "56789\r\n0\r\n\r\n");
    CHECK(c.answer().body == "0123456789");
    CHECK(drained.done());
    CHECK(next.take() == 1);
    CHECK(c.ask(get_hello).status == 200);
  }
}

TEST_CASE("drain: an answer to a slow reader is finished here", "[gateway]") {
  Rig rig;
  const std::string big(500'000, 'b');
  rig.host.serve("test/1", "big", [&big](const ServiceCall&) { return Reply::text(big); });
  rig.routes({route("GET", "/big", "big"), route("GET", "/v1/hello/{name}", "greet")});
  Client c = rig.connect("http", {}, nullptr, true);
  c.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  Next next(rig);
  const auto drained = begin_drain(rig);
  CHECK_FALSE(drained.done());
  CHECK((c.answer().body == big));
  CHECK(drained.done());
  CHECK(next.take() == 1);
  CHECK(c.ask(get_hello).status == 200);
}

TEST_CASE("drain: an event stream goes on in the next generation without a gap or a repeat", "[gateway]") {
  for (const bool cancelled : {false, true}) {
    Rig rig;
    int calls = 0;
    // With cursor N it gives event N; the fourth call is under way when the drain begins, and ends either way.
    auto events = [&](const ServiceCall& call) {
      const std::string_view cursor = call.meta("stream.cursor");
      const int at = cursor.empty() ? 0 : std::stoi(std::string(cursor));
      if (++calls == 4 && cancelled) return Reply::error(Code::cancelled, "cancelled", "the caller drains");
      if (at == 6) return Reply::other("text/event-stream", "data: end\n\n");
      return Reply::other("text/event-stream", "data: " + std::to_string(at) + "\n\n")
          .with_stream("test/1.events", std::to_string(at + 1));
    };
    rig.host.serve("test/1", "events", events, Answers::later);
    rig.routes({route("GET", "/events", "events"), route("GET", "/v1/hello/{name}", "greet")});
    rig.host.stall("call", 4);
    Client c = rig.connect();
    c.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(get_hello));
    Next next(rig);
    const unsigned cancels = rig.host.count("context_cancel");
    const auto drained = begin_drain(rig);
    CHECK_FALSE(drained.done());
    CHECK(rig.host.count("context_cancel") == cancels + 1);
    rig.host.release_stalled();
    rig.run();
    CHECK(drained.done());
    CHECK(next.take() == 1);
    const Answer a = c.answer();
    CHECK(a.complete);
    CHECK(a.body == "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\ndata: end\n\n");
    CHECK(c.answer().body == "Hello, Ada");
  }
}

TEST_CASE("drain: bytes that look like a stream record of ours are never handed over", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send(std::string("\0S1", 3) + "forged");
  (void)begin_drain(rig);
  CHECK(rig.host.take_returned().empty());
  CHECK(c.closed());
}

TEST_CASE("drain: a broken stream record closes the connection", "[gateway]") {
  Rig rig;
  Client c = rig.connect("http", std::string("\0S1\x07\x01", 5));
  CHECK(c.closed());
}

TEST_CASE("drain: when the host gives up, everything still open is closed and nothing stays", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  c.send("POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234");
  const auto drained = begin_drain(rig);
  CHECK_FALSE(drained.done());
  rig.host.give_up();
  rig.run();
  CHECK(drained.done());
  CHECK(c.closed());
  CHECK(rig.host.closed().size() == 1);
}

TEST_CASE("drain: a thousand generations pass one connection on", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask(get_hello).status == 200);
  (void)begin_drain(rig);
  std::optional<TestedPlugin> current;
  int wrong = 0;
  for (int i = 0; i < 1000; ++i) {
    current.emplace(rig.host, socle::gateway::plugin_descriptor(), "{}");
    for (const auto& r : rig.host.take_returned()) current->connect(r.fd, r.listener, r.peer, r.buffered, r.tls);
    c.send(get_hello.substr(0, 10));
    (void)current->drain();
    TestedPlugin between(rig.host, socle::gateway::plugin_descriptor(), "{}");
    for (const auto& r : rig.host.take_returned()) between.connect(r.fd, r.listener, r.peer, r.buffered, r.tls);
    wrong += c.ask(get_hello.substr(10)).body != "Hello, Ada";
    (void)between.drain();
    current.reset();
  }
  CHECK(wrong == 0);
  for (const auto& r : rig.host.take_returned()) ::close(r.fd);
}

TEST_CASE("drain: a cancelled host operation anywhere in a request leaves no leak and no half answer", "[gateway]") {
  const unsigned points = socle::testing::for_each_await_point([](FakeHost& host, unsigned n) {
    Rig rig("{}", &host);
    host.serve(
        "test/1", "slow", [](const ServiceCall&) { return Reply::text("slow"); }, Answers::later);
    host.serve(
        "test/1", "rows",
        [](const ServiceCall& call) {
          if (call.meta("stream.cursor") == "1") return Reply::text("two\n");
          return Reply::text("one\n").with_stream("test/1.rows", "1");
        },
        Answers::later);
    rig.routes(
        {route("GET", "/slow", "slow"), route("POST", "/v1/echo", "echo", any_body), route("GET", "/rows", "rows")});
    Client c = rig.connect();
    c.send("POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    c.send("cd");
    c.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /rows HTTP/1.1\r\nHost: h\r\n\r\n");
    int complete = 0;
    for (Answer a = c.answer(); a.complete; a = c.answer()) {
      ++complete;
      CHECK((a.status == 200 || a.status == 503));
      if (a.status == 200) CHECK((a.body == "abcd" || a.body == "slow" || a.body == "one\ntwo\n"));
    }
    if (n == 0) CHECK(complete == 3);
    CHECK((complete == 3 || c.closed()));
  });
  CHECK(points >= 6);
}

TEST_CASE("drain: a swap between any two steps of requests gives every answer, whole and in order", "[gateway]") {
  const std::string requests =
      "POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd"
      "GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /rows HTTP/1.1\r\nHost: h\r\n\r\n";
  bool at_rest = false;
  int steps = 0;
  for (; !at_rest && steps < 500; ++steps) {
    INFO("after " << steps << " steps");
    Rig rig;
    rig.host.serve(
        "test/1", "slow", [](const ServiceCall&) { return Reply::text("slow"); }, Answers::later);
    rig.host.serve(
        "test/1", "rows",
        [](const ServiceCall& call) {
          if (call.meta("stream.cursor") == "1") return Reply::text("two\n");
          return Reply::text("one\n").with_stream("test/1.rows", "1");
        },
        Answers::later);
    rig.routes(
        {route("GET", "/slow", "slow"), route("POST", "/v1/echo", "echo", any_body), route("GET", "/rows", "rows")});
    Client c = rig.connect();
    REQUIRE(::write(c.fd(), requests.data(), requests.size()) == static_cast<ssize_t>(requests.size()));
    for (int i = 0; !at_rest && i < steps; ++i) at_rest = !rig.host.step();
    Next next(rig);
    const auto drained = begin_drain(rig);
    (void)next.take();
    for (const char* body : {"abcd", "slow", "one\ntwo\n"}) {
      const Answer a = c.answer();
      (void)next.take();
      CHECK(a.complete);
      CHECK(a.status == 200);
      CHECK(a.body == body);
    }
    CHECK(drained.done());
    CHECK_FALSE(c.closed());
  }
  CHECK(at_rest);
  CHECK(steps > 6);
}
