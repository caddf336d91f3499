// A canary that a rollback ends: who meets what afterwards, what everybody who waited hears, and who wins when its
// judge decides at the same moment.
#include "unit/lifecycle/canary_fixture.hpp"

namespace socle::lifecycle::test {
namespace {

const std::string ended_by_rollback = "reverted: ended by `socle plugin rollback stateful`";

SwapOptions for_an_hour(SwapOptions options) {
  options.canary_for = std::chrono::hours(1);
  return options;
}

SwapOptions for_tenant(const std::string& tenant) {
  SwapOptions options;
  options.canary_tenants = {tenant};
  return for_an_hour(options);
}

void boot_a(System& s) {
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
}

// Of the generation that serves.
std::string active_since(System& s) {
  const std::string states = s.states("stateful"), key = "\"active_since\":\"";
  const size_t begin = states.find(key, states.find("\"state\":\"active\"")) + key.size();
  return states.substr(begin, states.find('"', begin) - begin);
}

uint64_t routes_version(System& s) {
  const std::string status = s.life->status_json(), key = "\"routes_version\":";
  return std::stoull(status.substr(status.find(key) + key.size()));
}

}  // namespace

TEST_CASE("lifecycle: a rollback ends a running canary, and what serves stays and is not taken back one further",
          "[lifecycle]") {
  System s;
  boot_a(s);
  s.package("a2", "stateful_a", "stateful", "", "1.5.0");
  const auto before = s.life->swap("stateful", s.at("a2"), {});
  REQUIRE(before);
  const Logged log;
  const std::string since = active_since(s);
  Begun swapped(s, for_an_hour(half()));
  std::map<std::string, int> answers;
  for (int i = 0; i < 200; ++i) ++answers[call_as(s, "tenant-" + std::to_string(i))];
  CHECK(answers["B"] > 0);

  const auto ended = s.life->rollback("stateful");
  REQUIRE(ended);
  CHECK(ended->outcome == "canary ended");
  CHECK(ended->version == "1.5.0");
  CHECK(ended->to == before->to);
  CHECK(ended->failed == 0);
  CHECK(ended->load_ms == 0);
  CHECK(ended->old_state == gone());
  for (int i = 0; i < 200; ++i) CHECK(call_as(s, "tenant-" + std::to_string(i)) == "A");
  const auto report = swapped.get();
  REQUIRE(report);
  CHECK(report->outcome == ended_by_rollback);
  CHECK(report->from == before->to);
  CHECK(report->to == ended->from);
  CHECK(report->old_state == gone());
  CHECK_THAT(s.states("stateful"), Contains("\"verdict\":\"" + ended_by_rollback + "\""));
  CHECK(log.lines("canary " + ended_by_rollback).size() == 1);
  CHECK(active_since(s) == since);  // it has been so all along
  CHECK(log.lines("generation is active").empty());

  s.life->rest_after_canary = {};
  const auto back = s.life->rollback("stateful");  // a later one is as any other
  REQUIRE(back);
  CHECK(back->outcome == "rolled back");
  CHECK(back->version == "1.0.0");
}

TEST_CASE("lifecycle: a call that a canary has in hand when a rollback ends it is answered there", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful");
  s.package("b", "stateful_b", "stateful", "drain: 20s", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  Begun swapped(s, for_tenant("t1"));
  s.faults.set("handle.slow");
  auto called = std::async(std::launch::async, [&] { return s.life->call("stateful/1", "answer", "{}", "t1"); });
  const bool entered = eventually([&] { return s.faults.asked("handle.slow") > 0; });
  const auto ended = s.life->rollback("stateful");
  s.faults.clear("handle.slow");
  const auto answer = called.get();
  const auto report = swapped.get();
  REQUIRE(entered);
  REQUIRE(ended);
  CHECK(ended->failed == 0);
  REQUIRE(answer);
  CHECK(*answer == "B slowly");
  REQUIRE(report);
  CHECK(report->outcome == ended_by_rollback);
  CHECK(call_as(s, "t1") == "A");
}

TEST_CASE("lifecycle: a rollback ends one canary of an apply, the others go on, and it is not begun again",
          "[lifecycle]") {
  System s;
  boot_a(s);
  s.package("g", "good_a", "swap");
  s.package("g2", "good_b", "swap", "", "2.0.0");
  REQUIRE(s.life->apply(s.system({{"a", ""}, {"g", ""}}), false));
  const auto with_canaries = s.system(
      {{"a", ", canary: {path: b, tenants: [t1], for: 1h}"}, {"g", ", canary: {path: g2, tenants: [t1], for: 1h}"}});
  REQUIRE(s.life->apply(with_canaries, false));
  CHECK(call_as(s, "t1") == "B");
  const auto ended = s.life->rollback("stateful");
  REQUIRE(ended);
  CHECK(ended->outcome == "canary ended");
  CHECK(call_as(s, "t1") == "A");
  const auto other = s.life->call("swap/1", "answer", "{}", "t1");
  REQUIRE(other);
  CHECK(*other == "B");
  const auto again = s.life->apply(with_canaries, true);
  REQUIRE(again);
  REQUIRE(again->size() == 1);
  CHECK_THAT(again->front().outcome, Contains("its canary is not started again, it was " + ended_by_rollback));
}

TEST_CASE("lifecycle: a rollback of another plugin leaves a running canary alone", "[lifecycle]") {
  System s;
  boot_a(s);
  s.package("g", "good_a", "swap");
  s.package("g2", "good_b", "swap", "", "2.0.0");
  REQUIRE(s.life->apply(s.system({{"a", ""}, {"g", ""}}), false));
  REQUIRE(s.life->swap("swap", s.at("g2"), {}));
  Begun swapped(s, for_tenant("t1"));
  const auto back = s.life->rollback("swap");
  const std::string answer = call_as(s, "t1");
  REQUIRE(s.life->rollback("stateful"));
  REQUIRE(swapped.get());
  REQUIRE(back);
  CHECK(back->outcome == "rolled back");
  CHECK(s.call("swap/1") == "A");
  CHECK(answer == "B");
}

TEST_CASE("lifecycle: of a rollback and the gate that decide at the same moment one wins, and both answers say which",
          "[lifecycle]") {
  System s;
  boot_a(s);
  SwapOptions options = half();
  options.canary_for = std::chrono::milliseconds(1);  // the gate sends it back for too few calls
  for (int round = 0; round < 25; ++round) {
    auto swapped = std::async(std::launch::async, [&] { return s.life->swap("stateful", s.at("b"), options); });
    const auto rolled = s.life->rollback("stateful");  // before, while, or after it runs
    const auto report = swapped.get();
    REQUIRE(report);
    const bool ours = report->outcome == ended_by_rollback;
    if (!ours) CHECK_THAT(report->outcome, Catch::Matchers::StartsWith("reverted: too few calls to judge"));
    if (rolled) {
      CHECK(rolled->outcome == (ours ? "canary ended" : "canary was over already, " + report->outcome));
    } else {
      CHECK_FALSE(ours);
      CHECK_THAT(rolled.error().message, Contains("has no earlier generation to go back to"));
    }
    CHECK(call_as(s, "tenant-" + std::to_string(round)) == "A");
  }
}

TEST_CASE("lifecycle: a rollback that means a canary never takes back what serves beside it, whenever it is typed",
          "[lifecycle]") {
  System s;
  boot_a(s);
  s.package("a2", "stateful_a", "stateful", "", "1.5.0");
  s.package("n", "null_payload", "null-payload", "requires: [stateful/1]");
  REQUIRE(s.life->apply(s.system({{"a", ""}, {"n", ", grants: [call:stateful/1]"}}), false));
  REQUIRE(s.life->swap("stateful", s.at("a2"), {}));
  s.life->rest_after_canary = std::chrono::hours(1);
  // As calls see it: over as soon as the routes lead elsewhere, which is before its judge is done.
  const auto routed = [&] {
    const auto why = s.life->explain_call("null-payload", "stateful/1.answer");
    return why && why->find("or its canary") != std::string::npos;
  };
  SwapOptions options = half();
  options.canary_for = std::chrono::milliseconds(20);
  for (int round = 0; round < 40; ++round) {
    std::atomic<bool> ended{false};
    auto swapped = std::async(std::launch::async, [&] {
      auto report = s.life->swap("stateful", s.at("b"), options);
      ended = true;
      return report;
    });
    const bool begun = eventually([&] { return routed() || ended; });
    // Typed while it runs; when its judge has just taken it out of the routes; when all is over.
    if (round % 3 == 1) CHECK(eventually([&] { return !routed(); }));
    if (round % 3 == 2) CHECK(eventually([&] { return ended.load(); }));
    const auto rolled = s.life->rollback("stateful");
    const auto report = swapped.get();
    REQUIRE(begun);
    REQUIRE(report);
    if (rolled) {
      INFO(rolled->outcome);
      CHECK((rolled->outcome == "canary ended" || rolled->outcome == "canary was over already, " + report->outcome));
      CHECK(rolled->version == "1.5.0");
    } else {
      CHECK_THAT(rolled.error().message, Contains("the canary 2.0.0 of plugin 'stateful'"));
    }
    if (round % 3 == 2) CHECK_FALSE(rolled);
    CHECK_THAT(s.states("stateful"), Contains("\"version\":\"1.5.0\",\"generation\":" + std::to_string(report->from) +
                                              ",\"state\":\"active\""));
  }
}

TEST_CASE("lifecycle: right after a canary was sent back a rollback is refused with the verdict, and works later",
          "[lifecycle]") {
  System s;
  boot_a(s);
  s.package("a2", "stateful_a", "stateful", "", "1.5.0");
  REQUIRE(s.life->swap("stateful", s.at("a2"), {}));
  CHECK(s.life->rest_after_canary == std::chrono::seconds(10));
  s.life->rest_after_canary = std::chrono::hours(1);
  SwapOptions options = half();
  options.canary_for = std::chrono::milliseconds(1);
  const auto sent_back = s.life->swap("stateful", s.at("b"), options);
  REQUIRE(sent_back);
  const Error error = s.refused(s.life->rollback("stateful"));
  CHECK(error.code == Code::conflict);
  CHECK_THAT(error.message,
             Catch::Matchers::StartsWith("the canary 2.0.0 of plugin 'stateful' (generation " +
                                         std::to_string(sent_back->to) + ") was sent back ") &&
                 Contains(" s ago (too few calls to judge: 0 at the canary, 0 beside it, 200 wanted on each "
                          "side), and 1.5.0 (generation " +
                          std::to_string(sent_back->from) +
                          ") serves on; to take 1.5.0 itself back, repeat the command in ") &&
                 Catch::Matchers::EndsWith(" s"));
  CHECK(call_as(s, "t1") == "A");

  // What was put in place since then is nobody's canary.
  REQUIRE(s.life->swap("stateful", s.at("b"), {}));
  const auto back = s.life->rollback("stateful");
  REQUIRE(back);
  CHECK(back->version == "1.5.0");

  REQUIRE(s.life->swap("stateful", s.at("b"), options));
  s.refused(s.life->rollback("stateful"));
  s.life->rest_after_canary = std::chrono::milliseconds(100);
  CHECK(eventually([&] { return s.life->rollback("stateful").has_value(); }));
  CHECK(s.call("stateful/1") == "B");  // what had been before
}

TEST_CASE("lifecycle: a rollback that comes when its canary is just being promoted takes the promoted one back",
          "[lifecycle]") {
  System s;
  s.faults.set("handle.slow.A");  // so that the p95 has no say
  boot_a(s);
  SwapOptions options = half();
  options.canary_for = std::chrono::seconds(2);
  Begun swapped(s, options);
  const uint64_t routes = routes_version(s);
  for (int i = 0; i < 800; ++i) call_as(s, "tenant-" + std::to_string(i % 500));
  // Its routes are made, and take effect when this worker has come round: the judge has decided, and is not done.
  std::promise<void> go;
  const std::shared_future<void> gone_on(go.get_future());
  s.life->bus().worker(0).post([gone_on] { gone_on.wait(); });
  const bool deciding = eventually([&] { return routes_version(s) != routes; });
  auto rolled = std::async(std::launch::async, [&] { return s.life->rollback("stateful"); });
  go.set_value();
  const auto report = swapped.get();
  const auto back = rolled.get();
  REQUIRE(deciding);
  REQUIRE(report);
  CHECK(report->outcome == "promoted");
  REQUIRE(back);
  CHECK(back->outcome == "rolled back");
  CHECK(back->version == "1.0.0");
  CHECK(call_as(s, "tenant-7") == "A");
}

}  // namespace socle::lifecycle::test
