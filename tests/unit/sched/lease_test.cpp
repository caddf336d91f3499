// Lane's budgets: rate, requests in work and memory over several workers, and what is refused when.
#include <algorithm>
#include <catch2/catch.hpp>

#include "sched/lane.hpp"

using namespace socle::sched;

namespace {

constexpr int64_t ms = 1'000'000;
constexpr int64_t never = INT64_MAX;

struct Fixture {
  Fixture() : accounts(3), one(accounts, 0), two(accounts, 1), account(accounts.tenant("acme")) {}
  Admission admit(Lane& lane, int64_t now, int64_t deadline = never) {
    return lane.admit(lane.queue.flow(account), now, deadline, retry_after);
  }
  void limit(void (*change)(Limits&)) {
    Limits l;
    change(l);
    account.set(l);
  }
  Accounts accounts;
  Lane one, two;
  Account& account;
  int64_t retry_after = 0;
};

}  // namespace

TEST_CASE("lease: two workers together admit the rate, no more", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.rate = 1000, l.burst = 100; });
  int admitted = 0;
  for (int64_t now = 0; now < 10'000 * ms; now += ms / 2) {
    for (Lane* lane : {&f.one, &f.two}) {
      if (f.admit(*lane, now) != Admission::admitted) continue;
      ++admitted;
      static_cast<void>(lane->finished(lane->queue.flow(f.account), 0, 0));
    }
  }
  CHECK(admitted <= 10'000 + 100);
  CHECK(admitted >= 9'900);
}

TEST_CASE("lease: an idle worker's part of the rate comes back", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.rate = 100, l.burst = 10; });
  CHECK(f.admit(f.one, 1) == Admission::admitted);
  f.one.reconcile(200 * ms);
  int admitted = 0;
  for (int i = 0; i < 64; ++i) admitted += f.admit(f.two, 200 * ms) == Admission::admitted ? 1 : 0;
  CHECK(admitted == 10);
}

TEST_CASE("lease: a lowered rate counts at once, whatever was leased before", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.rate = 100'000, l.burst = 1'000; });
  CHECK(f.admit(f.one, 1) == Admission::admitted);  // and some more are leased
  CHECK(f.admit(f.two, 1) == Admission::admitted);
  f.limit([](Limits& l) { l.rate = 1, l.burst = 2; });
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += f.admit(i % 2 == 0 ? f.one : f.two, 2) == Admission::admitted ? 1 : 0;
  CHECK(admitted == 2);
  f.one.reconcile(200 * ms);
  f.two.reconcile(200 * ms);
  CHECK(f.admit(f.one, 200 * ms) == Admission::over_rate);  // nothing was given back
}

TEST_CASE("lease: over rate is refused with the time to come again", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.rate = 2, l.burst = 1; });
  CHECK(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.one, 1) == Admission::over_rate);
  CHECK(f.retry_after == 500 * ms);
  CHECK(f.account.usage().refused == 1);
}

TEST_CASE("lease: beyond the cap requests wait, beyond the queue they are refused", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 4, l.queue = 2; });
  for (int i = 0; i < 4; ++i) CHECK(f.admit(i % 2 == 0 ? f.one : f.two, 1) == Admission::admitted);
  CHECK(f.admit(f.one, 1) == Admission::queued);
  CHECK(f.admit(f.one, 1) == Admission::queued);
  CHECK(f.admit(f.one, 1) == Admission::over_queue);
  CHECK(f.account.usage().in_flight == 4);
  CHECK(f.account.usage().queued == 2);
  CHECK(f.account.usage().shed == 1);
  Flow& flow = f.one.queue.flow(f.account);
  CHECK(f.one.finished(flow, ms, ms) == 0);
  CHECK(f.one.take_waiting(flow));
  CHECK(f.account.usage().queued == 1);
}

TEST_CASE("lease: the queue is the tenant's, not a worker's", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 1, l.queue = 2; });
  CHECK(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.one, 1) == Admission::queued);
  CHECK(f.admit(f.two, 1) == Admission::queued);
  CHECK(f.admit(f.one, 1) == Admission::over_queue);
  CHECK(f.admit(f.two, 1) == Admission::over_queue);
}

TEST_CASE("lease: who waits on another worker comes next, and nobody passes those who wait", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 1; });
  Flow &one = f.one.queue.flow(f.account), &two = f.two.queue.flow(f.account);
  CHECK(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.one, 1) == Admission::queued);
  CHECK(f.admit(f.two, 1) == Admission::queued);
  CHECK(f.one.finished(one, ms, ms) == 1);
  CHECK(f.admit(f.one, 1) == Admission::queued);  // the place is free, but not for this one
  CHECK(f.two.take_waiting(two));
  CHECK_FALSE(f.one.take_waiting(one));
  CHECK(f.two.finished(two, ms, ms) == 0);
  CHECK(f.one.take_waiting(one));
  CHECK(f.one.finished(one, ms, ms) == 0);  // nobody waits elsewhere
  CHECK(f.one.take_waiting(one));
  CHECK(f.one.finished(one, ms, ms) == Lane::nobody);
  CHECK(f.account.usage().queued == 0);
  CHECK(f.account.running() == 0);
}

TEST_CASE("lease: a cap that comes while requests run counts those", "[sched]") {
  Fixture f;
  for (int i = 0; i < 20; ++i) REQUIRE(f.admit(i % 2 == 0 ? f.one : f.two, 1) == Admission::admitted);
  f.limit([](Limits& l) { l.in_flight = 20, l.queue = 0; });
  CHECK(f.admit(f.one, 1) == Admission::over_queue);
  f.limit([](Limits& l) { l.in_flight = 21, l.queue = 0; });
  CHECK(f.admit(f.one, 1) == Admission::admitted);
}

TEST_CASE("lease: what a worker keeps of a small budget leaves the others theirs", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.rate = 1000, l.burst = 50, l.memory = 1 << 20; });
  int admitted = 0;
  for (int i = 0; i < 50; ++i) admitted += f.admit(i % 2 == 0 ? f.one : f.two, 1) == Admission::admitted ? 1 : 0;
  CHECK(admitted == 50);
  for (Lane* lane : {&f.one, &f.two}) {
    REQUIRE(lane->hold(lane->queue.flow(f.account), 200'000));
    lane->release(f.account, 200'000);
  }
  CHECK(f.account.pressure() == 0);
  CHECK(f.account.memory() <= (1 << 20) / 8);
}

TEST_CASE("lease: places that one worker does not need are free for the other", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 64, l.queue = 0; });
  for (int i = 0; i < 64; ++i) REQUIRE(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.two, 1) == Admission::over_queue);
  for (int i = 0; i < 64; ++i) CHECK(f.one.finished(f.one.queue.flow(f.account), ms, ms) == Lane::nobody);
  for (int i = 0; i < 64; ++i) REQUIRE(f.admit(f.two, 10 * ms) == Admission::admitted);
}

TEST_CASE("lease: what cannot be served before its deadline is refused early, one in 16 is tried", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 1, l.queue = 100; });
  Flow& flow = f.one.queue.flow(f.account);
  for (int i = 0; i < 100; ++i) {  // each takes 100 ms
    REQUIRE(f.admit(f.one, 1) == Admission::admitted);
    static_cast<void>(f.one.finished(flow, 100 * ms, 100 * ms));
  }
  REQUIRE(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.one, 1, 500 * ms) == Admission::queued);
  CHECK(f.admit(f.one, 1, 500 * ms) == Admission::queued);
  int late = 0;
  for (int i = 0; i < 15; ++i) late += f.admit(f.one, 1, 200 * ms) == Admission::too_late ? 1 : 0;
  CHECK(late == 15);
  CHECK(f.retry_after >= 200 * ms);
  CHECK(f.admit(f.one, 1, 200 * ms) == Admission::queued);
  CHECK(f.admit(f.one, 1, never) == Admission::queued);
}

TEST_CASE("lease: memory is charged by chunks, refused over the budget, and comes back from any worker", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.memory = 1 << 20; });
  Flow& flow = f.one.queue.flow(f.account);
  CHECK(f.one.hold(flow, 1 << 19));
  CHECK(f.account.pressure() >= 1);
  CHECK_FALSE(f.one.hold(flow, (1 << 19) + 1));
  CHECK(f.one.hold(flow, 1 << 19));
  CHECK(f.account.pressure() == 2);
  // Freed where it was not taken.
  static_cast<void>(f.two.queue.flow(f.account));
  f.two.release(f.account, 1 << 19);
  CHECK(f.two.hold(f.two.queue.flow(f.account), 1 << 18));
  f.two.release(f.account, 1 << 18);
  f.one.release(f.account, 1 << 19);
  CHECK(f.account.memory() <= 1 << 19);  // what the two lanes keep leased
  CHECK(f.one.hold(flow, 1 << 18));
}

TEST_CASE("lease: what is left of the memory counts what this worker has leased and does not hold", "[sched]") {
  Fixture f;
  CHECK(f.one.memory_left(f.account) == Limits::no_bytes);
  f.limit([](Limits& l) { l.memory = 1 << 20; });
  CHECK(f.one.memory_left(f.account) == 1 << 20);
  REQUIRE(f.one.hold(f.one.queue.flow(f.account), 1000));
  CHECK(f.one.memory_left(f.account) == (1 << 20) - 1000);
  CHECK(f.two.memory_left(f.account) == (1 << 20) - static_cast<uint64_t>(f.account.memory()));
  f.one.force(f.one.queue.flow(f.account), 2 << 20);
  CHECK(f.one.memory_left(f.account) == 0);
}

TEST_CASE("lease: a refusal has its words also over the budget: what holds no bytes always fits", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.memory = 1 << 20; });
  Flow& flow = f.one.queue.flow(f.account);
  f.one.force(flow, 2 << 20);
  CHECK(f.one.fits(flow, 0));
  CHECK_FALSE(f.one.fits(flow, 1));
  CHECK_FALSE(f.one.hold(flow, 1));
}

TEST_CASE("lease: a cap of nothing leaves no request waiting for ever", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 0, l.queue = 0; });
  CHECK(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.two, 1) == Admission::over_queue);
  static_cast<void>(f.one.finished(f.one.queue.flow(f.account), ms, ms));
  CHECK(f.admit(f.one, 1) == Admission::admitted);
}

TEST_CASE("lease: memory pressure halves and quarters the calls in flight", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 16, l.queue = 0, l.memory = 10 << 20; });
  Flow& flow = f.one.queue.flow(f.account);
  REQUIRE(f.one.hold(flow, 6 << 20));
  int admitted = 0;
  for (int i = 0; i < 20; ++i) admitted += f.admit(f.one, 1) == Admission::admitted ? 1 : 0;
  CHECK(admitted == 8);
  REQUIRE(f.one.hold(flow, 2 << 20));
  for (int i = 0; i < 5; ++i) static_cast<void>(f.one.finished(flow, 0, 0));
  CHECK(f.admit(f.one, 1) == Admission::admitted);
  CHECK(f.admit(f.one, 1) == Admission::over_queue);
}

TEST_CASE("lease: a cap that falls while requests wait holds for the next one that begins", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 64, l.queue = 1000; });
  Flow& flow = f.one.queue.flow(f.account);
  for (int i = 0; i < 64; ++i) REQUIRE(f.admit(f.one, 1) == Admission::admitted);
  for (int i = 0; i < 100; ++i) REQUIRE(f.admit(f.one, 1) == Admission::queued);
  f.limit([](Limits& l) { l.in_flight = 4, l.queue = 1000; });
  // As the bus does it: each end is a chance for one that waits.
  int begun = 0, most = 0;
  for (int i = 0; i < 64; ++i) {
    REQUIRE(f.one.finished(flow, ms, ms) == 0);
    if (!f.one.take_waiting(flow)) continue;
    ++begun;
    most = std::max(most, static_cast<int>(flow.in_flight.get()));
  }
  CHECK(most == 4);
  CHECK(begun == 4);
  CHECK(flow.in_flight.get() == 4);
}

TEST_CASE("lease: memory pressure holds for a tenant that has requests waiting", "[sched]") {
  Fixture f;
  f.limit([](Limits& l) { l.in_flight = 16, l.queue = 1000, l.memory = 10 << 20; });
  Flow& flow = f.one.queue.flow(f.account);
  for (int i = 0; i < 16; ++i) REQUIRE(f.admit(f.one, 1) == Admission::admitted);
  for (int i = 0; i < 100; ++i) REQUIRE(f.admit(f.one, 1) == Admission::queued);
  REQUIRE(f.one.hold(flow, 8 << 20));
  for (int i = 0; i < 16; ++i) {
    REQUIRE(f.one.finished(flow, ms, ms) == 0);
    static_cast<void>(f.one.take_waiting(flow));
  }
  CHECK(flow.in_flight.get() == 4);
  f.one.release(f.account, 8 << 20);
  while (f.one.take_waiting(flow)) {}
  CHECK(flow.in_flight.get() == 16);
}
