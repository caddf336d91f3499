// Time and memory: charged to whom, and what a tenant near its limit still gets.
#include <thread>

#include "unit/bus/edge.hpp"

using namespace socle;
using namespace socle::bus;
using namespace socle::bus::test;

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
  f.turn(2);
  const double ms = static_cast<double>(f.bus.accounts().tenant("acme").usage().cpu) / 1e6;
  CHECK(ms >= 55);
  CHECK(ms < 90);
}

TEST_CASE("admission: a timer is paid for by who armed it", "[admission]") {
  std::promise<std::string> payer;
  EdgeFixture f([&](const socle_call&, socle_reply& reply, Generation& g) {
    g.timer_start(
        &g, 1'000'000,
        [](void* user, socle_status) {
          static_cast<std::promise<std::string>*>(user)->set_value(Worker::current()->lane.paying()->id());
        },
        &payer);
    return answer(reply, "");
  });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
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
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    sched::Account& acme = g.bus.accounts().tenant("acme");
    const int64_t before = Worker::current()->lane.queue.flow(acme).memory.get();
    socle_payload* p = g.payload_new(&g, {std::string(100'000, 'x').c_str(), 100'000}, SOCLE_MEDIA_TEXT, nullptr, 0);
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
  });
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  f.turn(2);
  CHECK(f.on(0, [&](Worker& w) { return w.lane.queue.flow(acme).memory.get(); }) == 0);
}

TEST_CASE("admission: a call holds no more arena than its plan allows one call", "[admission]") {
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    CHECK(g.arena_alloc(&g, call.context, 40'000, 8) != nullptr);
    CHECK(g.arena_alloc(&g, call.context, 40'000, 8) == nullptr);
    return answer(reply, "");
  });
  limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20, l.call_memory = 64 * 1024; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(f.answer_to("acme").status == SOCLE_OK);  // each call has its own
}

TEST_CASE("admission: a payload that is more than one call may hold is refused", "[admission]") {
  EdgeFixture f([](const socle_call&, socle_reply& reply, Generation& g) {
    const std::string text(100'000, 'x');
    CHECK(g.payload_new(&g, str(text), SOCLE_MEDIA_TEXT, nullptr, 0) == nullptr);
    return answer(reply, "");
  });
  limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20, l.call_memory = 64 * 1024; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
}

TEST_CASE("admission: a document beside a text is charged with it", "[admission]") {
  EdgeFixture f([](const socle_call&, socle_reply& reply, Generation& g) {
    const sched::Flow& acme = Worker::current()->lane.queue.flow(g.bus.accounts().tenant("acme"));
    const std::string doc(50'000, 'x');
    const PayloadRef p(Payload::of(g.payload_new(&g, str("{}"), SOCLE_MEDIA_JSON, nullptr, 0)));
    const int64_t before = acme.memory.get();
    g.payload_set_doc(&g, p.get(), str(doc));
    CHECK(acme.memory.get() - before == 50'000);
    g.payload_set_doc(&g, nullptr, str(doc));  // the payload that a budget refused
    return answer(reply, "");
  });
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  f.turn(2);
  CHECK(f.on(0, [&](Worker& w) { return w.lane.queue.flow(acme).memory.get(); }) == 0);
}

TEST_CASE("admission: payloads of offloaded work are charged to who asked for it, and refused over its budget",
          "[admission]") {
  struct Work {
    Generation& g;
    std::promise<int64_t> held{};
    socle_payload *made = nullptr, *refused = nullptr;
  };
  std::unique_ptr<Work> work;
  EdgeFixture f([&](const socle_call&, socle_reply& reply, Generation& g) {
    work = std::make_unique<Work>(Work{g});
    g.offload(
        &g,
        [](void* user) {
          auto& w = *static_cast<Work*>(user);
          const std::string small(300'000, 'x'), large(900'000, 'x');
          w.made = w.g.payload_new(&w.g, str(small), SOCLE_MEDIA_TEXT, nullptr, 0);
          w.refused = w.g.payload_new(&w.g, str(large), SOCLE_MEDIA_TEXT, nullptr, 0);
        },
        [](void* user, socle_status) {
          auto& w = *static_cast<Work*>(user);
          const sched::Account& acme = w.g.bus.accounts().tenant("acme");
          const int64_t with = acme.memory();
          w.g.payload_release(&w.g, w.made);
          w.held.set_value(with);
        },
        work.get());
    return answer(reply, "");
  });
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(work->held.get_future().get() >= 300'000);
  CHECK(work->made != nullptr);
  CHECK(work->refused == nullptr);
  f.turn(2);
  // Leased by the worker, not held.
  CHECK(f.on(0, [&](Worker& w) {
    const sched::Flow& flow = w.lane.queue.flow(acme);
    return acme.memory() + flow.memory.get() - flow.memory_leased;
  }) == 0);
}

TEST_CASE("admission: under memory pressure a request has half, then a quarter of its time", "[admission]") {
  int64_t left = 0;
  uint32_t level = 9;
  EdgeFixture f([&](const socle_call& call, socle_reply& reply, Generation& g) {
    left = call.context->deadline - telemetry::monotonic_now();
    level = g.pressure(&g, call.context);
    return answer(reply, "");
  });
  constexpr int64_t second = 1'000'000'000, mib = 1 << 20;
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 100 << 20; });
  const auto with = [&](int64_t held) {
    f.on(0, [&](Worker& w) { return w.lane.hold(w.lane.queue.flow(acme), held); });
    CHECK(f.answer_to("acme", 100 * second).status == SOCLE_OK);
    f.on(0, [&](Worker& w) { w.lane.release(acme, held); });
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
    const sched::PaidBy mine(w.lane, w.account("~peer/10.0.0.1"), w.lane.call);
    w.lane.begin_turn();
    CHECK(a.runtime->admit(a.runtime.get(), 7, ready, &turns) == SOCLE_OK);
    a.runtime->connection_charge(a.runtime.get(), 7, str("acme"));
    CHECK(a.runtime->admit(a.runtime.get(), 7, ready, &turns) == SOCLE_PENDING);
  });
  f.turn(2);
  CHECK(turns == 2);
  f.on(0, [&](Worker& w) { w.connection_gone(7); });
}
