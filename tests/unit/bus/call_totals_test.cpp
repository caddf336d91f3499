// call_totals_test.cpp: what /metrics tells about calls.
#include <algorithm>

#include "fixture.hpp"

namespace socle::bus::test {
namespace {

socle_status refuse(const socle_call&, socle_reply& reply, Generation&) {
  reply = Bus::error(SOCLE_NOT_FOUND, "not_found", "nothing here");
  return SOCLE_NOT_FOUND;
}

socle_status greet(const socle_call&, socle_reply& reply, Generation&) { return answer(reply, "hello"); }

bool has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("bus: calls are told by method and by how they ended, over all workers", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "hello", {{"greet", greet}, {"miss", refuse}, {"never", greet}});
  f.route(a, "greet");
  f.route(a, "miss");
  f.install();
  for (int i = 0; i < 3; ++i) f.call(a, "greet", {}, {.tenant = "acme"}, 0);
  for (int i = 0; i < 2; ++i) f.call(a, "greet", {}, {.tenant = "acme"}, 1);
  f.call(a, "miss");
  const std::string text = f.bus.call_totals().text();
  CHECK(has(text, R"(socle_calls_total{service="hello/1",method="greet",status="ok"} 5)"));
  CHECK(has(text, R"(socle_calls_total{service="hello/1",method="miss",status="not_found"} 1)"));
  CHECK(text.find("never") == std::string::npos);
}

TEST_CASE("bus: of one call in eight a worker makes, the time is in the histogram", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "hello", {{"greet", greet}});
  f.route(a, "greet");
  f.install();
  for (int i = 0; i < 17; ++i) f.call(a, "greet");
  const std::string text = f.bus.call_totals().text();
  CHECK(has(text, R"(socle_call_seconds_count{service="hello/1",method="greet"} 3)"));
  CHECK(has(text, R"(socle_call_seconds_bucket{service="hello/1",method="greet",le="+Inf"} 3)"));
  CHECK(text.find(R"(socle_call_seconds_bucket{service="hello/1",method="greet",le="2.56e-07"} )") !=
        std::string::npos);
}

TEST_CASE("bus: what a generation has counted outlives it", "[bus]") {
  BusFixture f;
  {
    Actor old(f.bus, "hello", {{"greet", greet}});
    f.route(old, "greet");
    f.install();
    f.call(old, "greet");
  }
  const std::string line = R"(socle_calls_total{service="hello/1",method="greet",status="ok"} )";
  CHECK(has(f.bus.call_totals().text(), line + "1"));
  const Actor next(f.bus, "hello", {{"greet", greet}});
  CHECK(has(f.bus.call_totals().text(), line + "1"));
}

}  // namespace socle::bus::test
