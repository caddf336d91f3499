// State from one generation to the next, in the modes cache and exclusive, and every way it can go wrong.
#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

// stateful A runs; B lies beside it. Both hold state in `mode`.
void boot_stateful(System& s, const std::string& mode) {
  s.package("a", "stateful_a", "stateful", "state: " + mode);
  s.package("b", "stateful_b", "stateful", "state: " + mode + "\nstate_limit: 1KiB\nswap_pause: 200ms", "2.0.0");
  REQUIRE(s.boot(s.system({{"a", ""}})));
}

void check_goes_on(System& s) {
  CHECK(s.call("stateful/1") == "A");
  CHECK(s.life->plugin_count() == 1);
}

}  // namespace

TEST_CASE("lifecycle: state cache is handed over while serving", "[lifecycle]") {
  System s;
  boot_stateful(s, "cache");
  const auto report = s.life->swap("stateful", s.at("b"), {});
  REQUIRE(report);
  CHECK(report->pause_ms == 0);
  CHECK(s.call("stateful/1") == "B+state of A");
}

TEST_CASE("lifecycle: state exclusive is handed over in a pause that no caller notices", "[lifecycle]") {
  System s;
  s.boot_good();
  s.package("sa", "stateful_a", "stateful", "state: exclusive\nswap_pause: 5s");
  s.package("sb", "stateful_b", "stateful", "state: exclusive\nswap_pause: 5s");
  REQUIRE(s.life->load(s.at("sa"), manifest::Home::kernel));
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0}, answered{0};
  std::thread caller([&] {
    while (!stop) (s.life->call("stateful/1", "answer", "{}") ? answered : failed).fetch_add(1);
  });
  for (const char* next : {"sb", "sa", "sb"}) {
    const auto report = s.life->swap("stateful", s.at(next), {});
    REQUIRE(report);
    CHECK(report->pause_ms > 0);
    CHECK(report->old_state == gone());
  }
  CHECK(eventually([&] { return answered > 10; }));
  stop = true;
  caller.join();
  CHECK(failed == 0);
  CHECK(s.call("stateful/1") == "B+state of A");
}

TEST_CASE("lifecycle: an import that refuses is found by the dry run, before any call waits", "[lifecycle]") {
  System s;
  boot_stateful(s, "exclusive");
  s.faults.set("import.no");
  CHECK(s.refused(s.life->swap("stateful", s.at("b"), {})).message ==
        "dry run: plugin 'stateful' 2.0.0 does not take over state version 1: cannot read it");
  check_goes_on(s);
}

TEST_CASE("lifecycle: state above the limit is refused with both numbers", "[lifecycle]") {
  System s;
  boot_stateful(s, "cache");
  s.faults.set("export.big");
  CHECK(s.refused(s.life->swap("stateful", s.at("b"), {})).message ==
        "plugin 'stateful' exports 4096 bytes of state, the limit is 1024 (state_limit in its manifest)");
  check_goes_on(s);
}

TEST_CASE("lifecycle: a plugin too busy for its pause is not swapped and goes on", "[lifecycle]") {
  System s;
  boot_stateful(s, "exclusive");
  s.faults.set("handle.pend");
  std::string answer;
  std::thread caller([&] { answer = s.call("stateful/1"); });
  const bool entered = eventually([&] { return s.faults.asked("handle.pend") > 0; });
  s.faults.clear("handle.pend");
  const auto swapped = s.life->swap("stateful", s.at("b"), {});
  const std::string meanwhile = s.call("stateful/1");
  caller.join();
  CHECK(entered);
  CHECK(s.refused(swapped).message ==
        "plugin 'stateful' still had 1 calls in flight after 200ms (swap.pause); the swap was aborted and the old "
        "generation goes on; try again when it is less busy");
  CHECK(meanwhile == "A");
  CHECK_THAT(answer, Contains("did not answer before the deadline"));
}

TEST_CASE("lifecycle: an export that hangs ends the swap after its pause and the old generation goes on",
          "[lifecycle]") {
  System s;
  boot_stateful(s, "exclusive");
  s.faults.set("export.hang");
  CHECK(s.refused(s.life->swap("stateful", s.at("b"), {})).message ==
        "plugin 'stateful' took longer than 200ms (swap.pause) to hand its state over; the swap was aborted and the "
        "old generation goes on");
  check_goes_on(s);
  CHECK(s.life->bus().lost_threads() == 1);
}

TEST_CASE("lifecycle: an import that hangs keeps its generation mapped and the old one goes on", "[lifecycle]") {
  System s;
  boot_stateful(s, "exclusive");
  s.faults.set("import.hang");
  CHECK_THAT(s.refused(s.life->swap("stateful", s.at("b"), {})).message,
             Contains("took longer than 200ms (swap.pause)"));
  check_goes_on(s);
  CHECK(s.life->bus().lost_threads() == 1);
  CHECK_THAT(s.states("stateful"), Contains("\"reason\":\"import did not give its thread back\""));
}

TEST_CASE("lifecycle: what hung in its export is retained for that when it goes", "[lifecycle]") {
  System s;
  boot_stateful(s, "exclusive");
  s.faults.set("export.hang");
  CHECK_FALSE(s.life->swap("stateful", s.at("b"), {}));
  const auto report = s.life->unload("stateful");
  REQUIRE(report);
  CHECK(report->old_state ==
        "retained(after 50ms of draining it still had a hook or call on a staging thread that was given up)");
}

TEST_CASE("lifecycle: exclusive state and a canary exclude one another", "[lifecycle]") {
  System s;
  boot_stateful(s, "exclusive");
  SwapOptions canary;
  canary.canary_percent = 10;
  CHECK_THAT(s.refused(s.life->swap("stateful", s.at("b"), canary)).message,
             Contains("two generations cannot serve side by side; swap it without a canary"));
}

}  // namespace socle::lifecycle::test
