// background_test.cpp: spawned tasks end with their generation: at drain, at stop, and never left behind in silence.
#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

int ticks = 0;
std::string ended;

Task<void> ticker(Host& host) {
  for (;;) {
    if (auto slept = co_await host.sleep(std::chrono::seconds(1)); !slept) {
      ended += to_string(slept.error().code);
      co_return;
    }
    ++ticks;
  }
}

ProbeCode spawning(Ends ends) {
  ticks = 0;
  ended.clear();
  return {.handler = [](Host&, Request) -> Task<Reply> { return Reply(); },
          .start = [ends](Host& host) -> Task<Status> {
            host.spawn(ticker(host), ends);
            return Status();
          }};
}

}  // namespace

TEST_CASE("background: a loop spawned in start runs on time until drain cancels it", "[sdk]") {
  Probe probe(spawning(Ends::at_drain));
  REQUIRE(probe.plugin->start().ok());
  probe.host.advance(std::chrono::seconds(3));
  CHECK(ticks == 3);
  CHECK(probe.plugin->drain().ok());
  CHECK(ended == "cancelled");
  CHECK(probe.host.frames() == 0);
}

TEST_CASE("background: a task that ends at stop survives drain", "[sdk]") {
  Probe probe(spawning(Ends::at_stop));
  REQUIRE(probe.plugin->start().ok());
  CHECK(probe.plugin->drain().ok());
  probe.host.advance(std::chrono::seconds(2));
  CHECK(ticks == 2);
  CHECK(probe.plugin->stop().ok());
  CHECK(ended == "cancelled");
}

TEST_CASE("background: each worker's drain ends that worker's tasks only", "[sdk]") {
  ticks = 0;
  ended.clear();
  Probe probe(ProbeCode{.handler = [](Host& host, Request) -> Task<Reply> {
                host.spawn(ticker(host));
                return Reply();
              }},
              {.workers = 2});
  REQUIRE(probe.plugin->begin("run", {}, 0).done());
  REQUIRE(probe.plugin->begin("run", {}, 1).done());
  CHECK(probe.plugin->drain(1).ok());
  CHECK(ended == "cancelled");
  CHECK(probe.plugin->drain(0).ok());
  CHECK(ended == "cancelledcancelled");
}

TEST_CASE("background: a task that ignores cancelled makes stop fail with the count", "[sdk]") {
  static std::optional<Completion<int>> late;  // no wait that the SDK could cut short
  Probe probe(ProbeCode{.start = [](Host& host) -> Task<Status> {
    host.spawn([](Host& h) -> Task<void> { (void)co_await h.yield(); }(host));  // ends by itself
    host.spawn([]() -> Task<void> { (void)co_await late.emplace(); }());
    return Status();
  }});
  REQUIRE(probe.plugin->start().ok());
  CHECK(probe.plugin->stop().message() == "1 spawned tasks are still alive after stop; they ignore Code::cancelled");
  CHECK(probe.host.frames() == 1);
  late->set(1);
  probe.host.run_until_idle();
  CHECK(probe.host.frames() == 0);
}

TEST_CASE("background: a spawned task that throws is logged and gone", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    host.spawn([](Host& h) -> Task<void> {
      (void)co_await h.yield();
      throw std::runtime_error("boom");
    }(host));
    return Reply();
  });
  CHECK(probe.ask().ok());
  CHECK(probe.host.logged("a spawned task ended with an exception"));
  CHECK(probe.host.frames() == 0);
}

TEST_CASE("background: a loop learns that its generation drains", "[sdk]") {
  static Host* seen = nullptr;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    seen = &host;
    return Reply();
  });
  CHECK(probe.ask().ok());
  CHECK_FALSE(seen->draining());
  CHECK(probe.plugin->drain().ok());
  CHECK(seen->draining());
}
