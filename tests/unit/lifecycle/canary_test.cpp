// Two generations side by side and the verdict over them. Calls come from contexts of many tenants, straight on a
// worker. How one is ended by a rollback: canary_end_test.cpp.
#include "telemetry/clock.hpp"
#include "unit/lifecycle/canary_fixture.hpp"

namespace socle::lifecycle::test {
namespace {

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
  const bool begun = eventually([&] { return canary_runs(s); });
  if (during) during();
  for (int i = 0; i < calls; ++i) ++t.answers[call_as(s, "tenant-" + std::to_string(i % 500))];
  swapper.join();
  REQUIRE(begun);
  REQUIRE(t.report);
  return t;
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
               Contains("plugin 'stateful' has a canary running; wait for its verdict, or end it with `socle plugin "
                        "rollback stateful`"));
    CHECK_THAT(s.refused(s.life->unload("stateful")).message, Contains("has a canary running"));
  });
  CHECK(t.report->outcome == "reverted: too few calls to judge: 2 at the canary, 1 beside it, 200 wanted on each side");
  CHECK(call_as(s, "tenant-1") == "A");
}

TEST_CASE("lifecycle: what a running canary requires cannot be unloaded under it", "[lifecycle]") {
  System s;
  s.package("n", "null_payload", "null-payload");
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "requires: [null-payload/1]", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ", grants: [call:null-payload/1]"}, {"n", ""}})));
  SwapOptions options = half();
  options.canary_for = std::chrono::hours(1);
  auto swapped = std::async(std::launch::async, [&] { return s.life->swap("stateful", s.at("b"), options); });
  REQUIRE(eventually([&] { return canary_runs(s); }));
  const auto refused = s.life->unload("null-payload");
  s.life->stop_waiting();
  REQUIRE(swapped.get());
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("with the running canary of plugin 'stateful': plugin 'stateful' "
                                               "requires service null-payload/1, which no plugin provides"));
}

TEST_CASE("lifecycle: a canary that fails its calls is reverted with both rates", "[lifecycle]") {
  System s;
  s.faults.set("handle.fail.B");
  const Trial t = trial(s, half(), 1200);
  CHECK(t.report->outcome == "reverted: errors 100.00 % at the canary, 0.00 % beside it");
  CHECK(call_as(s, "tenant-7") == "A");
  CHECK_THAT(s.refused(s.life->rollback("stateful")).message, Contains("no earlier generation"));
}

TEST_CASE("lifecycle: a canary that is slow is reverted for its p95", "[lifecycle]") {
  System s;
  s.faults.set("handle.slow.B");
  const Trial t = trial(s, half(), 800);
  CHECK(t.answers.at("B") > 200);
  CHECK_THAT(t.report->outcome, Catch::Matchers::StartsWith("reverted: p95 ") && Contains(" µs at the canary, ") &&
                                    Catch::Matchers::EndsWith(" µs beside it"));
  CHECK(call_as(s, "tenant-7") == "A");
  CHECK(t.report->old_state == gone());
}

TEST_CASE("lifecycle: a canary is not judged by its tenants' own mistakes", "[lifecycle]") {
  System s;
  s.faults.set("handle.invalid.B");
  s.faults.set("handle.slow.A");  // so that the p95 has no say
  const Trial t = trial(s, half(), 800);
  CHECK(t.answers.at("status " + std::to_string(SOCLE_INVALID)) > 200);
  CHECK(t.answers.size() == 2);
  CHECK(t.report->outcome == "promoted");
  s.faults.clear("handle.invalid.B");
  CHECK(call_as(s, "tenant-7") == "B");
}

TEST_CASE("lifecycle: a canary of the system manifest begins with apply and its promotion stands", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  const auto with_canary = s.system({{"a", ", canary: {path: b, weight: 50%, for: 2s}"}});
  const auto planned = s.life->apply(with_canary, true);
  REQUIRE(planned);
  REQUIRE(planned->size() == 1);
  CHECK(planned->front().outcome == "canary 50% for 2s");
  CHECK(planned->front().version == "2.0.0");
  const Logged log;
  const auto begun = s.life->apply(with_canary, false);
  REQUIRE(begun);
  REQUIRE(begun->size() == 1);
  CHECK(begun->front().outcome == "canary 50% for 2s begun; the log tells its verdict");
  CHECK(s.life->apply(with_canary, false)->empty());  // it is being judged
  std::map<std::string, int> answers;
  for (int i = 0; i < 2000; ++i) ++answers[call_as(s, "tenant-" + std::to_string(i % 500))];
  CHECK(answers["A"] > 700);
  CHECK(answers["B"] > 700);
  REQUIRE(eventually([&] { return !log.lines("\"msg\":\"canary ").empty(); }));
  const std::string verdict = log.lines("\"msg\":\"canary ").front();
  const bool promoted = verdict.find("canary promoted") != std::string::npos;
  if (!promoted) CHECK_THAT(verdict, Contains("canary reverted: p95 ") && Contains("\"code\":\"canary\""));
  // Either way the same file changes nothing more, and says why.
  const auto again = s.life->apply(with_canary, false);
  REQUIRE(again);
  REQUIRE(again->size() == 1);
  CHECK_THAT(again->front().outcome, Contains(promoted ? "the canary was promoted; make its path the entry's `path`"
                                                       : "its canary is not started again, it was reverted: p95"));
  CHECK(s.call("stateful/1") == (promoted ? "B" : "A"));
  CHECK(s.life->drift().empty());
  REQUIRE(s.boot(with_canary));
  CHECK(s.call("stateful/1") == (promoted ? "B" : "A"));
}

TEST_CASE("lifecycle: a reverted canary of the system manifest is not begun again until it changes", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  const auto with_canary = s.system({{"a", ", canary: {path: b, tenants: [t1, t2], for: 1s}"}});
  const Logged log;
  const auto begun = s.life->apply(with_canary, false);
  REQUIRE(begun);
  CHECK(begun->front().outcome == "canary of tenants t1, t2 for 1s begun; the log tells its verdict");
  CHECK(call_as(s, "t1") == "B");
  CHECK(call_as(s, "t3") == "A");
  REQUIRE(eventually([&] { return !log.lines("canary reverted: too few calls to judge").empty(); }));
  REQUIRE(eventually([&] { return call_as(s, "t1") == "A"; }));
  CHECK_THAT(s.life->apply(with_canary, true)->front().outcome,
             Contains("its canary is not started again, it was reverted: too few calls to judge: 1 at the canary") &&
                 Contains("change it, or `socle plugin swap stateful PATH --canary`"));
  s.package("b", "stateful_b", "stateful", "describe: better", "2.0.1");
  CHECK_THAT(s.life->apply(with_canary, true)->front().outcome, Contains("canary of tenants t1, t2 for 1s"));
}

TEST_CASE("lifecycle: a canary that does not start refuses the whole apply, as one of exclusive state does",
          "[lifecycle]") {
  System s;
  s.package("a", "good_a", "swap");
  s.package("c", "fails_in_start", "swap");
  s.package("n", "null_payload", "null-payload");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  const std::string trial = ", canary: {path: c, for: 1s}";
  auto applied = s.life->apply(s.system({{"a", trial}, {"n", ""}}), false);
  REQUIRE_FALSE(applied);
  CHECK_THAT(applied.error().message, Contains("the name 'fails-in-start'; wanted 'swap'"));
  CHECK(s.life->plugin_count() == 1);
  s.package("c", "good_b", "swap", "state: exclusive", "2.0.0");
  applied = s.life->apply(s.system({{"a", trial}}), true);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().message ==
        "plugin 'swap' has state: exclusive, so two generations cannot serve side by side; swap it without a canary");
  s.package("c", "good_b", "other", "", "2.0.0");
  applied = s.life->apply(s.system({{"a", trial}}), true);
  REQUIRE_FALSE(applied);
  CHECK_THAT(applied.error().message, Contains("canary: the system manifest calls the plugin in " + s.at("c").string() +
                                               " 'swap', its manifest says 'other'"));
}

TEST_CASE("lifecycle: a canary that cannot get calls on both sides is refused at once", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  SwapOptions options;
  options.canary_for = std::chrono::hours(1);
  const std::string nobody = " meets nobody, so it cannot be judged; wanted from 0.01% to 99.99%";
  for (const auto& [percent, text] : {std::pair(0.0, "0%"), std::pair(0.004, "0.004%")}) {
    options.canary_percent = percent;
    const Error error = s.refused(s.life->swap("stateful", s.at("b"), options));
    CHECK(error.code == Code::invalid);
    CHECK(error.message == std::string("a canary of ") + text + nobody);
  }
  options.canary_percent = 100;
  CHECK(s.refused(s.life->swap("stateful", s.at("b"), options)).message ==
        "a canary of 100% leaves no calls beside it to be judged by; wanted from 0.01% to 99.99%, or swap 'stateful' "
        "without a canary");
  const auto planned = s.life->apply(s.system({{"a", ", canary: {path: b, weight: 0%}"}}), true);
  REQUIRE_FALSE(planned);
  CHECK(planned.error().message == "a canary of 0%" + nobody);
  CHECK(call_as(s, "tenant-1") == "A");
  // Of nobody but the tenants that are named.
  options.canary_percent = 0;
  options.canary_tenants = {"tenant-1"};
  options.canary_for = std::chrono::milliseconds(20);
  CHECK(s.life->swap("stateful", s.at("b"), options));
}

TEST_CASE("lifecycle: a canary of who answers on listeners is refused, its connections are no calls", "[lifecycle]") {
  System s;
  s.boot_good();
  s.package("e", "good_a", "edge", "", "1.0.0", "[]");
  s.package("f", "good_b", "edge", "", "2.0.0", "[]");
  manifest::SystemManifest next = s.system({{"a", ""}, {"e", ", canary: {path: f}"}});
  for (auto& entry : next.plugins) {
    if (entry.canary) entry.listen = {"http"};
  }
  const auto planned = s.life->apply(next, true);
  REQUIRE_FALSE(planned);
  CHECK(planned.error().code == Code::unsupported);
  CHECK(planned.error().message ==
        "plugin 'edge' answers on listeners and provides no service: connections are no calls, so a canary of it meets "
        "nobody and cannot be judged; swap it without a canary");
}

TEST_CASE("lifecycle: explain call says who meets a canary", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  s.package("n", "null_payload", "null-payload", "requires: [stateful/1]");
  const std::string caller = ", grants: [call:stateful/1]";
  for (const auto& [terms, who] : {std::pair("weight: 5%", " (5 %)"), std::pair("weight: 0.25%", " (0.25 %)"),
                                   std::pair("tenants: [acme]", " (tenant acme)"),
                                   std::pair("tenants: [acme, globex]", " (tenants acme, globex)")}) {
    CAPTURE(terms);
    REQUIRE(s.boot(s.system({{"a", ""}, {"n", caller}})));
    const std::string trial = std::string(", canary: {path: b, for: 1h, ") + terms + "}";
    REQUIRE(s.life->apply(s.system({{"a", trial}, {"n", caller}}), false));
    const auto why = s.life->explain_call("null-payload", "stateful/1.answer");
    REQUIRE(why);
    CHECK_THAT(*why, Contains("or its canary generation ") && Contains(who));
    s.life->shut_down();
  }
}

TEST_CASE("lifecycle: a kernel that stops ends a canary without waiting for its time", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  REQUIRE(s.life->apply(s.system({{"a", ", canary: {path: b, for: 1h}"}}), false));
  const auto begun = std::chrono::steady_clock::now();
  s.life->shut_down();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
  CHECK(s.life->plugin_count() == 0);
}

TEST_CASE("lifecycle: a command that waits for its canary returns when the kernel is about to stop", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  SwapOptions options = half();
  options.canary_for = std::chrono::hours(1);
  auto swapped = std::async(std::launch::async, [&] { return s.life->swap("stateful", s.at("b"), options); });
  REQUIRE(eventually([&] { return canary_runs(s); }));
  s.life->stop_waiting();
  const auto report = swapped.get();
  REQUIRE(report);
  CHECK(report->outcome == "reverted: the kernel stops");
}

TEST_CASE(
    "lifecycle: what every generation must hear reaches a canary and what serves beside it, whoever the tenant is",
    "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  SwapOptions options;
  options.canary_tenants = {"tenant-1"};
  options.canary_for = std::chrono::hours(1);
  Begun canary(s, options);
  for (const char* tenant : {"tenant-1", "tenant-2"}) {
    const uint64_t a = s.faults.asked("handle.fail.A"), b = s.faults.asked("handle.fail.B");
    CHECK(s.life->call_all("stateful/1", "answer", "{}", tenant));
    CHECK(s.faults.asked("handle.fail.A") == a + 1);
    CHECK(s.faults.asked("handle.fail.B") == b + 1);
  }
  // One that fails is told once both have answered.
  for (const char* fails : {"handle.fail.A", "handle.fail.B"}) {
    s.faults.set(fails);
    const uint64_t a = s.faults.asked("handle.fail.A"), b = s.faults.asked("handle.fail.B");
    const auto done = s.life->call_all("stateful/1", "answer", "{}", "tenant-1");
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Code::internal);
    CHECK_THAT(done.error().message, Contains("stateful/1.answer: "));
    CHECK(s.faults.asked("handle.fail.A") == a + 1);
    CHECK(s.faults.asked("handle.fail.B") == b + 1);
    s.faults.clear(fails);
  }
  CHECK(s.life->call_all("nobody/1", "answer", "{}", "tenant-1"));
  s.life->stop_waiting();
  CHECK(canary.get());
}

}  // namespace socle::lifecycle::test
