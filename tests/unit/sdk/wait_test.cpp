// wait_test.cpp: sleep, timers, watches, offload, defer, post and Completion on the manual clock.
#include <fcntl.h>
#include <unistd.h>

#include "probe.hpp"

using namespace socle;
using namespace socle::testing;
using std::chrono::seconds;

namespace {

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0) {
      read = ends[0];
      write = ends[1];
    }
  }
  ~Pipe() {
    ::close(read);
    ::close(write);
  }
};

}  // namespace

TEST_CASE("sleep: ends when the clock gets there and not before", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    if (auto slept = co_await host.sleep(seconds(5)); !slept) co_return slept.error();
    co_return Reply::text("awake");
  });
  const Asked asked = probe.begin();
  probe.host.advance(std::chrono::milliseconds(4999));
  CHECK_FALSE(asked.done());
  probe.host.advance(std::chrono::milliseconds(1));
  CHECK(asked.reply().text() == "awake");
}

TEST_CASE("sleep: is cancelled when the host gives up", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    if (auto slept = co_await host.sleep(seconds(5)); !slept) co_return slept.error();
    co_return Reply();
  });
  const Asked asked = probe.begin();
  probe.host.give_up();
  probe.host.run_until_idle();
  CHECK(asked.reply().code() == Code::cancelled);
  CHECK(asked.reply().message() == "sleep: cancelled");
}

TEST_CASE("timer: fires once, and not after it is gone", "[sdk]") {
  static int fired;
  fired = 0;
  static Timer kept;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    kept = host.after(seconds(1), [] { ++fired; });
    {
      const Timer dropped = host.after(seconds(1), [] { fired += 100; });
    }
    return Reply();
  });
  CHECK(probe.ask().ok());
  probe.host.advance(seconds(3));
  CHECK(fired == 1);
  kept = {};
}

TEST_CASE("timer: may be destroyed by its own function, and one that throws is logged", "[sdk]") {
  static Timer self;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    self = host.after(seconds(1), [] {
      self = {};
      throw std::runtime_error("boom");
    });
    return Reply();
  });
  CHECK(probe.ask().ok());
  probe.host.advance(seconds(1));
  CHECK(probe.host.logged("boom"));
}

TEST_CASE("watch: resumes when the descriptor is ready, in both directions", "[sdk]") {
  static Pipe* pipe;
  Pipe own;
  pipe = &own;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    Watch out = host.watch(pipe->write);
    if (auto ready = co_await out.writable(); !ready) co_return ready.error();
    Watch in = host.watch(pipe->read);
    if (auto ready = co_await in.readable(); !ready) co_return ready.error();
    char byte = 0;
    co_return Reply::text(::read(pipe->read, &byte, 1) == 1 ? std::string_view(&byte, 1) : "nothing");
  });
  const Asked asked = probe.begin();
  probe.host.run_until_idle();
  CHECK_FALSE(asked.done());
  REQUIRE(::write(own.write, "x", 1) == 1);
  probe.host.run_until_idle();
  REQUIRE(asked.done());
  CHECK(asked.reply().text() == "x");
}

TEST_CASE("watch: a time-out ends the wait, and the next wait goes on", "[sdk]") {
  static Pipe* pipe;
  Pipe own;
  pipe = &own;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    Watch in = host.watch(pipe->read);
    const Status first = co_await in.readable(seconds(2));
    const Status second = co_await in.readable(seconds(2));
    co_return Reply::text((first ? "ready" : first.error().message) + ", " + (second ? "ready" : "late"));
  });
  const Asked asked = probe.begin();
  probe.host.advance(seconds(2));
  REQUIRE(::write(own.write, "x", 1) == 1);
  probe.host.run_until_idle();
  CHECK(asked.reply().text() == "wait until readable: deadline_exceeded, ready");
}

TEST_CASE("watch: closing it from elsewhere cancels the wait", "[sdk]") {
  static Pipe* pipe;
  static Watch* open;
  Pipe own;
  pipe = &own;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    Watch in = host.watch(pipe->read);
    open = &in;
    const Status waited = co_await in.readable(seconds(9));
    const Status again = co_await in.readable();
    co_return Reply::text(std::string(to_string(waited.error().code)) + " " +
                          std::string(to_string(again.error().code)));
  });
  const Asked asked = probe.begin();
  open->close();
  CHECK_FALSE(asked.done());
  probe.host.run_until_idle();
  CHECK(asked.reply().text() == "cancelled cancelled");
}

TEST_CASE("watch: a spawned wait is cancelled at drain, the descriptor stays the caller's", "[sdk]") {
  static Pipe* pipe;
  static std::string end;
  Pipe own;
  pipe = &own;
  Probe probe([](Host& host, Request) -> Task<Reply> {
    host.spawn([](Host& h) -> Task<void> {
      Watch in = h.watch(pipe->read);
      const Status waited = co_await in.readable(seconds(60));
      end = to_string(waited.error().code);
    }(host));
    return Reply();
  });
  CHECK(probe.ask().ok());
  CHECK(probe.plugin->drain().ok());
  CHECK(end == "cancelled");
  CHECK(::fcntl(own.read, F_GETFD) >= 0);
}

TEST_CASE("offload: gives what the work returns, wraps no Result twice, and catches its throws", "[sdk]") {
  Probe probe([](Host& host, Request request) -> Task<Reply> {
    const auto number = co_await host.offload([] { return 42; });
    const auto result = co_await host.offload([]() -> Result<int> { return Error{Code::not_found, "no row"}; });
    const auto thrown = co_await host.offload([] { throw std::runtime_error("boom"); });
    const auto nothing = co_await host.offload([] {});
    (void)request;
    co_return Reply::text(std::to_string(*number) + " " + result.error().message + " " + thrown.error().message +
                          (nothing ? " ok" : " failed"));
  });
  CHECK(probe.ask().text() == "42 no row offloaded work threw: boom ok");
}

TEST_CASE("offload: a full pool is unavailable, a given-up one cancelled", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    const auto done = co_await host.offload([] { return 1; });
    if (!done) co_return done.error();
    co_return Reply();
  });
  probe.host.fail("offload", Code::unavailable);
  CHECK(probe.ask().message() == "offload: unavailable");
  probe.host.stall("offload");
  const Asked asked = probe.begin();
  probe.host.give_up();
  probe.host.run_until_idle();
  CHECK(asked.reply().code() == Code::cancelled);
}

TEST_CASE("offload: a worker-only host function in offloaded work is reported as misuse", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    (void)co_await host.offload([&host] { (void)host.catalog("routes"); });
    co_return Reply();
  });
  CHECK(probe.ask().ok());
  // The payload is the configuration, which the running plugin holds.
  CHECK(probe.host.leaks() ==
        "1 payloads alive\nmisuse: catalog: called from offloaded work, but it is for workers only\n");
}

TEST_CASE("defer and post: run on their worker, not at once; a throw is logged; giving up drops them", "[sdk]") {
  static std::string order;
  order.clear();
  Probe probe(ProbeCode{.handler = [](Host& host, Request) -> Task<Reply> {
                host.defer([&host] { order += "d" + std::to_string(host.worker()); });
                host.post(1, [&host] { order += "p" + std::to_string(host.worker()); });
                host.defer([] { throw std::runtime_error("boom"); });
                order += "h";
                return Reply();
              }},
              {.workers = 2});
  CHECK(probe.ask().ok());
  CHECK(order == "hd0p1");
  CHECK(probe.host.logged("boom"));
  order.clear();
  CHECK(probe.begin().done());
  probe.host.give_up();
  probe.host.run_until_idle();
  CHECK(order == "h");
}

TEST_CASE("completion: waits for who sets it, on the worker that made it", "[sdk]") {
  static std::optional<Completion<int>> completion;
  Probe probe(ProbeCode{.handler = [](Host& host, Request) -> Task<Reply> {
                completion.emplace();
                const int value = co_await *completion;
                co_return Reply::text(std::to_string(value) + "@" + std::to_string(host.worker()));
              }},
              {.workers = 2});
  const Asked asked = probe.plugin->begin("run", {}, 1);
  probe.host.run_until_idle();
  CHECK_FALSE(asked.done());
  completion->set(7);
  CHECK_FALSE(asked.done());
  probe.host.run_until_idle();
  CHECK(asked.reply().text() == "7@1");
}

TEST_CASE("completion: may be set before it is awaited", "[sdk]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    Completion<int> completion;
    completion.set_here(3);
    (void)co_await host.yield();
    co_return Reply::text(std::to_string(co_await completion));
  });
  CHECK(probe.ask().text() == "3");
}
