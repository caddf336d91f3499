// Requests admitted, put off and refused by the tenant scheduler.
#include "unit/bus/edge.hpp"

using namespace socle;
using namespace socle::bus;
using namespace socle::bus::test;

TEST_CASE("admission: over its rate a tenant is refused and told when to come again", "[admission]") {
  EdgeFixture f(ok());
  const sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.rate = 0.01, l.burst = 2; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  const auto refused = f.ask("acme");
  const Got got = refused->got.get();
  CHECK(got.status == SOCLE_EXHAUSTED);
  CHECK(got.code == "rate_limited");
  CHECK(std::stoi(refused->retry_after) >= 99);
  CHECK(f.answer_to("other").status == SOCLE_OK);
  CHECK(acme.usage().requests == 2);
  CHECK(acme.usage().refused == 1);
}

TEST_CASE("admission: without a place a request waits, and begins when one is free", "[admission]") {
  Holding h;
  EdgeFixture f(h.take());
  const sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1, l.queue = 1; });
  const auto first = f.ask("acme");
  const auto second = f.ask("acme");
  const Got third = f.answer_to("acme");
  CHECK(third.status == SOCLE_UNAVAILABLE);
  CHECK(third.code == "overloaded");
  CHECK(h.held == 1);
  CHECK(acme.usage().in_flight == 1);
  CHECK(acme.usage().queued == 1);
  end_in_turn(f, h, *first, *second);
  f.turn(2);
  CHECK(acme.usage().in_flight == 0);
  CHECK(acme.usage().queued == 0);
  CHECK(acme.usage().p99_us > 0);
}

TEST_CASE("admission: a request that waits beyond its deadline is answered and leaves the queue", "[admission]") {
  Holding h;
  EdgeFixture f(h.take());
  const sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1, l.queue = 1; });
  const auto first = f.ask("acme");
  CHECK(f.answer_to("acme", 5'000'000).status == SOCLE_DEADLINE);
  CHECK(acme.usage().queued == 0);
  const auto next = f.ask("acme");
  end_in_turn(f, h, *first, *next);
}

TEST_CASE("admission: a request whose turn would come after its deadline is refused at once", "[admission]") {
  Holding h;
  EdgeFixture f(h.take());
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.in_flight = 1; });
  constexpr int64_t second = 1'000'000'000;
  const auto first = f.ask("acme");
  f.on(0, [&](Worker& w) { return w.lane.queue.flow(acme).service = 10e9; });  // ns that earlier ones took
  const auto refused = f.ask("acme", 15 * second);
  const Got got = refused->got.get();
  CHECK(got.status == SOCLE_UNAVAILABLE);
  CHECK(got.code == "deadline_unreachable");
  CHECK(refused->retry_after == "20");
  CHECK(acme.usage().shed == 1);
  const auto patient = f.ask("acme", 60 * second);
  CHECK(acme.usage().queued == 1);
  end_in_turn(f, h, *first, *patient);
}

TEST_CASE("admission: a further piece of an admitted request is not counted again", "[admission]") {
  EdgeFixture f(ok());
  limit(f, "acme", [](sched::Limits& l) { l.rate = 0; });
  CHECK(f.on(0, [&](Worker&) {
    const socle_host* host = f.edge.gateway.runtime.get();
    socle_root root{};
    root.struct_size = sizeof root;
    root.tenant = str("acme");
    root.deadline = INT64_MAX;
    root.continues = 1;
    const socle_context* context = host->context_open(host, &root);
    uint32_t target = 0;
    static_cast<void>(host->resolve(host, str(f.a.service()), str("work"), &target));
    socle_reply reply{};
    const socle_status status = host->call(host, context, target, nullptr, nullptr, &reply, nullptr, nullptr);
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    host->context_release(host, context);
    return status;
  }) == SOCLE_OK);
}
