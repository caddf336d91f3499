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

TEST_CASE("fake host: says once why it gave no memory", "[testing]") {
  FakeHost host;
  const socle_host* table = host.table();
  const auto refused = [&](Code code) {
    host.fail("payload_new", code);
    CHECK(table->payload_new(table, detail::str("1"), SOCLE_MEDIA_TEXT, nullptr, 0) == nullptr);
    const std::int64_t why = table->memory_refused(table);
    CHECK(table->memory_refused(table) == 0);
    return why;
  };
  CHECK(table->memory_refused(table) == 0);
  CHECK(refused(Code::too_large) == FakeHost::call_memory);
  CHECK(refused(Code::exhausted) == 0);
  CHECK(refused(Code::unavailable) == 0);
}

TEST_CASE("fake host: a fault that a function cannot have ends the program and says why", "[testing]") {
  const auto said = [](const std::function<void(FakeHost&)>& ask) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const ChildEnd end = run_in_child([&] {
      dup2(ends[1], STDERR_FILENO);
      FakeHost host;
      ask(host);
    });
    close(ends[1]);
    char text[300] = {};
    const auto size = std::max<ssize_t>(read(ends[0], text, sizeof text), 0);
    close(ends[0]);
    return end.signal == SIGABRT ? std::string(text, static_cast<std::size_t>(size)) : "goes on";
  };
  CHECK(said([](FakeHost& h) { h.fail("log"); }) == "Socle::testing: fail(\"log\"): this function cannot fail\n");
  CHECK(said([](FakeHost& h) { h.stall("resolve"); }) ==
        "Socle::testing: stall(\"resolve\"): this function answers at once, so nothing of it can be held back\n");
  CHECK(said([](FakeHost& h) {
          h.crash("payload_knew");
        }).starts_with("Socle::testing: crash(\"payload_knew\"): no function"));
  CHECK(said([](FakeHost& h) { h.fail("call"), h.stall("call"), h.crash("log"); }) == "goes on");
}

TEST_CASE("fake host: a descriptor that cannot be watched tells at every wait", "[testing]") {
  Probe probe([](Host& host, Request) -> Task<Reply> {
    Watch watch = host.watch(0);
    const Status first = co_await watch.readable();
    const Status second = co_await watch.writable();
    co_return Reply::text(std::string(to_string(first.error().code)) + " " +
                          std::string(to_string(second.error().code)));
  });
  probe.host.fail("watch_open", Code::invalid);
  const Asked asked = probe.begin();
  probe.host.run_until_idle();
  REQUIRE(asked.done());
  CHECK(asked.reply().text() == "invalid invalid");
}

TEST_CASE("fake host: what only adds something can be refused without an end", "[testing]") {
  FakeHost host;
  host.fail("payload_set_doc");
  const Payload payload = Payload::text("{}");
  payload.set_doc("bytes");
  CHECK(payload.doc().empty());
  const socle_host* table = host.table();
  host.fail("metric");
  const std::uint32_t none = table->metric(table, detail::str("a"), SOCLE_METRIC_COUNTER, detail::str("help"));
  const std::uint32_t one = table->metric(table, detail::str("b"), SOCLE_METRIC_COUNTER, detail::str("help"));
  table->observe(table, none, 5);
  table->observe(table, one, 7);
  CHECK(none == 0);
  CHECK(host.metric("a") == 0);
  CHECK(host.metric("b") == 7);
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
