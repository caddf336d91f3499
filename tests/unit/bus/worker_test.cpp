#include <sys/socket.h>
#include <unistd.h>

#include "fixture.hpp"

namespace socle::bus::test {

TEST_CASE("worker: timers fire on their worker and can be cancelled once", "[worker]") {
  BusFixture f;
  Actor a(f.bus, "timer", {});
  struct Fired {
    std::promise<uint32_t> where;
    Generation& g;
  } fired{{}, *a.runtime};
  const int cancelled = f.on(1, [&](Worker&) {
    Generation& g = *a.runtime;
    g.timer_start(
        &g, 1'000'000,
        [](void* u, socle_status) {
          auto* s = static_cast<Fired*>(u);
          s->where.set_value(s->g.worker(&s->g));
        },
        &fired);
    const uint64_t id = g.timer_start(
        &g, 1'000'000'000, [](void*, socle_status) { FAIL("cancelled timer fired"); }, nullptr);
    return g.timer_cancel(&g, id) + g.timer_cancel(&g, id);
  });
  CHECK(cancelled == 1);
  CHECK(fired.where.get_future().get() == 1);
  CHECK(a.runtime->sum(&WorkerCounters::timers) == 0);
}

TEST_CASE("worker: an edge that came before the wait is not lost", "[worker]") {
  BusFixture f;
  Actor a(f.bus, "io", {});
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  const uint64_t id = f.on(0, [&](Worker&) { return a.runtime->watch_open(a.runtime.get(), pair[0]); });
  REQUIRE(write(pair[1], "x", 1) == 1);
  f.bus.on_each_worker([](Worker&) {}, std::chrono::seconds(5));
  std::promise<socle_status> ready;
  f.on(0, [&](Worker&) {
    a.runtime->watch_wait(
        a.runtime.get(), id, SOCLE_IO_READ,
        [](void* u, socle_status s) { static_cast<std::promise<socle_status>*>(u)->set_value(s); }, &ready);
    return 0;
  });
  CHECK(ready.get_future().get() == SOCLE_OK);
  std::promise<socle_status> ended;
  f.on(0, [&](Worker&) {
    char byte = 0;
    REQUIRE(::read(pair[0], &byte, 1) == 1);
    a.runtime->watch_wait(
        a.runtime.get(), id, SOCLE_IO_READ,
        [](void* u, socle_status s) { static_cast<std::promise<socle_status>*>(u)->set_value(s); }, &ended);
    a.runtime->watch_close(a.runtime.get(), id);
    return 0;
  });
  CHECK(ended.get_future().get() == SOCLE_CANCELLED);
  close(pair[0]);
  close(pair[1]);
}

TEST_CASE("worker: an end that came with the last bytes is told to every later wait", "[worker]") {
  BusFixture f;
  Actor a(f.bus, "io", {});
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  REQUIRE(write(pair[1], "x", 1) == 1);
  REQUIRE(shutdown(pair[1], SHUT_WR) == 0);
  const uint64_t id = f.on(0, [&](Worker&) { return a.runtime->watch_open(a.runtime.get(), pair[0]); });
  for (int round = 0; round < 2; ++round) {
    std::promise<socle_status> ready;
    f.on(0, [&](Worker&) {
      const auto told = [](void* u, socle_status s) { static_cast<std::promise<socle_status>*>(u)->set_value(s); };
      a.runtime->watch_wait(a.runtime.get(), id, SOCLE_IO_READ, told, &ready);
      return 0;
    });
    auto answered = ready.get_future();
    REQUIRE(answered.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
    CHECK(answered.get() == SOCLE_OK);
  }
  f.on(0, [&](Worker&) { return a.runtime->watch_close(a.runtime.get(), id), 0; });
  close(pair[0]);
  close(pair[1]);
}

TEST_CASE("worker: offloaded work runs elsewhere and its end comes back to the caller's worker", "[worker]") {
  BusFixture f;
  Actor a(f.bus, "off", {});
  struct Work {
    Generation& g;
    std::thread::id worker, pool;
    std::promise<std::thread::id> done;
  } work{*a.runtime, {}, {}, {}};
  f.on(0, [&](Worker&) {
    work.worker = std::this_thread::get_id();
    return a.runtime->offload(
        a.runtime.get(), [](void* u) { static_cast<Work*>(u)->pool = std::this_thread::get_id(); },
        [](void* u, socle_status) { static_cast<Work*>(u)->done.set_value(std::this_thread::get_id()); }, &work);
  });
  CHECK(work.done.get_future().get() == work.worker);
  CHECK(work.pool != work.worker);
}

TEST_CASE("worker: cancel_all ends what a generation waits for, and leftovers name the rest", "[worker]") {
  BusFixture f;
  Actor a(f.bus, "left", {});
  std::promise<socle_status> told;
  f.on(0, [&](Worker&) {
    return a.runtime->timer_start(
        a.runtime.get(), 60'000'000'000,
        [](void* u, socle_status s) { static_cast<std::promise<socle_status>*>(u)->set_value(s); }, &told);
  });
  const auto left = f.on(0, [&](Worker& w) { return w.leftovers(*a.runtime).items; });
  REQUIRE(left.size() == 1);
  CHECK(left[0] == "a timer on worker 0");
  f.on(0, [&](Worker& w) { return w.cancel_all(*a.runtime), 0; });
  CHECK(told.get_future().get() == SOCLE_CANCELLED);
  CHECK(f.on(0, [&](Worker& w) { return w.leftovers(*a.runtime).items.size(); }) == 0);
}

TEST_CASE("worker: what was started on the staging thread moves to worker 0", "[worker]") {
  BusFixture f;
  Actor a(f.bus, "moves", {});
  struct Fired {
    std::promise<uint32_t> where;
    Generation& g;
  } fired{{}, *a.runtime};
  f.bus.run_staged(
      [&] {
        a.runtime->timer_start(
            a.runtime.get(), 5'000'000,
            [](void* u, socle_status) {
              auto* s = static_cast<Fired*>(u);
              s->where.set_value(s->g.worker(&s->g));
            },
            &fired);
        f.bus.staging().hand_over(*a.runtime, f.bus.worker(0));
      },
      std::chrono::seconds(5));
  CHECK(fired.where.get_future().get() == 0);
}

TEST_CASE("worker: code that hangs on the staging thread costs only that thread", "[worker]") {
  auto f = std::make_unique<BusFixture>();
  std::atomic<bool> release{false};
  CHECK_FALSE(f->bus.run_staged(
      [&] {
        while (!release) std::this_thread::yield();
      },
      std::chrono::milliseconds(20)));
  CHECK(f->bus.run_staged([] {}, std::chrono::seconds(5)));
  release = true;
}

}  // namespace socle::bus::test
