// A generation with affinity one is entered on worker 0 only, whoever calls and in whatever way; a call that is carried
// there is one call: counted once, cancelled there, and nothing of it is left anywhere.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fixture.hpp"
#include "telemetry/clock.hpp"

namespace socle::bus::test {
namespace {

socle_status where(const socle_call&, socle_reply& r, Generation& g) { return answer(r, std::to_string(g.worker(&g))); }

int64_t calls_counted(Generation& g) {
  int64_t calls = 0;
  for (uint32_t i = 0; i < g.counter_sets(); ++i) calls += g.at(i).methods[0].calls.get();
  return calls;
}

// Calls without waiting, from worker 1, under a context that the test cancels or lets expire.
struct Open {
  BusFixture& f;
  ContextRef context;
  std::promise<Got> got;

  Open(BusFixture& fixture, const Actor& to, std::string_view method, std::chrono::nanoseconds within) : f(fixture) {
    f.on(1, [&](Worker& w) {
      const int64_t until = telemetry::monotonic_now() + within.count();
      context = ContextRef(Context::open({.tenant = "acme", .deadline = until}, nullptr));
      socle_reply reply{};
      const auto done = [](void* user, const socle_reply* r) {
        static_cast<Open*>(user)->got.set_value(read(*r, false));
      };
      return f.bus.call(w, nullptr, *context.get(), *f.bus.target(to.service(), method), nullptr, nullptr, &reply, done,
                        this);
    });
  }
  void cancel() {
    f.on(1, [&](Worker& w) { f.bus.cancel(w, *context.get()); });
  }
  ~Open() {
    f.on(1, [&](Worker&) { context = ContextRef(); });
  }
};

}  // namespace

TEST_CASE("bus: a provider with affinity one runs on worker 0 whoever calls", "[bus]") {
  BusFixture f(3);
  Actor a(f.bus, "single", {{"where", where}});
  a.runtime->affinity_one = true;
  f.route(a, "where");
  f.install();
  for (const uint32_t from : {2U, 1U, 0U}) CHECK(f.call(a, "where", "", {.tenant = "acme"}, from).text == "0");
  std::promise<Got> staged;
  f.bus.run_staged(
      [&] {
        Worker& w = *Worker::current();
        const ContextRef context(Context::open({.tenant = "acme"}, nullptr));
        socle_reply reply{};
        const auto done = [](void* user, const socle_reply* r) {
          static_cast<std::promise<Got>*>(user)->set_value(read(*r, false));
        };
        CHECK(f.bus.call(w, nullptr, *context.get(), *f.bus.target("single/1", "where"), nullptr, nullptr, &reply, done,
                         &staged) == SOCLE_PENDING);
      },
      std::chrono::seconds(5));
  CHECK(staged.get_future().get().text == "0");
  CHECK(calls_counted(*a.runtime) == 4);
}

TEST_CASE("bus: hooks of a generation with affinity one come on worker 0, DRAIN once", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "single", {{"where", where}});
  std::atomic<int> drained{0};
  a.hooks = [&](const socle_call& c, socle_reply& r, Generation& g) {
    if (c.method == SOCLE_HOOK_DRAIN) ++drained;
    return where(c, r, g);
  };
  a.runtime->affinity_one = true;
  constexpr std::chrono::milliseconds patience{5000};
  CHECK(f.bus.run_hook(*a.runtime, f.bus.worker(1), SOCLE_HOOK_HEALTH, {}, patience).text == "0");
  for (const uint32_t hook : {SOCLE_HOOK_EXPORT, SOCLE_HOOK_IMPORT, SOCLE_HOOK_STOP})
    CHECK(f.bus.run_hook(*a.runtime, f.bus.staging(), hook, {}, patience).text == "0");
  const auto answers = f.bus.run_hook_on_workers(*a.runtime, SOCLE_HOOK_DRAIN, patience);
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].text == "0");
  CHECK(drained == 1);
  a.runtime->staged = true;  // START and SELF_TEST
  CHECK(f.bus.run_hook(*a.runtime, f.bus.staging(), SOCLE_HOOK_START, {}, patience).text == "2");
}

TEST_CASE("bus: a call that a bound filter sees is carried to worker 0 whole", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "open", {{"where", where}});
  std::atomic<uint32_t> seen{99};
  Actor note(f.bus, "note", {{"look", [&](const socle_call&, socle_reply& r, Generation& g) {
                                seen = g.worker(&g);
                                return answer(r, "");
                              }}});
  note.runtime->affinity_one = true;
  f.route(a, "where").after.push_back({note.runtime.get(), 0, true, false});
  f.install();
  CHECK(f.call(a, "where", "", {.tenant = "acme"}, 1).text == "0");
  CHECK(seen == 0);
}

TEST_CASE("bus: cancelling a carried call cancels it where it runs, and it is counted once", "[bus]") {
  BusFixture f;
  std::atomic<uint64_t> token{0};
  const socle_context* inside = nullptr;
  Actor a(f.bus, "single", {{"never", [&](const socle_call& c, socle_reply&, Generation&) -> socle_status {
                               inside = c.context;
                               token = c.token;
                               return SOCLE_PENDING;
                             }}});
  a.runtime->affinity_one = true;
  f.route(a, "never");
  f.install();
  {
    Open call(f, a, "never", std::chrono::hours(1));
    while (token == 0) std::this_thread::yield();
    CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 1);
    CHECK(Bus::busy_calls(*a.runtime) == 1);
    call.cancel();
    CHECK(call.got.get_future().get().code == "cancelled");
    f.turn(3);
    CHECK(f.on(0, [&](Worker&) { return int{inside->cancelled}; }) == 1);
    CHECK(Bus::busy_calls(*a.runtime) == 0);
    CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 1);  // until the callee lets go of it
    f.on(0, [&](Worker&) {
      const socle_reply late{sizeof late, SOCLE_OK, nullptr};
      a.runtime->complete(a.runtime.get(), token, &late);
    });
  }
  f.turn(3);
  CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 0);
  CHECK(a.runtime->sum(&WorkerCounters::orphans) == 0);
  CHECK(calls_counted(*a.runtime) == 1);
  for (const uint32_t i : {0U, 1U}) CHECK(f.on(i, [](Worker& w) { return w.frames.used(); }) == 0);
}

TEST_CASE("bus: a carried call ends at its deadline on both workers", "[bus]") {
  BusFixture f;
  std::atomic<uint64_t> token{0};
  Actor a(f.bus, "single", {{"never", [&](const socle_call& c, socle_reply&, Generation&) -> socle_status {
                               token = c.token;
                               return SOCLE_PENDING;
                             }}});
  a.runtime->affinity_one = true;
  f.route(a, "never");
  f.install();
  {
    Open call(f, a, "never", std::chrono::milliseconds(30));
    CHECK(call.got.get_future().get().code == "deadline_exceeded");
  }
  while (a.runtime->sum(&WorkerCounters::orphans) == 0) std::this_thread::yield();
  f.on(0, [&](Worker&) {
    const socle_reply late{sizeof late, SOCLE_OK, nullptr};
    a.runtime->complete(a.runtime.get(), token, &late);
  });
  f.turn(3);
  CHECK(a.runtime->sum(&WorkerCounters::in_flight) == 0);
  CHECK(calls_counted(*a.runtime) == 1);
  for (const uint32_t i : {0U, 1U}) CHECK(f.on(i, [](Worker& w) { return w.frames.used(); }) == 0);
}

TEST_CASE("bus: what a staged generation began ends on worker 0 once it is bound", "[bus]") {
  BusFixture f;
  Actor a(f.bus, "single", {});
  a.runtime->affinity_one = true;
  a.runtime->staged = true;
  struct Work {
    Generation& g;
    std::promise<void> go;
    std::promise<uint32_t> where;
  } work{*a.runtime, {}, {}};
  f.bus.run_staged(
      [&] {
        a.runtime->offload(
            a.runtime.get(), [](void* user) { static_cast<Work*>(user)->go.get_future().wait(); },
            [](void* user, socle_status) {
              auto& w = *static_cast<Work*>(user);
              w.where.set_value(w.g.worker(&w.g));
            },
            &work);
      },
      std::chrono::seconds(5));
  a.runtime->staged = false;
  work.go.set_value();
  CHECK(work.where.get_future().get() == 0);
  f.turn(3);
  CHECK(a.runtime->sum(&WorkerCounters::waiting) == 0);
}

TEST_CASE("bus: connections of a bound generation are opened on worker 0", "[bus]") {
  static std::promise<uint32_t>* opened = nullptr;
  std::promise<uint32_t> promise;
  opened = &promise;
  BusFixture f;
  Actor a(f.bus, "single", {});
  a.runtime->affinity_one = true;
  static socle_plugin descriptor;
  descriptor = *a.runtime->descriptor;
  descriptor.connection = [](void*, const socle_connection* c) {
    close(c->fd);
    opened->set_value(Worker::current()->index());
  };
  a.runtime->descriptor = &descriptor;
  f.next.listeners["http"] = a.runtime.get();
  f.install();
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  f.on(1, [&](Worker& w) {
    socle_connection c{};
    c.struct_size = sizeof c;
    c.fd = pair[0];
    c.listener = str("http");
    c.peer = str("127.0.0.1");
    w.connections.fetch_add(1);
    w.connection(c);
  });
  CHECK(promise.get_future().get() == 0);
  CHECK(f.bus.worker(1).connections == 0);
  CHECK(f.bus.worker(0).connections == 1);
  close(pair[1]);
}

}  // namespace socle::bus::test
