// pipeline_test.cpp: several requests on one connection before their answers: order, fairness, bounds.
#include <sys/socket.h>
#include <catch2/catch.hpp>

#include "rig.hpp"

using namespace gateway_test;
using socle::Reply;
using socle::testing::Answers;
using socle::testing::ServiceCall;

namespace {

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("serve: pipelined requests are answered in order, also when one waits", "[gateway]") {
  Rig rig;
  rig.host.serve(
      "test/1", "slow", [](const ServiceCall& call) { return Reply::text("slow " + std::string(call.meta("n"))); },
      Answers::later);
  rig.routes({route("GET", "/slow/{n}", "slow"), route("GET", "/v1/hello/{name}", "greet")});
  Client c = rig.connect();
  c.send(get("/slow/1") + std::string(get_hello) + get("/slow/2") + std::string(get_hello));
  CHECK(c.answer().body == "slow 1");
  CHECK(c.answer().body == "Hello, Ada");
  CHECK(c.answer().body == "slow 2");
  CHECK(c.answer().body == "Hello, Ada");
}

TEST_CASE("serve: a long pipeline gives others their turn and is served to its end", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  std::string many;
  for (int i = 0; i < 100; ++i) many += get_hello;
  // The 41st request's turn is somebody else's for a while; the first has asked twice, as nobody was known before it.
  rig.host.stall("admit", 42);
  c.send(many);
  int answers = 0;
  while (c.answer().complete) ++answers;
  CHECK(answers == 40);
  rig.host.release_stalled();
  while (c.answer().complete) ++answers;
  CHECK(answers == 100);
  CHECK(rig.host.count("admit") >= 100);
}

TEST_CASE("serve: while a request is served, what follows it is not read without bound", "[gateway]") {
  Rig rig;
  rig.host.serve(
      "test/1", "slow", [](const ServiceCall&) { return Reply::text("late"); }, Answers::later);
  rig.routes({route("GET", "/slow", "slow")});
  rig.host.stall("call");
  Client c = rig.connect();
  c.send(get("/slow"));
  std::string flood;
  while (flood.size() < 200'000) flood += get("/slow", "X-Filler: " + std::string(1000, 'f') + "\r\n");
  std::size_t sent = 0;
  for (int tries = 0; tries < 200 && sent < flood.size(); ++tries) {
    const ssize_t n = ::send(c.fd(), flood.data() + sent, flood.size() - sent, MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    rig.run();
  }
  const unsigned waits = rig.host.count("watch_wait");
  rig.run();
  CHECK(rig.host.count("watch_wait") == waits);  // reading has stopped
  rig.host.release_stalled();
  CHECK(c.answer().body == "late");
}
