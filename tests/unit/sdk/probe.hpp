// probe.hpp: a plugin whose handler and hooks are what the test says. The functions live in statics for the length of a
// test, so that a coroutine lambda may use its captures until the Probe's end.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <socle/testing.hpp>

namespace socle::testing {

using Handler = std::function<Task<Reply>(Host&, Request)>;
using Hook = std::function<Task<Status>(Host&)>;

struct ProbeCode {
  Handler handler{};
  Hook constructor{}, start{}, self_test{}, drain{}, stop{};
  std::function<Task<Reply>(Host&)> health{}, export_state{};
  std::function<Task<Status>(Payload, std::uint32_t, bool)> import_state{};
  std::function<void(Host&, Connection)> connection{};
};
inline ProbeCode probe_code;

class ProbePlugin : public Plugin {
 public:
  explicit ProbePlugin(Host& host) : host_(host) {
    if (probe_code.constructor) (void)probe_code.constructor(host);
  }
  Task<Reply> run(Request request) { return probe_code.handler(host_, request); }
  Reply plain(Request request) { return probe_code.handler(host_, request).take(); }

  Task<Status> start() override { return probe_code.start ? probe_code.start(host_) : Plugin::start(); }
  Task<Status> self_test() override { return probe_code.self_test ? probe_code.self_test(host_) : Plugin::self_test(); }
  Task<Reply> health() override { return probe_code.health ? probe_code.health(host_) : Plugin::health(); }
  Task<Status> drain(std::uint32_t worker) override {
    return probe_code.drain ? probe_code.drain(host_) : Plugin::drain(worker);
  }
  Task<Status> stop() override { return probe_code.stop ? probe_code.stop(host_) : Plugin::stop(); }
  Task<Reply> export_state() override {
    return probe_code.export_state ? probe_code.export_state(host_) : Plugin::export_state();
  }
  Task<Status> import_state(Payload state, std::uint32_t version, bool dry_run) override {
    return probe_code.import_state ? probe_code.import_state(std::move(state), version, dry_run)
                                   : Plugin::import_state(std::move(state), version, dry_run);
  }
  void connection(Connection accepted) override {
    if (probe_code.connection) probe_code.connection(host_, std::move(accepted));
  }

 private:
  Host& host_;
};

SOCLE_PLUGIN_DESCRIPTOR(probe_descriptor, "probe", ProbePlugin,
                        service("probe", 1).method("run", &ProbePlugin::run).method("plain", &ProbePlugin::plain))

// A fake host with a probe on it; `code` as designated initialisers.
struct Probe {
  FakeHost host;
  std::optional<TestedPlugin> plugin;

  explicit Probe(ProbeCode code, HostOptions options = {}) : host(options) {
    probe_code = std::move(code);
    plugin.emplace(host, &probe_descriptor);
  }
  explicit Probe(Handler handler) : host() {
    probe_code = {};
    probe_code.handler = std::move(handler);
    plugin.emplace(host, &probe_descriptor);
  }
  Reply ask(const Ask& ask = {}) { return plugin->ask("run", ask); }
  Asked begin(const Ask& ask = {}) { return plugin->begin("run", ask); }
};

}  // namespace socle::testing
