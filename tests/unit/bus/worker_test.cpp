#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "telemetry/log.hpp"

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

TEST_CASE("worker: a connection that nobody serves any more takes its TLS state along", "[worker]") {
  struct Kernel : Owner {
    std::string health_json() override { return "{}"; }
    void connection_closed(uint64_t) override { closed.set_value(); }
    void tls_dropped(void* tls) override { dropped = tls; }
    socle_status resident_put(Generation&, std::string_view, uint32_t, void*, void (*)(void*)) override {
      return SOCLE_UNSUPPORTED;
    }
    void* resident_take(Generation&, std::string_view, uint32_t) override { return nullptr; }
    std::promise<void> closed;
    std::atomic<void*> dropped{nullptr};
  } kernel;
  telemetry::Metrics metrics;
  Settings settings;
  Bus bus(settings, metrics, &kernel);
  bus.start();
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  int tls = 0;
  bus.worker(0).post([&] {
    socle_connection c{};
    c.struct_size = sizeof c;
    c.fd = pair[0];
    c.listener = str("gone");
    c.peer = str("127.0.0.1");
    c.tls = &tls;
    bus.worker(0).connection(c);
  });
  kernel.closed.get_future().wait();
  CHECK(kernel.dropped == &tls);
  char byte = 0;
  CHECK(::read(pair[1], &byte, 1) == 0);
  bus.stop();
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
  f.on(0, [&](Worker& w) { w.cancel_all(*a.runtime); });
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
  static std::atomic<bool> release;  // the thread, which nobody waits for, may look once more after the test
  release = false;
  auto f = std::make_unique<BusFixture>();
  CHECK_FALSE(f->bus.run_staged(
      [&] {
        while (!release) std::this_thread::yield();
      },
      std::chrono::milliseconds(20)));
  CHECK(f->bus.run_staged([] {}, std::chrono::seconds(5)));
  release = true;
  while (f->bus.lost_threads() > 0) std::this_thread::yield();  // else the bus would leave its worker to it for good
}

TEST_CASE("worker: what a given-up staging thread called is written off when it returns", "[worker]") {
  BusFixture f;
  std::atomic<uint64_t> token{0};
  std::atomic<bool> go{false};
  Actor provider(f.bus, "provider", {{"later", [&](const socle_call& c, socle_reply&, Generation&) -> socle_status {
                                        token = c.token;
                                        return SOCLE_PENDING;
                                      }}});
  Grants grants;
  grants.services.insert("provider/1");
  Actor caller(f.bus, "caller", {}, grants);
  caller.hooks = [&](const socle_call& c, socle_reply& r, Generation& g) -> socle_status {
    uint32_t target = 0;
    if (g.resolve(&g, str("provider/1"), str("later"), &target) != SOCLE_OK) return SOCLE_INTERNAL;
    const auto done = [](void*, const socle_reply*) {};
    if (g.call(&g, c.context, target, nullptr, nullptr, &r, done, nullptr) != SOCLE_PENDING) return SOCLE_INTERNAL;
    while (!go) std::this_thread::yield();
    return r.status = SOCLE_UNSUPPORTED;
  };
  f.route(provider, "later");
  f.install();
  CHECK(f.bus.run_hook(*caller.runtime, f.bus.staging(), SOCLE_HOOK_START, {}, std::chrono::milliseconds(50)).hung);
  CHECK(f.bus.lost_threads() == 1);
  CHECK(provider.runtime->sum(&WorkerCounters::in_flight) == 1);
  go = true;
  while (f.bus.lost_threads() > 0) std::this_thread::yield();
  f.turn();
  CHECK(provider.runtime->sum(&WorkerCounters::in_flight) == 0);
  CHECK(caller.runtime->sum(&WorkerCounters::in_flight) == 0);
  CHECK(caller.runtime->sum(&WorkerCounters::waiting) == 0);
  const uint64_t late = f.bus.late_replies;
  const socle_reply reply{sizeof reply, SOCLE_OK, nullptr};
  provider.runtime->complete(provider.runtime.get(), token, &reply);  // to nobody
  f.turn();
  CHECK(f.bus.late_replies == late + 1);
  CHECK(provider.runtime->sum(&WorkerCounters::in_flight) == 0);
}

TEST_CASE("worker: what is queued for a forgotten generation is dropped, also when it is gone by then", "[worker]") {
  BusFixture f;
  static std::atomic<int> called;
  called = 0;
  f.bus.worker(0).post([&f] {
    const auto g = std::make_unique<Generation>(f.bus, "gone", "1.0.0", 9, Grants{}, f.bus.worker_count() + 1);
    g->defer(
        g.get(), [](void*, socle_status) { ++called; }, nullptr);
    f.bus.worker(0).forget(*g);
  });
  f.turn(3);
  CHECK(called == 0);
}

}  // namespace socle::bus::test
