// fake_host_test.cpp: the fake host itself: faults, leaks, crashes, await points.
#include <csignal>

#include "probe.hpp"

using namespace socle;
using namespace socle::testing;

namespace {

const Handler three_waits = [](Host& host, Request request) -> Task<Reply> {
  const Target put = host.target("storage/1", "put");
  if (auto slept = co_await host.sleep(std::chrono::milliseconds(1)); !slept) co_return slept.error();
  Reply stored = co_await host.call(request, put, request.payload());
  if (!stored) co_return stored;
  const auto sum = co_await host.offload([] { return 1 + 1; });
  if (!sum) co_return sum.error();
  co_return Reply::text("ok");
};

}  // namespace

TEST_CASE("fake host: a scenario is cancelled at each of its await points", "[testing]") {
  probe_code = {};
  probe_code.handler = three_waits;
  unsigned cancelled = 0, fine = 0;
  const unsigned points = for_each_await_point([&](FakeHost& host, unsigned) {
    host.serve(
        "storage/1", "put", [](const ServiceCall&) { return Reply(); }, Answers::later);
    TestedPlugin plugin(host, &probe_descriptor);
    const Asked asked = plugin.begin("run");
    host.advance(std::chrono::milliseconds(1));
    REQUIRE(asked.done());
    (asked.reply().ok() ? fine : cancelled) += 1;
    if (!asked.reply().ok()) CHECK(asked.reply().code() == Code::cancelled);
  });
  CHECK(points == 3);
  CHECK(cancelled == 3);
  CHECK(fine == 2);  // nothing cancelled, and one past the last point
}

TEST_CASE("fake host: a crash at a host function ends the child and only the child", "[testing]") {
  const ChildEnd end = run_in_child([] {
    Probe probe(three_waits);
    probe.host.crash("call");
    probe.host.advance(std::chrono::milliseconds(1));
    const Asked asked = probe.begin();
    probe.host.advance(std::chrono::milliseconds(1));
  });
  CHECK(end.signal == SIGABRT);
  CHECK(run_in_child([] {}).exit_code == 0);
}

TEST_CASE("fake host: a test that leaves a payload behind does not end well", "[testing]") {
  const ChildEnd end = run_in_child([] {
    FakeHost host;
    (void)Payload::text("lost").release();
  });
  CHECK(end.signal == SIGABRT);
}

TEST_CASE("fake host: tells everything that is still alive", "[testing]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    (void)co_await host.sleep(std::chrono::seconds(1));
    co_return Reply();
  });
  const Asked asked = probe.begin();
  CHECK(probe.host.leaks() ==
        "1 coroutine frames alive\n2 payloads alive\n1 contexts alive\n1 timers armed\n1 calls never answered\n");
  probe.host.advance(std::chrono::seconds(1));
  CHECK(asked.done());
}

TEST_CASE("fake host: the n-th call of a function fails, the others do not", "[testing]") {
  FakeHost host;
  host.fail("payload_new", Code::exhausted, 2);
  CHECK_FALSE(Payload::text("1").empty());
  CHECK(Payload::text("2").empty());
  CHECK_FALSE(Payload::text("3").empty());
  CHECK(host.count("payload_new") == 3);
}

TEST_CASE("fake host: a rule for every time holds every time", "[testing]") {
  FakeHost host;
  host.fail("payload_new", Code::exhausted, 0);
  CHECK(Payload::text("1").empty());
  CHECK(Payload::text("2").empty());
}

TEST_CASE("fake host: a second answer to a call is dropped and counted", "[testing]") {
  FakeHost host;
  const socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
  host.table()->complete(host.table(), 77, &reply);
  CHECK(host.late_replies() == 1);
}

TEST_CASE("fake host: a stalled timer fires only after its release", "[testing]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    (void)co_await host.sleep(std::chrono::seconds(1));
    co_return Reply();
  });
  probe.host.stall("timer_start");
  const Asked asked = probe.begin();
  probe.host.advance(std::chrono::seconds(5));
  CHECK_FALSE(asked.done());
  probe.host.release_stalled();
  probe.host.advance(std::chrono::seconds(0));
  CHECK(asked.done());
}

TEST_CASE("fake host: a plugin that cannot be loaded is refused in words", "[testing]") {
  FakeHost host;
  const TestedPlugin plugin(host, std::string("/nonexistent/libx.so"));
  CHECK(plugin.created().code() == Code::not_found);
  CHECK(plugin.created().message().find("/nonexistent/libx.so") != std::string_view::npos);
}
