// moved_head_test.cpp: a request whose head was read long before it is used keeps what the head said, whatever the read
// buffer holds by then.
#include <catch2/catch.hpp>
#include "rig.hpp"
using namespace gateway_test;
using socle::Reply;
using socle::testing::Answers;
using socle::testing::ServiceCall;

namespace {

std::string key_of(const ServiceCall& call) {
  const auto k = call.context.raw()->idempotency_key;
  return std::string(k.data ? k.data : "", k.size);
}

}  // namespace

TEST_CASE("body: a request whose body comes later keeps its Idempotency-Key", "[gateway]") {
  Rig rig;
  std::string key;
  rig.host.serve("test/1", "echo", [&](const ServiceCall& call) {
    key = key_of(call);
    return Reply();
  });
  Client a = rig.connect();
  Client b = rig.connect();
  a.send("POST /v1/echo HTTP/1.1\r\nHost: h\r\nIdempotency-Key: my-own-key-0001\r\nContent-Length: 5\r\n\r\n");
  b.send("GET /v1/hello/SOMEBODY-ELSES-SECRET-PATH-THAT-IS-LONG-ENOUGH-TO-COVER-IT-ALL HTTP/1.1\r\nHost: h\r\n\r\n");
  a.send("hello");
  CHECK(a.answer().status == 200);
  CHECK(key == "my-own-key-0001");
}

TEST_CASE("body: the same where the head came in two reads", "[gateway]") {
  Rig rig;
  std::string key;
  rig.host.serve("test/1", "echo", [&](const ServiceCall& call) {
    key = key_of(call);
    return Reply();
  });
  Client a = rig.connect();
  a.send("POST /v1/echo HTTP/1.1\r\nHost: h\r\nX-Pad: " + std::string(6000, 'p') + "\r\n");
  a.send("Idempotency-Key: my-own-key-0001\r\nContent-Length: 5\r\n\r\n");
  a.send("hello");
  CHECK(a.answer().status == 200);
  CHECK(key == "my-own-key-0001");
}

TEST_CASE("denial: the audit trail is told the path that was asked for, also when the answer comes later",
          "[gateway]") {
  Rig rig;
  std::string told;
  rig.host.serve(
      "test/1", "echo",
      [](const ServiceCall&) -> Reply {
        return socle::Error{socle::Code::denied, "no"};
      },
      Answers::later);
  rig.host.serve("audit/1", "record", [&](const ServiceCall& call) {
    told = std::string(call.text());
    return Reply();
  });
  rig.host.set_catalog("plugins", R"([{"plugin":"audit","provides":["audit/1"]}])");
  rig.routes({route("POST", "/v1/echo", "echo", any_body, "authenticated"), route("GET", "/v1/hello/{name}", "greet")});
  Client a = rig.connect();
  Client b = rig.connect();
  a.send("POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  b.send("GET /v1/hello/SECRET HTTP/1.1\r\nHost: h\r\n\r\n");
  a.send("hello");
  CHECK(a.answer().status == 403);
  CHECK_THAT(told, Catch::Contains(R"("target":"POST /v1/echo")"));
}
