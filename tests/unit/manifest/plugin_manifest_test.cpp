#include <catch2/catch.hpp>

#include "manifest_texts.hpp"

using namespace socle::manifest;

TEST_CASE("plugin manifest: what is left out has its documented default", "[manifest]") {
  const auto manifest = plugin("");
  REQUIRE(manifest);
  CHECK(manifest->folder == "/plugins/hello");
  CHECK(manifest->state == State::none);
  CHECK(manifest->state_limit == ByteSize{16 << 20});
  CHECK(manifest->home == Home::cell);
  CHECK(manifest->affinity == Affinity::any);
  CHECK(manifest->restart.backoff == DurationRange{100ms, 10s});
  CHECK(manifest->health.interval == 10s);
  CHECK(manifest->self_test.enabled);
  CHECK(manifest->start_timeout == 10s);
  CHECK_FALSE(manifest->drain);
  CHECK_FALSE(manifest->irreversible);
}

TEST_CASE("plugin manifest: requirements have a short and a long form", "[manifest]") {
  const auto manifest =
      plugin("requires:\n  - storage/1\n  - {service: models/2, plugin_version: \">=1.2 <2\", optional: true}\n");
  REQUIRE(manifest);
  REQUIRE(manifest->requires_.size() == 2);
  CHECK(manifest->requires_[0].service == ServiceId{"storage", 1});
  CHECK(manifest->requires_[0].plugin_version.is_any());
  CHECK_FALSE(manifest->requires_[0].optional);
  CHECK(manifest->requires_[1].optional);
  CHECK(manifest->requires_[1].at == Place{7, 5});
  CHECK(manifest->requires_[1].plugin_version.contains(parse_version("1.5.0").value()));
}

TEST_CASE("plugin manifest: a permission with a blank may go without quotes", "[manifest]") {
  const auto manifest = plugin("permissions: [\"call:storage/1\", act-as: tenants, ingress]\n");
  REQUIRE(manifest);
  CHECK(manifest->permissions.size() == 3);
  CHECK(manifest->asks_for({PermissionKind::act_as, "tenants"}));
  CHECK_FALSE(manifest->asks_for({PermissionKind::dlopen, ""}));
}

TEST_CASE("plugin manifest: a route has typed parameters, undeclared ones of the path are strings", "[manifest]") {
  const auto manifest = plugin(R"(provides: [{service: notes/1, methods: {list: {}, get: }}]
routes:
  - GET: /v1/notes/{box}/{id}
    to: notes/1.get
    access: notes:read
    params:
      id: {type: integer, minimum: 1, maximum: 99}
      page: {type: integer, default: 1}
    body_limit: 64KiB
    timeout: 2s
    headers: all
    consumes: [application/json, text/*]
  - {DELETE: "/v1/notes/{id}", to: notes/1.get}
)");
  REQUIRE(manifest);
  REQUIRE(manifest->routes.size() == 2);
  const auto& route = manifest->routes[0];
  CHECK(route.at == Place{7, 5});
  CHECK(route.access.kind == RouteAccess::Kind::permission);
  CHECK(route.access.permission == "notes:read");
  CHECK(route.params.at("id").in == ParamSource::path);
  CHECK(route.params.at("id").required);
  CHECK(route.params.at("id").maximum == 99);
  CHECK(route.params.at("box").type == ParamType::string);
  CHECK(route.params.at("box").in == ParamSource::path);
  CHECK(route.params.at("page").in == ParamSource::query);
  CHECK(route.params.at("page").default_value == "1");
  CHECK(route.body_limit == ByteSize{65'536});
  CHECK(route.timeout == Duration(2s));
  CHECK(route.headers == RouteHeaders::all);
  CHECK(route.consumes.size() == 2);
  CHECK(manifest->routes[1].method == HttpMethod::delete_);
  CHECK(manifest->routes[1].access.kind == RouteAccess::Kind::authenticated);
}

TEST_CASE("plugin manifest: filters and channels", "[manifest]") {
  const auto manifest = plugin(R"(filters: [{match: storage/1.*, method: guard, priority: -5, fail: open, phase: after}]
publishes:
  - {channel: records.changed, mode: broadcast, type: change}
  - {channel: hand-over, mode: rendezvous}
  - {channel: jobs, capacity: 10}
subscribes: [{channel: records.changed, to: on_change}]
)");
  REQUIRE(manifest);
  CHECK(manifest->filters[0].priority == -5);
  CHECK(manifest->filters[0].fail == FilterFail::open);
  CHECK(manifest->filters[0].phase == FilterPhase::after);
  CHECK(manifest->publishes[0].mode == ChannelMode::broadcast);
  CHECK(manifest->publishes[1].mode == ChannelMode::rendezvous);
  CHECK(manifest->publishes[2].capacity == 10);
  CHECK(manifest->subscribes[0].method == "on_change");
}

TEST_CASE("plugin manifest: life-cycle keys", "[manifest]") {
  const auto manifest = plugin(R"(state: exclusive
state_version: 3
state_limit: 1MiB
swap_pause: 20ms
home: kernel
resident_handles: [rocksdb]
affinity: one
irreversible: true
drain: 5s
health: {interval: 1s, timeout: 100ms}
self_test: 2s
sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
)");
  REQUIRE(manifest);
  CHECK(manifest->state == State::exclusive);
  CHECK(manifest->state_version == 3);
  CHECK(manifest->swap_pause == Duration(20ms));
  CHECK(manifest->resident_handles == std::vector<std::string>{"rocksdb"});
  CHECK(manifest->affinity == Affinity::one);
  CHECK(manifest->irreversible);
  CHECK(manifest->drain == Duration(5s));
  CHECK(manifest->health.timeout == 100ms);
  CHECK(manifest->self_test.timeout == 2s);
  CHECK(manifest->sha256->size() == 64);
  CHECK_FALSE(plugin("self_test: false\n")->self_test.enabled);
  CHECK(plugin("self_test: {timeout: 1s}\n")->self_test.timeout == 1s);
}
