// edge.hpp: requests as a gateway makes them, calls that wait until a test lets them go, and limits of tenants.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "telemetry/clock.hpp"
#include "unit/bus/fixture.hpp"

namespace socle::bus::test {

inline Grants ingress() {
  Grants g;
  g.ingress = true;
  return g;
}

inline void burn(int64_t ns) {
  for (const int64_t end = telemetry::thread_cpu() + ns; telemetry::thread_cpu() < end;) {}
}

// Requests as a gateway makes them, on worker 0. Answers by number, in the order they come.
class Edge {
 public:
  explicit Edge(BusFixture& f) : f_(f), gateway(f.bus, "gateway", {}, ingress()) {}
  struct Asked {
    std::promise<Got> promise;
    std::future<Got> got = promise.get_future();
    const socle_context* context = nullptr;
    std::string retry_after;
  };
  std::shared_ptr<Asked> ask(const Actor& actor, std::string_view method, std::string_view tenant,
                             int64_t timeout = 10'000'000'000) {
    auto asked = std::make_shared<Asked>();
    f_.on(0, [&](Worker&) {
      const socle_host* host = gateway.runtime.get();
      socle_root root{};
      root.struct_size = sizeof root;
      root.tenant = str(tenant);
      root.deadline = telemetry::monotonic_now() + timeout;
      asked->context = host->context_open(host, &root);
      uint32_t target = 0;
      REQUIRE(host->resolve(host, str(actor.service()), str(method), &target) == SOCLE_OK);
      socle_reply reply{};
      const auto done = [](void* user, const socle_reply* r) {
        const std::unique_ptr<std::shared_ptr<Asked>> held(static_cast<std::shared_ptr<Asked>*>(user));
        finish(**held, *r, false);
      };
      auto* held = new std::shared_ptr<Asked>(asked);
      if (host->call(host, asked->context, target, nullptr, nullptr, &reply, done, held) != SOCLE_PENDING) {
        delete held;
        finish(*asked, reply, true);
      }
      return 0;
    });
    return asked;
  }

 private:
  static void finish(Asked& asked, const socle_reply& reply, bool at_once) {
    if (reply.payload != nullptr) asked.retry_after = Payload::of(reply.payload)->find("retry-after");
    Got got = read(reply, at_once);
    Context::of(asked.context)->release();  // the request is over
    asked.promise.set_value(std::move(got));
  }
  BusFixture& f_;

 public:
  Actor gateway;
};

// Calls that wait until the test lets them go.
struct Holding {
  std::vector<uint64_t> tokens;
  std::atomic<size_t> held{0};
  Handler take() {
    return [this](const socle_call& call, socle_reply&, Generation&) {
      tokens.push_back(call.token);
      ++held;
      return SOCLE_PENDING;
    };
  }
};

inline void let_go(BusFixture& f, Actor& a, Holding& h, size_t index) {
  f.on(0, [&](Worker& w) {
    f.bus.complete(w, *a.runtime, h.tokens[index], {sizeof(socle_reply), SOCLE_OK, nullptr});
    return 0;
  });
}

inline sched::Account& limit(BusFixture& f, const char* tenant, void (*change)(sched::Limits&)) {
  sched::Limits l;
  change(l);
  f.bus.accounts().tenant(tenant).set(l);
  return f.bus.accounts().tenant(tenant);
}

inline Handler ok() {
  return [](const socle_call&, socle_reply& reply, Generation&) { return answer(reply, "ok"); };
}

inline void turn(BusFixture& f) {
  for (int i = 0; i < 2; ++i) f.bus.on_each_worker([](Worker&) {}, std::chrono::seconds(5));
}

}  // namespace socle::bus::test
