// Two generations side by side and the verdict over them. Calls come from contexts of many tenants, straight on a
// worker.
#include <future>

#include "telemetry/clock.hpp"
#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

// One call of stateful/1.answer as `tenant`; what it says.
std::string call_as(System& s, const std::string& tenant) {
  std::promise<std::string> promise;
  bus::Bus& bus = s.life->bus();
  bus.worker(0).post([&] {
    bus::Identity who;
    who.tenant = tenant;
    const bus::ContextRef context(bus::Context::open(who, nullptr));
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    const auto status = bus.call(bus.worker(0), nullptr, *context.get(), *bus.target("stateful/1", "answer"), nullptr,
                                 nullptr, &reply, nullptr, nullptr);
    const bus::PayloadRef body(reply.payload != nullptr ? bus::Payload::of(reply.payload) : nullptr);
    promise.set_value(status == SOCLE_OK && body ? std::string(bus::view(body->text))
                                                 : "status " + std::to_string(status));
  });
  return promise.get_future().get();
}

struct Trial {
  Result<SwapReport> report = Error{Code::internal, "not run"};
  std::map<std::string, int> answers;  // by text
};

// Swaps A for B as a canary while `calls` calls of changing tenants are made; the window ends soon after them.
Trial trial(System& s, SwapOptions options, int calls, const std::function<void()>& during = {}) {
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  Trial t;
  options.canary_for = std::chrono::milliseconds(1500);
  std::thread swapper([&] { t.report = s.life->swap("stateful", s.at("b"), options); });
  const bool begun = eventually([&] { return s.life->list_json().find("\"state\":\"canary\"") != std::string::npos; });
  if (during) during();
  for (int i = 0; i < calls; ++i) ++t.answers[call_as(s, "tenant-" + std::to_string(i % 500))];
  swapper.join();
  REQUIRE(begun);
  REQUIRE(t.report);
  return t;
}

SwapOptions half() {
  SwapOptions options;
  options.canary_percent = 50;
  return options;
}

}  // namespace

TEST_CASE("lifecycle: a canary takes its share of tenants and a good one is promoted or judged by its p95",
          "[lifecycle]") {
  System s;
  const Trial t = trial(s, half(), 2000);
  CHECK(t.answers.at("A") > 700);
  CHECK(t.answers.at("B") > 700);
  CHECK(t.answers.size() == 2);
  // Both run the same code; on a busy machine their p95 may still differ by a quarter.
  const bool promoted = t.report->outcome == "promoted";
  if (!promoted) CHECK_THAT(t.report->outcome, Catch::Matchers::StartsWith("reverted: p95 "));
  CHECK(s.call("stateful/1") == (promoted ? "B" : "A"));
  CHECK(t.report->old_state == gone());
}

TEST_CASE("lifecycle: a canary for listed tenants serves them and nobody else", "[lifecycle]") {
  System s;
  SwapOptions options;
  options.canary_tenants = {"tenant-1", "tenant-2"};
  const Trial t = trial(s, options, 0, [&] {
    CHECK(call_as(s, "tenant-1") == "B");
    CHECK(call_as(s, "tenant-2") == "B");
    CHECK(call_as(s, "tenant-3") == "A");
    CHECK_THAT(s.refused(s.life->swap("stateful", s.at("b"), {})).message,
               Contains("plugin 'stateful' has a canary running; wait for its verdict"));
    CHECK_THAT(s.refused(s.life->unload("stateful")).message, Contains("has a canary running"));
  });
  CHECK(t.report->outcome == "reverted: too few calls to judge: 2 at the canary, 1 beside it, 200 wanted on each side");
  CHECK(call_as(s, "tenant-1") == "A");
}

TEST_CASE("lifecycle: a canary that fails its calls is reverted with both rates", "[lifecycle]") {
  System s;
  s.faults.set("handle.fail.B");
  const Trial t = trial(s, half(), 1200);
  CHECK(t.report->outcome == "reverted: errors 100.00 % at the canary, 0.00 % beside it");
  CHECK(call_as(s, "tenant-7") == "A");
  CHECK_THAT(s.refused(s.life->rollback("stateful")).message, Contains("no earlier generation"));
}

}  // namespace socle::lifecycle::test
