// What the bus does with the tenant scheduler: requests admitted, put off and refused; time and memory charged to whom.
#include "fixture.hpp"

#include <atomic>
#include <thread>

#include "telemetry/clock.hpp"

using namespace socle;
using namespace socle::bus;
using namespace socle::bus::test;

namespace {

Grants ingress() {
  Grants g;
  g.ingress = true;
  return g;
}

void burn(int64_t ns) {
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

void let_go(BusFixture& f, Actor& a, Holding& h, size_t index) {
  f.on(0, [&](Worker& w) {
    f.bus.complete(w, *a.runtime, h.tokens[index], {sizeof(socle_reply), SOCLE_OK, nullptr});
    return 0;
  });
}

sched::Account& limit(BusFixture& f, const char* tenant, void (*change)(sched::Limits&)) {
  sched::Limits l;
  change(l);
  f.bus.accounts().tenant(tenant).set(l);
  return f.bus.accounts().tenant(tenant);
}

Handler ok() {
  return [](const socle_call&, socle_reply& reply, Generation&) { return answer(reply, "ok"); };
}

void turn(BusFixture& f) {
  for (int i = 0; i < 2; ++i) f.bus.on_each_worker([](Worker&) {}, std::chrono::seconds(5));
}

}  // namespace

TEST_CASE("admission: over its rate a tenant is refused and told when to come again", "[admission]") {
  BusFixture f(1);
  Actor a(f.bus, "a", {{"ok", ok()}});
  Edge edge(f);
  f.route(a, "ok");
  f.install();
  const sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.rate = 0.01, l.burst = 2; });
  CHECK(edge.ask(a, "ok", "acme")->got.get().status == SOCLE_OK);
  CHECK(edge.ask(a, "ok", "acme")->got.get().status == SOCLE_OK);
  const auto refused = edge.ask(a, "ok", "acme");
  const Got got = refused->got.get();
  CHECK(got.status == SOCLE_EXHAUSTED);
  CHECK(got.code == "rate_limited");
  CHECK(std::stoi(refused->retry_after) >= 99);
  CHECK(edge.ask(a, "ok", "other")->got.get().status == SOCLE_OK);
  CHECK(acme.usage().requests == 2);
  CHECK(acme.usage().refused == 1);
}

TEST_CASE("admission: without a place a request waits, and begins when one is free", "[admission]") {
  BusFixture f(1);
  Holding h;
  Actor a(f.bus, "a", {{"hold", h.take()}});
  Edge edge(f);
  f.route(a, "hold");
  f.install();
  const sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1, l.queue = 1; });
  const auto first = edge.ask(a, "hold", "acme");
  const auto second = edge.ask(a, "hold", "acme");
  const Got third = edge.ask(a, "hold", "acme")->got.get();
  CHECK(third.status == SOCLE_UNAVAILABLE);
  CHECK(third.code == "overloaded");
  CHECK(h.held == 1);
  CHECK(acme.usage().in_flight == 1);
  CHECK(acme.usage().queued == 1);
  let_go(f, a, h, 0);
  CHECK(first->got.get().status == SOCLE_OK);
  turn(f);
  REQUIRE(h.held == 2);
  let_go(f, a, h, 1);
  CHECK(second->got.get().status == SOCLE_OK);
  turn(f);
  CHECK(acme.usage().in_flight == 0);
  CHECK(acme.usage().queued == 0);
  CHECK(acme.usage().p99_us > 0);
}

TEST_CASE("admission: a request that waits beyond its deadline is answered and leaves the queue", "[admission]") {
  BusFixture f(1);
  Holding h;
  Actor a(f.bus, "a", {{"hold", h.take()}});
  Edge edge(f);
  f.route(a, "hold");
  f.install();
  const sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1, l.queue = 1; });
  const auto first = edge.ask(a, "hold", "acme");
  CHECK(edge.ask(a, "hold", "acme", 5'000'000)->got.get().status == SOCLE_DEADLINE);
  CHECK(acme.usage().queued == 0);
  const auto next = edge.ask(a, "hold", "acme");
  let_go(f, a, h, 0);
  CHECK(first->got.get().status == SOCLE_OK);
  turn(f);
  REQUIRE(h.held == 2);
  let_go(f, a, h, 1);
  CHECK(next->got.get().status == SOCLE_OK);
}

TEST_CASE("admission: a request whose turn would come after its deadline is refused at once", "[admission]") {
  BusFixture f(1);
  Holding h;
  Actor a(f.bus, "a", {{"hold", h.take()}});
  Edge edge(f);
  f.route(a, "hold");
  f.install();
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1; });
  constexpr int64_t second = 1'000'000'000;
  const auto first = edge.ask(a, "hold", "acme");
  f.on(0, [&](Worker& w) { return w.lane.queue.flow(acme).service = 10e9; });  // ns that earlier ones took
  const auto refused = edge.ask(a, "hold", "acme", 15 * second);
  const Got got = refused->got.get();
  CHECK(got.status == SOCLE_UNAVAILABLE);
  CHECK(got.code == "deadline_unreachable");
  CHECK(refused->retry_after == "20");
  CHECK(acme.usage().shed == 1);
  const auto patient = edge.ask(a, "hold", "acme", 60 * second);
  CHECK(acme.usage().queued == 1);
  let_go(f, a, h, 0);
  CHECK(first->got.get().status == SOCLE_OK);
  turn(f);
  REQUIRE(h.held == 2);
  let_go(f, a, h, 1);
  CHECK(patient->got.get().status == SOCLE_OK);
}

TEST_CASE("admission: a further piece of an admitted request is not counted again", "[admission]") {
  BusFixture f(1);
  Actor a(f.bus, "a", {{"ok", ok()}});
  Edge edge(f);
  f.route(a, "ok");
  f.install();
  limit(f, "acme", [](sched::Limits& l) { l.rate = 0; });
  CHECK(f.on(0, [&](Worker&) {
    const socle_host* host = edge.gateway.runtime.get();
    socle_root root{};
    root.struct_size = sizeof root;
    root.tenant = str("acme");
    root.deadline = INT64_MAX;
    root.continues = 1;
    const socle_context* context = host->context_open(host, &root);
    uint32_t target = 0;
    static_cast<void>(host->resolve(host, str(a.service()), str("ok"), &target));
    socle_reply reply{};
    const socle_status status = host->call(host, context, target, nullptr, nullptr, &reply, nullptr, nullptr);
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    host->context_release(host, context);
    return status;
  }) == SOCLE_OK);
}

TEST_CASE("admission: time is charged to the tenant of the context, nested calls and offload included", "[admission]") {
  BusFixture f(1);
  std::promise<void> offloaded;
  Actor inner(f.bus, "inner", {{"work", [](const socle_call&, socle_reply& reply, Generation&) {
                                  burn(20'000'000);
                                  return answer(reply, "");
                                }}});
  Actor outer(f.bus, "outer",
              {{"work", [&](const socle_call& call, socle_reply& reply, Generation& g) {
                  socle_reply got{};
                  g.bus.call(*Worker::current(), nullptr, *Context::of(call.context), *g.bus.target("inner/1", "work"),
                             nullptr, nullptr, &got, nullptr, nullptr);
                  if (got.payload != nullptr) Payload::of(got.payload)->release();
                  burn(10'000'000);
                  g.offload(
                      &g, [](void*) { burn(30'000'000); },
                      [](void* user, socle_status) { static_cast<std::promise<void>*>(user)->set_value(); },
                      &offloaded);
                  return answer(reply, "");
                }}});
  Edge edge(f);
  f.route(inner, "work");
  f.route(outer, "work");
  f.install();
  CHECK(edge.ask(outer, "work", "acme")->got.get().status == SOCLE_OK);
  offloaded.get_future().get();
  turn(f);
  const double ms = static_cast<double>(f.bus.accounts().tenant("acme").usage().cpu) / 1e6;
  CHECK(ms >= 55);
  CHECK(ms < 90);
}

TEST_CASE("admission: a timer is paid for by who armed it", "[admission]") {
  BusFixture f(1);
  std::promise<std::string> payer;
  Actor a(f.bus, "a",
          {{"arm", [&](const socle_call&, socle_reply& reply, Generation& g) {
              g.timer_start(
                  &g, 1'000'000,
                  [](void* user, socle_status) {
                    static_cast<std::promise<std::string>*>(user)->set_value(Worker::current()->lane.paying()->id());
                  },
                  &payer);
              return answer(reply, "");
            }}});
  Edge edge(f);
  f.route(a, "arm");
  f.install();
  CHECK(edge.ask(a, "arm", "acme")->got.get().status == SOCLE_OK);
  CHECK(payer.get_future().get() == "acme");
}

TEST_CASE("admission: what a plugin does in a tenant's name is background, and what it puts off too", "[admission]") {
  BusFixture f(1);
  std::promise<std::pair<std::string, uint32_t>> later;
  uint32_t during = 9;
  Actor a(f.bus, "a", {{"arm", [&](const socle_call&, socle_reply& reply, Generation& g) {
                          during = Worker::current()->lane.work_class;
                          g.timer_start(
                              &g, 1'000'000,
                              [](void* user, socle_status) {
                                const sched::Lane& lane = Worker::current()->lane;
                                static_cast<decltype(later)*>(user)->set_value({lane.paying()->id(), lane.work_class});
                              },
                              &later);
                          return answer(reply, "");
                        }}});
  Grants grants;
  grants.act_as = true;
  grants.services.insert("a/1");
  Actor b(f.bus, "b", {}, grants);
  f.route(a, "arm");
  f.install();
  CHECK(f.on(0, [&](Worker& w) {
    const socle_host* host = b.runtime.get();
    const socle_context* context = host->context_act_as(host, str("acme"), str("test"), INT64_MAX);
    uint32_t target = 0;
    REQUIRE(host->resolve(host, str(a.service()), str("arm"), &target) == SOCLE_OK);
    socle_reply reply{};
    const socle_status status = host->call(host, context, target, nullptr, nullptr, &reply, nullptr, nullptr);
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    host->context_release(host, context);
    CHECK(w.lane.work_class == 0);
    return status;
  }) == SOCLE_OK);
  CHECK(during == SOCLE_CLASS_BACKGROUND);
  CHECK(later.get_future().get() == std::pair(std::string("acme"), uint32_t{SOCLE_CLASS_BACKGROUND}));
}

TEST_CASE("admission: memory of payloads, frames and arenas is charged and comes back", "[admission]") {
  BusFixture f(1);
  Actor a(f.bus, "a", {{"take", [](const socle_call& call, socle_reply& reply, Generation& g) {
                          sched::Account& acme = g.bus.accounts().tenant("acme");
                          const int64_t before = Worker::current()->lane.queue.flow(acme).memory.get();
                          socle_payload* p = g.payload_new(&g, {std::string(100'000, 'x').c_str(), 100'000},
                                                           SOCLE_MEDIA_TEXT, nullptr, 0);
                          void* frame = g.frame_alloc(&g, 10'000);
                          void* arena = g.arena_alloc(&g, call.context, 50'000, 8);
                          CHECK(arena != nullptr);
                          CHECK(Worker::current()->lane.queue.flow(acme).memory.get() - before >= 160'000);
                          char* bytes = nullptr;
                          CHECK(g.payload_alloc(&g, 1 << 20, SOCLE_MEDIA_TEXT, nullptr, 0, &bytes) == nullptr);
                          CHECK(g.arena_alloc(&g, call.context, 1 << 20, 8) == nullptr);
                          CHECK(g.frame_alloc(&g, 1 << 20) == nullptr);
                          g.frame_free(&g, frame, 10'000);
                          g.payload_release(&g, p);
                          return answer(reply, "");
                        }}});
  Edge edge(f);
  f.route(a, "take");
  f.install();
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20; });
  CHECK(edge.ask(a, "take", "acme")->got.get().status == SOCLE_OK);
  turn(f);
  CHECK(f.on(0, [&](Worker& w) { return w.lane.queue.flow(acme).memory.get(); }) == 0);
}

TEST_CASE("admission: a call holds no more arena than its plan allows one call", "[admission]") {
  BusFixture f(1);
  Actor a(f.bus, "a", {{"take", [](const socle_call& call, socle_reply& reply, Generation& g) {
                          CHECK(g.arena_alloc(&g, call.context, 40'000, 8) != nullptr);
                          CHECK(g.arena_alloc(&g, call.context, 40'000, 8) == nullptr);
                          return answer(reply, "");
                        }}});
  Edge edge(f);
  f.route(a, "take");
  f.install();
  limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20, l.call_memory = 64 * 1024; });
  CHECK(edge.ask(a, "take", "acme")->got.get().status == SOCLE_OK);
  CHECK(edge.ask(a, "take", "acme")->got.get().status == SOCLE_OK);  // each call has its own
}

TEST_CASE("admission: under memory pressure a request has half, then a quarter of its time", "[admission]") {
  BusFixture f(1);
  int64_t left = 0;
  uint32_t level = 9;
  Actor a(f.bus, "a", {{"see", [&](const socle_call& call, socle_reply& reply, Generation& g) {
                          left = call.context->deadline - telemetry::monotonic_now();
                          level = g.pressure(&g, call.context);
                          return answer(reply, "");
                        }}});
  Edge edge(f);
  f.route(a, "see");
  f.install();
  constexpr int64_t second = 1'000'000'000, mib = 1 << 20;
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 100 << 20; });
  const auto with = [&](int64_t held) {
    f.on(0, [&](Worker& w) { return w.lane.hold(w.lane.queue.flow(acme), held); });
    CHECK(edge.ask(a, "see", "acme", 100 * second)->got.get().status == SOCLE_OK);
    f.on(0, [&](Worker& w) {
      w.lane.release(acme, held);
      return 0;
    });
    return std::pair(level, (left + second / 2) / second);
  };
  CHECK(with(40 * mib) == std::pair(0U, 100L));
  CHECK(with(60 * mib) == std::pair(1U, 50L));
  CHECK(with(80 * mib) == std::pair(2U, 25L));
  CHECK(with(40 * mib) == std::pair(0U, 100L));
}

TEST_CASE("admission: the next request of a connection is read in its payer's slice", "[admission]") {
  BusFixture f(1);
  std::atomic<int> turns{0};
  Actor a(f.bus, "a", {});
  const auto ready = [](void* user, socle_status) { ++*static_cast<std::atomic<int>*>(user); };
  f.on(0, [&](Worker& w) {
    w.connection_opened(7, w.account("~peer/10.0.0.1"));
    // The kernel pays for posted work, so this is not the connection's turn.
    CHECK(a.runtime->admit(a.runtime.get(), 7, ready, &turns) == SOCLE_PENDING);
    const sched::PaidBy mine(w.lane, w.account("~peer/10.0.0.1"));
    w.lane.begin_turn();
    CHECK(a.runtime->admit(a.runtime.get(), 7, ready, &turns) == SOCLE_OK);
    a.runtime->connection_charge(a.runtime.get(), 7, str("acme"));
    CHECK(a.runtime->admit(a.runtime.get(), 7, ready, &turns) == SOCLE_PENDING);
    return 0;
  });
  turn(f);
  CHECK(turns == 2);
  f.on(0, [&](Worker& w) {
    w.connection_gone(7);
    return 0;
  });
}

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
  BusFixture f(1);
  Actor a(f.bus, "a", {{"burn", [](const socle_call&, socle_reply& reply, Generation&) {
                          burn(25'000'000);
                          return answer(reply, "");
                        }}});
  Edge edge(f);
  f.route(a, "burn");
  f.install();
  for (int i = 0; i < 12; ++i) CHECK(edge.ask(a, "burn", "t" + std::to_string(i))->got.get().status == SOCLE_OK);
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
  BusFixture f(1);
  Holding h;
  Actor a(f.bus, "a", {{"hold", h.take()}});
  Edge edge(f);
  f.route(a, "hold");
  f.install();
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1, l.memory = 100 << 20; });
  const auto first = edge.ask(a, "hold", "acme");
  const auto second = edge.ask(a, "hold", "acme");
  constexpr int64_t held = 60 << 20;
  CHECK(f.on(0, [&](Worker& w) { return w.lane.hold(w.lane.queue.flow(acme), held); }));
  f.bus.monitor().used(acme, a.runtime->account, 1'000'000'000);  // among those that use most
  const std::string text = f.bus.monitor().metrics(20);
  CHECK(text.find("\nsocle_tenant_in_flight{tenant=\"acme\"} 1.000000\n") != std::string::npos);
  CHECK(text.find("\nsocle_tenant_queued{tenant=\"acme\"} 1.000000\n") != std::string::npos);
  CHECK(text.find("\nsocle_tenant_memory_pressure{tenant=\"acme\"} 1.000000\n") != std::string::npos);
  f.on(0, [&](Worker& w) {
    w.lane.release(acme, held);
    return 0;
  });
  let_go(f, a, h, 0);
  CHECK(first->got.get().status == SOCLE_OK);
  turn(f);
  REQUIRE(h.held == 2);
  let_go(f, a, h, 1);
  CHECK(second->got.get().status == SOCLE_OK);
}
