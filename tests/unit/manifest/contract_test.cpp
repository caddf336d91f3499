// The two full examples of the public contract, word for word.
#include <catch2/catch.hpp>

#include "manifest_texts.hpp"

using namespace socle::manifest;

namespace {

constexpr const char* system_example = R"(socle: 1                      # system manifest
data: ./data
listeners: {http: {address: "127.0.0.1:8080"}, ops: {address: "127.0.0.1:9090"}}
resident: [librocksdb.so.7.8, libssl.so.3, libcrypto.so.3]
plans: {free: {weight: 1, rate: 100, burst: 200, in_flight: 64, sessions.ttl: 15min}, demo: {weight: 10}}
tenants: {demo: {plan: demo}}
plugins:
  - {path: plugins/gateway, home: kernel, listen: [http, ops]}
  - {path: plugins/storage-rocksdb, home: kernel, config: {durability: sync}}
  - {path: plugins/forms, home: kernel, grants: ["call:storage/1", "call:models/1"]}
trust: []                     # Ed25519 public keys; empty: signatures are checked when present, not required; else required
)";

constexpr const char* plugin_example = R"(plugin: hello                 # plugin manifest
version: 1.0.0
abi: 1.0
library: libhello.so
provides: [{service: hello/1, methods: {greet: {idempotent: true, timeout: 1s}}}]
requires: []
permissions: []
routes: [{GET: "/v1/hello/{name}", to: hello/1.greet, access: public}]
config: {greeting: {type: string, default: Hello, describe: The word before the name}}
state: none
home: cell
restart: {backoff: 100ms..10s, intensity: 5 per 60s}
)";

}  // namespace

TEST_CASE("manifest: the contract's system example says what it says", "[manifest]") {
  const auto system = parse_system_manifest(system_example, "/etc/socle/system.yaml");
  REQUIRE(system);
  CHECK(system->socle == 1);
  CHECK(system->data == "/etc/socle/data");
  CHECK(system->control_socket() == "/etc/socle/data/control.sock");
  REQUIRE(system->listeners.size() == 2);
  CHECK(to_string(system->listeners.at("http").address) == "127.0.0.1:8080");
  CHECK(system->listeners.at("http").role == ListenerRole::http);
  CHECK(system->listeners.at("ops").role == ListenerRole::ops);
  CHECK(system->resident == std::vector<std::string>{"librocksdb.so.7.8", "libssl.so.3", "libcrypto.so.3"});
  CHECK(system->plans.at("free") ==
        Plan{{"weight", 1}, {"rate", 100}, {"burst", 200}, {"in_flight", 64}, {"sessions.ttl", 900}});
  CHECK(system->plans.at("demo") == Plan{{"weight", 10}});
  CHECK(system->tenants.at("demo").plan == "demo");
  REQUIRE(system->plugins.size() == 3);
  CHECK(system->plugins[0].path == "/etc/socle/plugins/gateway");
  CHECK(system->plugins[0].home == Home::kernel);
  CHECK(system->plugins[0].listen == std::vector<std::string>{"http", "ops"});
  REQUIRE(system->plugins[1].config);
  CHECK(system->plugins[1].config->find("durability")->text == "sync");
  CHECK(system->plugins[2].grants ==
        std::vector<Permission>{{PermissionKind::call, "storage/1"}, {PermissionKind::call, "models/1"}});
  CHECK(system->trust.empty());
}

TEST_CASE("manifest: the contract's plugin example says what it says", "[manifest]") {
  const auto manifest = parse_plugin_manifest(plugin_example, "/plugins/hello/manifest.yaml");
  REQUIRE(manifest);
  CHECK(manifest->plugin == "hello");
  CHECK(to_string(manifest->version) == "1.0.0");
  CHECK(manifest->abi == AbiVersion{1, 0});
  CHECK(manifest->library == "/plugins/hello/libhello.so");
  REQUIRE(manifest->provides.size() == 1);
  CHECK(manifest->provides[0].service == ServiceId{"hello", 1});
  const auto* greet = manifest->find_method({{"hello", 1}, "greet"});
  REQUIRE(greet != nullptr);
  CHECK(greet->idempotent);
  CHECK(greet->timeout == Duration(1s));
  CHECK(manifest->requires_.empty());
  CHECK(manifest->permissions.empty());
  REQUIRE(manifest->routes.size() == 1);
  CHECK(manifest->routes[0].method == HttpMethod::get);
  CHECK(manifest->routes[0].path == "/v1/hello/{name}");
  CHECK(to_string(manifest->routes[0].to) == "hello/1.greet");
  CHECK(manifest->routes[0].access.kind == RouteAccess::Kind::public_);
  CHECK(manifest->config.at("greeting").default_value->text == "Hello");
  CHECK(manifest->config.at("greeting").describe == "The word before the name");
  CHECK(manifest->state == State::none);
  CHECK(manifest->home == Home::cell);
  CHECK(manifest->restart.backoff == DurationRange{100ms, 10s});
  CHECK(manifest->restart.intensity == Rate{5, 60s});
}

TEST_CASE("manifest: a prefix of the contract's examples is refused unless it is cut between two lines", "[manifest]") {
  for (const std::string text : {plugin_example, system_example}) {
    const bool is_plugin = text.starts_with("plugin");
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      if (cut > 0 && text[cut - 1] == '\n') continue;
      INFO(text.substr(0, cut));
      const auto prefix = text.substr(0, cut);
      CHECK_FALSE((is_plugin ? parse_plugin_manifest(prefix, "m.yaml").has_value()
                             : parse_system_manifest(prefix, "s.yaml").has_value()));
    }
  }
}
