// What operators see of workers and tenants.
#include <thread>

#include "unit/bus/edge.hpp"

using namespace socle;
using namespace socle::bus;
using namespace socle::bus::test;

TEST_CASE("monitor: a worker that does not come round is named with tenant, plugin and method", "[admission]") {
  Settings settings;
  settings.stall_after = std::chrono::milliseconds(30);
  BusFixture f(1, settings);
  std::atomic<bool> stop{false};
  Actor a(f.bus, "a", {{"spin", [&](const socle_call&, socle_reply& reply, Generation&) {
                          while (!stop) {}
                          return answer(reply, "");
                        }}});
  Edge edge(f);
  f.route(a, "spin");
  f.install();
  std::thread asking([&] { edge.ask(a, "spin", "acme"); });
  std::vector<Stall> stalls;
  const int64_t patience = telemetry::monotonic_now() + 5'000'000'000;
  while ((stalls = f.bus.monitor().stalls()).empty() && telemetry::monotonic_now() < patience)
    std::this_thread::yield();
  stop = true;
  asking.join();
  REQUIRE(stalls.size() == 1);
  CHECK(stalls[0].tenant == "acme");
  CHECK(stalls[0].plugin == "a");
  CHECK(stalls[0].method == "a/1.spin");
  CHECK(stalls[0].milliseconds >= 30);
}

TEST_CASE("monitor: of many tenants the metrics name only the largest", "[admission]") {
  EdgeFixture f([](const socle_call&, socle_reply& reply, Generation&) {
    burn(25'000'000);
    return answer(reply, "");
  });
  for (int i = 0; i < 12; ++i) CHECK(f.answer_to("t" + std::to_string(i)).status == SOCLE_OK);
  const auto labels = [&](size_t most) {
    const std::string text = f.bus.monitor().metrics(most);
    size_t n = 0;
    for (size_t at = 0; (at = text.find("socle_tenant_requests_total{tenant=\"", at)) != std::string::npos; ++at) ++n;
    return n;
  };
  CHECK(labels(100) >= 6);  // found at work by a look every 10 ms
  CHECK(labels(5) == 5);
}

TEST_CASE("monitor: the metrics say what a tenant has in work, what waits, and how near its memory limit it is",
          "[admission]") {
  Holding h;
  EdgeFixture f(h.take());
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1, l.memory = 100 << 20; });
  const auto first = f.ask("acme");
  const auto second = f.ask("acme");
  constexpr int64_t held = 60 << 20;
  CHECK(f.on(0, [&](Worker& w) { return w.lane.hold(w.lane.queue.flow(acme), held); }));
  f.bus.monitor().used(acme, f.a.runtime->account, 1'000'000'000);  // among those that use most
  const std::string text = f.bus.monitor().metrics(20);
  CHECK(text.find("\nsocle_tenant_in_flight{tenant=\"acme\"} 1.000000\n") != std::string::npos);
  CHECK(text.find("\nsocle_tenant_queued{tenant=\"acme\"} 1.000000\n") != std::string::npos);
  CHECK(text.find("\nsocle_tenant_memory_pressure{tenant=\"acme\"} 1.000000\n") != std::string::npos);
  f.on(0, [&](Worker& w) { w.lane.release(acme, held); });
  end_in_turn(f, h, *first, *second);
}
