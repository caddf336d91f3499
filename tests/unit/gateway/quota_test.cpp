// quota_test.cpp: what a tenant's plan does to its requests, as the client sees it: rate headers, 429, 413.
#include <catch2/catch.hpp>
#include <socle/json.hpp>

#include "rate_headers.hpp"
#include "rig.hpp"

using namespace gateway_test;
using socle::Code;
using socle::Reply;
using socle::testing::ServiceCall;

namespace {

constexpr std::int64_t second = 1'000'000'000;

socle_rate rate(double limit, double burst, std::int64_t remaining, std::int64_t reset, std::int64_t retry) {
  return {sizeof(socle_rate), 0, limit, burst, remaining, reset, retry};
}

std::string lines(const socle_rate& r) {
  std::string out;
  socle::gateway::append_rate_headers(out, r);
  return out;
}

std::string post(std::string_view path, std::size_t size) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(size) +
         "\r\n\r\n" + std::string(size, '1');
}

}  // namespace

TEST_CASE("quota: a rate is told as policy, state and the older headers", "[gateway]") {
  CHECK(lines(rate(100, 200, 150, second / 2, 0)) ==
        "RateLimit-Policy: \"requests\";q=200;w=2\r\nRateLimit: \"requests\";r=150;t=1\r\n"
        "X-RateLimit-Limit: 200\r\nX-RateLimit-Remaining: 150\r\nX-RateLimit-Reset: 1\r\n");
}

TEST_CASE("quota: odd rates stay whole numbers of the draft's range", "[gateway]") {
  CHECK_THAT(lines(rate(0.1, 1, 0, 9 * second + 1, 9 * second)), Catch::Contains("q=1;w=10\r\n"));
  CHECK_THAT(lines(rate(0.1, 1, 0, 9 * second + 1, 9 * second)), Catch::Contains("r=0;t=10\r\n"));
  CHECK_THAT(lines(rate(0, 1, -5, INT64_MAX - second, 0)), Catch::Contains("q=1;w=86400\r\n"));
  CHECK_THAT(lines(rate(0, 1, -5, INT64_MAX - second, 0)), Catch::Contains("r=0;t=86400\r\n"));
  CHECK_THAT(lines(rate(1000, 1, 9, 0, 0)), Catch::Contains("q=1;w=1\r\nRateLimit: \"requests\";r=1;t=0\r\n"));
}

TEST_CASE("quota: answers of a tenant with a rate carry it, others nothing", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask(get_hello).head.find("RateLimit") == std::string::npos);
  rig.host.set_rate("demo", rate(10, 20, 19, second, 0));
  const Answer a = c.ask(get_hello);
  CHECK(a.status == 200);
  CHECK(a.header("ratelimit") == "\"requests\";r=19;t=1");
  CHECK(a.header("ratelimit-policy") == "\"requests\";q=20;w=2");
  CHECK(a.header("x-ratelimit-limit") == "20");
  CHECK(a.header("x-ratelimit-remaining") == "19");
  CHECK(a.header("x-ratelimit-reset") == "1");
  CHECK(a.header("retry-after").empty());
  rig.host.set_rate("other", rate(1, 1, 0, 0, 0));
  CHECK(c.ask(get_hello).header("x-ratelimit-limit") == "20");
  // What the gateway refuses before it knows a caller tells nothing of one.
  CHECK(c.ask("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n").head.find("RateLimit") == std::string::npos);
}

TEST_CASE("quota: a refusal for rate is a 429 problem that says when to come again", "[gateway]") {
  Rig rig;
  rig.host.set_rate("demo", rate(0.5, 1, 0, 2 * second, 2 * second));
  rig.host.serve("test/1", "greet", [](const ServiceCall&) {
    return Reply::error(Code::exhausted, "rate_limited", "the tenant's request rate is used up; retry later")
        .with("retry-after", "2");
  });
  Client c = rig.connect();
  const Answer a = c.ask(get_hello);
  CHECK(a.status == 429);
  CHECK(a.header("content-type") == "application/problem+json");
  CHECK(a.header("retry-after") == "2");
  CHECK(a.header("ratelimit") == "\"requests\";r=0;t=2");
  CHECK(a.header("ratelimit-policy") == "\"requests\";q=1;w=2");
  const auto problem = socle::json::Document::parse(a.body);
  REQUIRE(problem);
  CHECK(problem->root().find("code").as_string() == "rate_limited");
  CHECK(problem->root().find("status").as_int64() == 429);
}

TEST_CASE("quota: the plan's payload.bytes bounds a body, at once when it changes", "[gateway]") {
  Rig rig;
  Client c = rig.connect();
  CHECK(c.ask(post("/v1/echo", 200)).status == 200);
  rig.host.set_limit("payload.bytes", 100);
  CHECK(c.ask(post("/v1/echo", 100)).status == 200);
  const Answer a = c.ask(post("/v1/echo", 101));
  CHECK(a.status == 413);
  CHECK_THAT(a.body, Catch::Contains("\"code\":\"body_too_large\""));
  CHECK_THAT(a.body, Catch::Contains("The body is larger than this route or the tenant's plan accepts."));
  // Also when its length is only known as it comes.
  Client chunked = rig.connect();
  CHECK(chunked
            .ask("POST /v1/echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n65\r\n" +
                 std::string(0x65, '1') + "\r\n0\r\n\r\n")
            .status == 413);
}
