// turn_test.cpp: from the moment it is known for whom a request is, it is that tenant's work, in that tenant's turn:
// also the first request of a connection, its body and the call.
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Reply;
using socle::testing::Answers;
using socle::testing::ServiceCall;
using namespace std::chrono_literals;

namespace {

const std::string echo = "POST /v1/echo HTTP/1.1\r\nHost: h\r\n";

std::string sized(std::string_view body) {
  return echo + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string piece(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

// What the second admit() of a connection is: the first asks for its address, before the head is read.
void others_have_the_turn(Rig& rig) { rig.host.stall("admit", 2); }

}  // namespace

TEST_CASE("turn: a connection's first request waits for its tenant's turn, and takes no memory before", "[gateway]") {
  for (const std::string& request : {std::string(get_hello), sized("hello"), sized(std::string(100'000, 'x')),
                                     echo + "Transfer-Encoding: chunked\r\n\r\n" + piece("hello") + "0\r\n\r\n"}) {
    Rig rig;
    others_have_the_turn(rig);
    Client c = rig.connect();
    const unsigned before = rig.host.count("payload_new") + rig.host.count("payload_alloc");
    c.send(request.substr(0, 30'000));
    CHECK(c.received().empty());
    CHECK(rig.host.charged(1) == "demo");
    CHECK(rig.host.count("payload_new") + rig.host.count("payload_alloc") == before);
    CHECK(rig.host.count("call") == 0);
    rig.host.release_stalled();
    c.send(std::string_view(request).substr(std::min<std::size_t>(request.size(), 30'000)));
    const Answer a = c.answer();
    INFO(request.substr(0, 100));
    CHECK(a.status == 200);
    // The connection is that tenant's now: the next one begins in its turn.
    const unsigned asked = rig.host.count("admit");
    CHECK(c.ask(get_hello).body == "Hello, Ada");
    CHECK(rig.host.count("admit") == asked + 1);
  }
}

TEST_CASE("turn: what follows a request that waits is served behind it, in order", "[gateway]") {
  Rig rig;
  others_have_the_turn(rig);
  Client c = rig.connect();
  c.send(sized("first") + sized("second"));
  c.send(get_hello);
  CHECK(c.received().empty());
  rig.host.release_stalled();
  CHECK(c.answer().body == "first");
  CHECK(c.answer().body == "second");
  CHECK(c.answer().body == "Hello, Ada");
}

TEST_CASE("turn: a request that is refused for what it asks leaves the next one whole", "[gateway]") {
  Rig rig;
  rig.routes({route("POST", "/v1/echo", "echo", R"("consumes":["application/json"])"),
              route("GET", "/v1/hello/{name}", "greet")});
  others_have_the_turn(rig);
  Client c = rig.connect();
  c.send(sized("no JSON, says nobody") + std::string(get_hello));
  rig.host.release_stalled();
  CHECK(c.answer().status == 415);
  CHECK(c.answer().body == "Hello, Ada");
}

TEST_CASE("turn: 100 Continue is sent when the turn has come", "[gateway]") {
  Rig rig;
  others_have_the_turn(rig);
  Client c = rig.connect();
  c.send(echo + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  CHECK(c.received().empty());
  rig.host.release_stalled();
  CHECK(c.received() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(c.ask("hello").body == "hello");
}

TEST_CASE("turn: the time it takes is the request's", "[gateway]") {
  Rig rig;
  std::int64_t left = 0;
  rig.host.serve("test/1", "who", [&](const ServiceCall& call) {
    left = (call.context.raw()->deadline - rig.host.table()->now(rig.host.table())) / 1'000'000;
    return Reply();
  });
  rig.routes({route("GET", "/who", "who", R"("timeout_ms":1500)")});
  others_have_the_turn(rig);
  Client c = rig.connect();
  c.send("GET /who HTTP/1.1\r\nHost: h\r\n\r\n");
  rig.host.advance(600ms);
  rig.host.release_stalled();
  CHECK(c.answer().status == 200);
  CHECK(left == 900);
  CHECK(c.ask("GET /who HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
  CHECK(left == 1500);
}

TEST_CASE("turn: a client that leaves while it waits, and a host that gives up, leave nothing behind", "[gateway]") {
  Rig rig;
  others_have_the_turn(rig);
  {
    Client c = rig.connect();
    c.send(sized("hello"));
  }
  rig.host.advance(1s);
  rig.host.release_stalled();
  rig.run();
  CHECK(rig.host.closed().size() == 1);
  rig.host.fail("admit", socle::Code::cancelled, 2);
  Client c = rig.connect();
  c.send(sized("hello"));
  CHECK(c.closed());
  CHECK(rig.host.closed().size() == 2);
}

TEST_CASE("turn: who is known only when auth/1 has answered later waits as well", "[gateway]") {
  Rig rig;
  rig.host.serve(
      "auth/1", "authenticate",
      [](const ServiceCall&) { return Reply().with("tenant", "acme").with("principal", "user:u1"); }, Answers::later);
  rig.host.set_catalog("plugins", R"([{"plugin":"auth","provides":["auth/1"]}])");
  others_have_the_turn(rig);
  Client c = rig.connect();
  c.send(echo + "Authorization: Bearer t\r\nContent-Length: 5\r\n\r\nhello" + std::string(get_hello));
  CHECK(c.received().empty());
  CHECK(rig.host.charged(1) == "acme");
  rig.host.release_stalled();
  CHECK(c.answer().body == "hello");
  CHECK(c.answer().body == "Hello, Ada");
  CHECK(rig.host.charged(1) == "demo");  // as the listener says of who shows nothing
}

TEST_CASE("body: one in chunks is memory of the request as it comes, and an error when there is none", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  std::string big(300'000, 'x');
  for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>('a' + i % 26);
  c.send(echo + "Transfer-Encoding: chunked\r\n\r\n");
  for (std::size_t at = 0; at < big.size(); at += 10'000) c.send(piece(std::string_view(big).substr(at, 10'000)));
  CHECK(rig.host.count("payload_alloc") >= 5);
  c.send("0\r\n\r\n");
  CHECK((c.answer().body == big));

  c.send(echo + "Transfer-Encoding: chunked\r\n\r\n" + piece(std::string(5000, 'a')));
  rig.host.fail("payload_alloc", socle::Code::exhausted, 1);  // not twice as much, but what is needed
  c.send(piece(std::string(3000, 'b')) + "0\r\n\r\n");
  CHECK(c.answer().body == std::string(5000, 'a') + std::string(3000, 'b'));

  rig.host.fail("payload_alloc", socle::Code::exhausted, 0);
  const Answer a = c.ask(echo + "Transfer-Encoding: chunked\r\n\r\n" + piece(std::string(5000, 'a')));
  CHECK(a.status == 429);
  CHECK_THAT(a.body, Catch::Contains("There is no memory left for this body in the tenant's budget."));
  CHECK(c.closed());
  Client whole = rig.connect();
  CHECK(whole.ask(sized("hello")).status == 429);
  CHECK(whole.ask(get_hello).status == 200);  // the refused body was there in full
}

TEST_CASE("turn: a request whose time is over when its turn comes is not begun", "[gateway]") {
  Rig rig;
  int calls = 0;
  rig.host.serve("test/1", "who", [&](const ServiceCall&) {
    ++calls;
    return Reply();
  });
  rig.routes({route("GET", "/who", "who", R"("timeout_ms":1500)")});
  rig.host.stall("admit", 2);
  Client c = rig.connect();
  c.send("GET /who HTTP/1.1\r\nHost: h\r\n\r\n");
  rig.host.advance(60s);
  CHECK(c.received().empty());
  rig.host.release_stalled();
  const Answer a = c.answer();
  CHECK(a.status == 503);
  CHECK(a.header("retry-after") == "1");
  CHECK_THAT(a.body, Catch::Contains("\"code\":\"deadline_unreachable\""));
  CHECK(calls == 0);
  CHECK(c.ask("GET /who HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
}

TEST_CASE("turn: more than max_ahead while it waits", "[gateway]") {
  for (bool chunked : {false, true}) {
    INFO(chunked);
    Rig rig;
    rig.host.stall("admit", 2);
    Client c = rig.connect();
    std::string big(600'000, 'x');
    for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>('a' + i % 26);
    std::string req = chunked ? echo + "Transfer-Encoding: chunked\r\n\r\n" + piece(big) + "0\r\n\r\n" : sized(big);
    c.send(std::string_view(req).substr(0, 120'000));
    CHECK(c.received().empty());
    rig.host.release_stalled();
    c.send(std::string_view(req).substr(120'000));
    CHECK((c.answer().body == big));
    CHECK(c.ask(get_hello).body == "Hello, Ada");
  }
}

TEST_CASE("turn: half closed while it waits", "[gateway]") {
  Rig rig;
  rig.host.stall("admit", 2);
  Client c = rig.connect();
  c.send(sized("hello"));
  c.half_close();
  (void)c.received();
  rig.host.release_stalled();
  const Answer a = c.answer();
  CHECK(a.status == 200);
  CHECK(c.closed());
  rig.run();
  CHECK(rig.host.closed().size() == 1);
}

TEST_CASE("turn: half closed with half a body while it waits", "[gateway]") {
  Rig rig;
  rig.host.stall("admit", 2);
  Client c = rig.connect();
  c.send(sized("hello").substr(0, sized("hello").size() - 2));
  c.half_close();
  (void)c.received();
  rig.host.release_stalled();
  rig.run();
  (void)c.received();
  CHECK(c.closed());
  CHECK(rig.host.closed().size() == 1);
}

TEST_CASE("turn: connection close after a wait", "[gateway]") {
  Rig rig;
  rig.host.stall("admit", 2);
  Client c = rig.connect();
  c.send(echo + "Connection: close\r\nContent-Length: 5\r\n\r\nhello");
  rig.host.release_stalled();
  CHECK(c.answer().body == "hello");
  CHECK(c.closed());
  CHECK(rig.host.closed().size() == 1);
}

TEST_CASE("turn: a request that waits goes to the next generation, from its first byte", "[gateway]") {
  for (const std::string& request :
       {sized("hello"), sized(std::string(2000, 'x')), echo + "Transfer-Encoding: chunked\r\n\r\n" + piece("hello")}) {
    Rig rig;
    others_have_the_turn(rig);
    Client c = rig.connect();
    c.send(request.substr(0, 1000));
    auto drained = rig.gateway.begin(SOCLE_HOOK_DRAIN);
    rig.run();
    const auto returned = rig.host.take_returned();
    REQUIRE(returned.size() == 1);
    CHECK(returned[0].buffered == request.substr(0, 1000));
    CHECK(c.received().empty());
    CHECK(rig.host.count("call") == 0);
    ::close(returned[0].fd);
    rig.host.release_stalled();
    rig.run();
    CHECK(drained.done());
    CHECK(rig.host.count("call") == 0);
  }
}

TEST_CASE("turn: a flood ahead of a turn stays in the socket, and is served when the turn has come", "[gateway]") {
  Rig rig;
  others_have_the_turn(rig);
  Client c = rig.connect();
  std::string many;
  for (int i = 0; i < 1500; ++i) many += get_hello;
  // At once: no later byte tells that there is something to read.
  REQUIRE(::send(c.fd(), many.data(), many.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(many.size()));
  rig.run();
  CHECK(c.received().empty());
  int queued = 0;
  CHECK(::ioctl(c.fd(), SIOCOUTQ, &queued) == 0);
  CHECK(queued > 20'000);
  rig.host.release_stalled();
  int answers = 0;
  while (c.answer().complete) ++answers;
  CHECK(answers == 1500);
}
