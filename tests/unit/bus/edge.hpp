// edge.hpp: requests as a gateway makes them, a plugin that answers them, calls that wait until a test lets them go,
// and limits of tenants.
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

// One worker, and the plugin "a" on it with the one method "work", which a gateway asks.
class EdgeFixture : public BusFixture {
 public:
  explicit EdgeFixture(Handler work) : BusFixture(1), a(bus, "a", {{"work", std::move(work)}}), edge(*this) {
    route(a, "work");
    install();
  }
  std::shared_ptr<Edge::Asked> ask(std::string_view tenant, int64_t timeout = 10'000'000'000) {
    return edge.ask(a, "work", tenant, timeout);
  }
  Got answer_to(std::string_view tenant, int64_t timeout = 10'000'000'000) { return ask(tenant, timeout)->got.get(); }

  Actor a;
  Edge edge;
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

inline void let_go(EdgeFixture& f, Holding& h, size_t index) {
  f.on(0, [&](Worker& w) {
    f.bus.complete(w, *f.a.runtime, h.tokens[index], {sizeof(socle_reply), SOCLE_OK, nullptr});
  });
}

// The first call that is held ends, and the one that waited for its place begins, and ends too.
inline void end_in_turn(EdgeFixture& f, Holding& h, Edge::Asked& first, Edge::Asked& next) {
  let_go(f, h, 0);
  CHECK(first.got.get().status == SOCLE_OK);
  f.turn(2);
  REQUIRE(h.held == 2);
  let_go(f, h, 1);
  CHECK(next.got.get().status == SOCLE_OK);
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

}  // namespace socle::bus::test
