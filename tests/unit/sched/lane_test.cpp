// Lane with a clock the test moves: what is charged to whom, slices, and the correction by the CPU clock.
#include <catch2/catch.hpp>

#include <deque>
#include <thread>
#include <vector>

#include "sched/lane.hpp"

using namespace socle::sched;

namespace {

constexpr int64_t us = 1000;

thread_local uint64_t t_ticks = 0;
thread_local int64_t t_cpu = 0;
thread_local int t_looks = 0;  // at the CPU clock, each a system call

void work(int64_t ns) {
  t_ticks += static_cast<uint64_t>(ns);
  t_cpu += ns;
}
void interrupted(int64_t ns) { t_ticks += static_cast<uint64_t>(ns); }

struct Fixture {
  Fixture() : accounts(2), lane(accounts, 0, {[] { return t_ticks; }, [] { return ++t_looks, t_cpu; }, 1.0}) {
    lane.use();
  }
  Flow& flow(const char* id) { return lane.queue.flow(accounts.tenant(id)); }
  int64_t cpu(const char* id) { return accounts.tenant(id).usage().cpu; }
  Accounts accounts;
  Lane lane;
};

}  // namespace

TEST_CASE("lane: time goes to who pays while it passes", "[sched]") {
  Fixture f;
  f.lane.begin_turn();
  work(7 * us);  // the kernel's
  f.lane.pay(f.flow("a"));
  work(30 * us);
  {
    const PaidBy nested(f.lane, f.accounts.tenant("b"), f.lane.call);
    CHECK(f.lane.paying()->id() == "b");
    work(5 * us);
  }
  CHECK(f.lane.paying()->id() == "a");
  work(2 * us);
  f.lane.end_turn();
  work(9 * us);
  CHECK(f.cpu("a") == 32 * us);
  CHECK(f.cpu("b") == 5 * us);
}

TEST_CASE("lane: who is served next pays from the end of the one before, and the slice ends with one of them",
          "[sched]") {
  Fixture f;
  work(7 * us);  // the kernel's
  f.lane.begin_turn();
  for (const char* id : {"a", "b", "a"}) {
    Flow& flow = f.flow(id);
    CHECK_FALSE(f.lane.slice_over());
    flow.served = true;
    f.lane.serve(flow);
    CHECK(f.lane.paying()->id() == id);
    work(70 * us);
    f.lane.leave(flow);
    work(1 * us);  // choosing the next
  }
  CHECK(f.lane.slice_over());
  f.lane.end_turn();
  CHECK(f.cpu("a") == 141 * us);
  CHECK(f.cpu("b") == 71 * us);
  f.lane.begin_turn();
  CHECK_FALSE(f.lane.slice_over());
}

TEST_CASE("lane: the kernel's own work ends a slice, too, and nobody pays for it", "[sched]") {
  Fixture f;
  f.lane.begin_turn();
  Flow& own = f.lane.payer();
  own.served = true;
  f.lane.serve(own);
  work(300 * us);
  f.lane.leave(own);
  CHECK(f.lane.slice_over());
  Flow& flow = f.flow("a");
  flow.served = true;
  f.lane.serve(flow);
  work(5 * us);
  f.lane.leave(flow);
  f.lane.end_turn();
  CHECK(f.cpu("a") == 5 * us);
}

TEST_CASE("lane: a slice is 200 us", "[sched]") {
  Fixture f;
  f.lane.begin_turn();
  CHECK(f.lane.slice_left() == 200 * us);
  work(150 * us);
  CHECK(f.lane.slice_left() == 50 * us);
  work(70 * us);
  CHECK(f.lane.slice_left() == -20 * us);
}

TEST_CASE("lane: what the machine gave to somebody else is charged to nobody", "[sched]") {
  Fixture f;
  const auto piece = [&](const char* id, int64_t pause) {
    f.lane.begin_turn();
    f.lane.pay(f.flow(id));
    work(150 * us);
    interrupted(pause);
    f.lane.end_turn();
  };
  for (int i = 0; i < 1000; ++i) {
    piece("calm", 0);
    piece("interrupted", i % 3 == 0 ? 4000 * us : 0);
  }
  CHECK(f.cpu("calm") == Approx(150'000 * us).epsilon(0.001));
  CHECK(f.cpu("interrupted") == Approx(150'000 * us).epsilon(0.001));
}

TEST_CASE("lane: many short interruptions are given back in proportion", "[sched]") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) {
    for (const char* id : {"a", "b"}) {
      f.lane.begin_turn();
      f.lane.pay(f.flow(id));
      work(100 * us);
      interrupted(50 * us);
      f.lane.end_turn();
    }
  }
  f.lane.reconcile(1'000'000 * us);
  CHECK(f.cpu("a") == Approx(100'000 * us).epsilon(0.01));
  CHECK(f.cpu("b") == Approx(100'000 * us).epsilon(0.01));
}

TEST_CASE("lane: sleeping is no loss", "[sched]") {
  Fixture f;
  for (int i = 0; i < 20; ++i) {
    f.lane.sleeps();
    interrupted(5000 * us);
    f.lane.wakes();
    f.lane.begin_turn();
    f.lane.pay(f.flow("a"));
    work(100 * us);
    f.lane.end_turn();
  }
  CHECK(f.cpu("a") == 2000 * us);
}

TEST_CASE("lane: several workers charge one tenant, and all of it is seen", "[sched]") {
  Accounts accounts(4);
  Account& a = accounts.tenant("a");
  // As in a bus: a lane goes when no worker runs any more, for the others read its flows.
  std::deque<Lane> lanes;
  for (size_t i = 0; i < 3; ++i)
    lanes.emplace_back(accounts, i, Clock{[] { return t_ticks; }, [] { return ++t_looks, t_cpu; }, 1.0});
  std::vector<std::thread> workers;
  for (size_t i = 0; i < 3; ++i) {
    workers.emplace_back([&, i] {
      Lane& lane = lanes[i];
      lane.use();
      for (int turn = 0; turn < 2000; ++turn) {
        lane.begin_turn();
        lane.pay(lane.queue.flow(a));
        work(50 * us);
        lane.end_turn();
        lane.reconcile(int64_t{turn} * 50 * us);
        static_cast<void>(a.usage());
      }
    });
  }
  for (auto& w : workers) w.join();
  CHECK(a.usage().cpu == 3 * 2000 * 50 * us);
}

TEST_CASE("lane: the CPU clock is looked at once a millisecond of work, and not for turns that nobody pays",
          "[sched]") {
  Fixture f;
  t_looks = 0;
  for (int i = 0; i < 1000; ++i) {  // as a cell that passes calls on
    f.lane.begin_turn();
    work(2 * us);
    f.lane.end_turn();
    f.lane.sleeps();
    interrupted(500 * us);
    f.lane.wakes();
  }
  CHECK(t_looks == 0);
  for (int i = 0; i < 1000; ++i) {
    f.lane.begin_turn();
    f.lane.pay(f.flow("a"));
    work(50 * us);
    f.lane.end_turn();
    f.lane.sleeps();
    interrupted(500 * us);
    f.lane.wakes();
  }
  CHECK(t_looks >= 45);
  CHECK(t_looks <= 55);
  CHECK(f.cpu("a") == 50'000 * us);
}
