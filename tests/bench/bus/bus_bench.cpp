// bus_bench: what a call through the bus costs over the same function called directly. One process, one worker, five
// runs after a warm-up; one line a benchmark: median, deviation, settings.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "bus/bus.hpp"

namespace {

using namespace socle::bus;

constexpr int calls = 2'000'000;
constexpr int runs = 5;

socle_status answer_ok(void*, const socle_call*, socle_reply* reply) {
  reply->status = SOCLE_OK;
  reply->payload = nullptr;
  return SOCLE_OK;
}

struct Figure {
  double median, deviation;
};

Figure measure(const std::function<void()>& work) {
  work();
  std::vector<double> ns;
  for (int i = 0; i < runs; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    ns.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun).count() / calls);
  }
  std::sort(ns.begin(), ns.end());
  double square = 0;
  for (const double n : ns) square += (n - ns[runs / 2]) * (n - ns[runs / 2]);
  return {ns[runs / 2], std::sqrt(square / runs)};
}

void run(Worker& w) {
  socle::telemetry::Metrics metrics;
  Bus& bus = w.bus();
  static const socle_method methods[] = {{{"bench/1", 7}, {"ok", 2}}};
  static const socle_plugin descriptor{sizeof(socle_plugin),
                                       SOCLE_ABI_MAJOR,
                                       SOCLE_ABI_MINOR,
                                       {"bench", 5},
                                       methods,
                                       1,
                                       nullptr,
                                       nullptr,
                                       answer_ok,
                                       nullptr};
  Grants grants;
  grants.services.insert("bench/1");
  static Generation* const provider = new Generation(bus, "bench", "1.0.0", 1, {}, bus.worker_count() + 1);
  static Generation* const caller = new Generation(bus, "caller", "1.0.0", 2, grants, bus.worker_count() + 1);
  provider->attach(&descriptor);
  const uint32_t target = *bus.target("bench/1", "ok");
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->routes.resize(target + 1);
  snapshot->routes[target].primary = {provider, 0};
  w.snapshot = snapshot;
  caller->allow(target);
  const ContextRef context(Context::open({.tenant = "acme", .principal = "ada"}, nullptr));
  const PayloadRef payload(Payload::make("{}", SOCLE_MEDIA_JSON, {}));
  const socle_call call{sizeof(socle_call), 0, 1, context.get(), payload.get()};
  auto* volatile handle = &answer_ok;

  const Figure direct = measure([&] {
    socle_reply reply{};
    for (int i = 0; i < calls; ++i) handle(nullptr, &call, &reply);
  });
  const Figure through = measure([&] {
    socle_reply reply{};
    for (int i = 0; i < calls; ++i)
      caller->call(caller, context.get(), target, payload.get(), nullptr, &reply, nullptr, nullptr);
  });
  std::printf(
      "bus.call_inline: %.1f ns (deviation %.1f), direct call %.1f ns (%.1f), difference %.1f ns; aim <= 60 ns; %d "
      "calls x %d runs, 1 worker\n",
      through.median, through.deviation, direct.median, direct.deviation, through.median - direct.median, calls, runs);

  // The same call with one filter before it.
  auto filtered = std::make_shared<Snapshot>(*snapshot);
  filtered->routes[target].before.push_back({provider, 0, false, false});
  w.snapshot = filtered;
  const Figure seen = measure([&] {
    socle_reply reply{};
    for (int i = 0; i < calls; ++i)
      caller->call(caller, context.get(), target, payload.get(), nullptr, &reply, nullptr, nullptr);
  });
  w.snapshot = snapshot;
  std::printf("bus.call_filtered: %.1f ns (deviation %.1f), the filter's share %.1f ns; %d calls x %d runs, 1 worker\n",
              seen.median, seen.deviation, seen.median - through.median, calls, runs);

  // Metering against asking the registry of metrics for the series each time, which takes a lock.
  const std::string series = "socle_meter_total{name=\"bench.units\"}";
  const Figure metered = measure([&] {
    for (int i = 0; i < calls; ++i) caller->meter(caller, context.get(), {"bench.units", 11}, 1);
  });
  const Figure asked = measure([&] {
    using socle::telemetry::Metrics;
    for (int i = 0; i < calls; ++i)
      bus.metrics().observe(bus.metrics().define(series, Metrics::Kind::counter, "bench"), 1);
  });
  std::printf(
      "bus.meter: %.1f ns (deviation %.1f), by the registry's lock %.1f ns (%.1f); %d calls x %d runs, 1 worker\n",
      metered.median, metered.deviation, asked.median, asked.deviation, calls, runs);
}

}  // namespace

int main() {
  socle::telemetry::Metrics metrics;
  Settings settings;
  settings.workers = 1;
  Bus bus(settings, metrics);
  bus.start();
  std::promise<void> done;
  bus.worker(0).post([&] {
    run(bus.worker(0));
    done.set_value();
  });
  done.get_future().get();
  bus.stop();
  return 0;
}
