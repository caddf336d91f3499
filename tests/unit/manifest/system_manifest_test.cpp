#include <catch2/catch.hpp>

#include "manifest_texts.hpp"

using namespace socle::manifest;

TEST_CASE("system manifest: what is left out has its documented default", "[manifest]") {
  const auto system = system_of("listeners: {http: {address: \"127.0.0.1:0\"}}\n");
  REQUIRE(system);
  CHECK(system->file == "/etc/socle/system.yaml");
  CHECK(system->data == "/etc/socle/data");
  CHECK_FALSE(system->workers);
  CHECK(system->swap.pause == 50ms);
  CHECK(system->swap.max_draining == 4);
  CHECK(system->watch.system);
  CHECK(system->log.level == LogLevel::info);
  CHECK(system->offload.threads == 4);
  const auto& http = system->listeners.at("http");
  CHECK(http.connections == 10'000);
  CHECK(http.connections_per_peer == 1'024);
  CHECK(http.limits.request_line == ByteSize{8'192});
  CHECK(http.limits.headers == ByteSize{32'768});
  CHECK(http.limits.body == ByteSize{1'048'576});
  CHECK(http.limits.header_timeout == 10s);
  CHECK(http.limits.idle_timeout == 60s);
  CHECK(http.limits.deadline == 10s);
}

TEST_CASE("system manifest: all of a listener", "[manifest]") {
  const auto system = system_of(R"(listeners:
  local:
    address: "[::1]:0"
    role: ops
    tenant: demo
    principal: operator
    tls: {certificate: tls/chain.pem, key: /keys/key.pem}
    connections: 100
    connections_per_peer: 10
    limits: {request_line: 4KiB, headers: 16KiB, body: 2MiB, header_timeout: 1s, idle_timeout: 5s, deadline: 2s}
)");
  REQUIRE(system);
  const auto& listener = system->listeners.at("local");
  CHECK(listener.address == Address{"::1", 0});
  CHECK(listener.role == ListenerRole::ops);
  CHECK(listener.tenant == "demo");
  CHECK(listener.principal == "operator");
  CHECK(listener.tls->certificate == "/etc/socle/tls/chain.pem");
  CHECK(listener.tls->key == "/keys/key.pem");
  CHECK(listener.limits.body == ByteSize{2 << 20});
}

TEST_CASE("system manifest: plans take numbers, durations and sizes", "[manifest]") {
  const auto system = system_of("plans: {a: {rate: 0.5, memory: 64MiB, sessions.ttl: 15min, records: 100}}\n");
  REQUIRE(system);
  CHECK(system->plans.at("a") == Plan{{"rate", 0.5}, {"memory", 67'108'864}, {"sessions.ttl", 900}, {"records", 100}});
}

TEST_CASE("system manifest: the least and the most of what a plan may say", "[manifest]") {
  const auto system = system_of(
      "plans: {a: {weight: 0.001, rate: 0, burst: 0, in_flight: 1, queue: 0, cpu: 0.001, memory: 1MiB, records: 0.5},\n"
      "  b: {weight: 1000000, rate: 1e308, burst: 1e308, in_flight: 1e308, queue: 1e308, cpu: 1e308, memory: "
      "1e308}}\n");
  REQUIRE(system);
  CHECK(system->plans.at("a").at("in_flight") == 1);
  CHECK(system->plans.at("b").at("queue") == 1e308);
}

TEST_CASE("system manifest: all the rest", "[manifest]") {
  const auto system = system_of(R"(control: /run/socle.sock
workers: 2
plans: {free: {}}
tenants: {a: {plan: free, limits: {rate: 5}, suspended: true}, b: }
plugins:
  - path: plugins/forms
    name: forms
    home: cell
    priority: -1
    canary: {path: next/forms, weight: 10%, for: 5min, tenants: [a]}
trust: [000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f]
swap: {pause: 20ms, max_draining: 2, drain: 1s, retained_budget: 0}
watch: [plugins]
log: {level: debug, format: json}
offload: {threads: 1, queue: 10}
)");
  REQUIRE(system);
  CHECK(system->control_socket() == "/run/socle.sock");
  CHECK(system->workers == 2);
  CHECK(system->tenants.at("a").suspended);
  CHECK(system->tenants.at("a").limits.at("rate") == 5);
  CHECK_FALSE(system->tenants.at("b").plan);
  CHECK(system->plugins[0].priority == -1);
  CHECK(system->plugins[0].canary->path == "/etc/socle/next/forms");
  CHECK(system->plugins[0].canary->weight == Percentage{10});
  CHECK(system->plugins[0].canary->for_ == 5min);
  CHECK(system->trust.size() == 1);
  CHECK(system->swap.retained_budget == 0);
  CHECK(system->watch.directories == std::vector<std::filesystem::path>{"/etc/socle/plugins"});
  CHECK(system->log.format == LogFormat::json);
  CHECK(system->offload.queue == 10);
  CHECK_FALSE(system_of("watch: false\n")->watch.system);
}
