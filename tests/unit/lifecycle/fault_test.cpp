// Every fault of running code: the refusal's text, the state the generation ends in, and a good plugin that answers all
// the while. A static constructor that throws is not here: it ends the process (docs/design/loader.md).
#include <future>

#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

struct Refusal {
  const char* fixture;
  const char* text;   // of the error
  const char* state;  // in show_json; "" for what this build calls gone()
};

void check_refused(System& s, const Refusal& r) {
  INFO(r.fixture);
  const std::string plugin = plugin_of(r.fixture);
  Caller caller(s);
  const auto result = s.life->load(s.fixture(r.fixture), manifest::Home::kernel);
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Contains("plugin '" + plugin + "' 1.0.0: " + r.text));
  const std::string state = *r.state != 0               ? std::string("\"state\":\"retained\",\"reason\":\"") + r.state
                            : loader::sanitizer_build() ? "\"state\":\"retained\",\"reason\":\"sanitizer build"
                                                        : "\"state\":\"unmapped\"";
  CHECK_THAT(s.states(plugin), Contains(state));
  CHECK(s.life->plugin_count() == 1);
}

}  // namespace

TEST_CASE("lifecycle: a plugin that fails before it serves is refused and unmapped", "[lifecycle]") {
  System s;
  s.boot_good();
  const Refusal refusals[] = {
      {"throws_in_create", "create() failed: it let an exception out", ""},
      {"throws_in_start", "start failed: plugin 'throws-in-start' let an exception out of handle() (plugin_threw)", ""},
      {"throws_in_self_test", "self-test failed: plugin 'throws-in-self-test' let an exception out", ""},
      {"fails_in_create", "create() failed: status 6", ""},
      {"fails_in_start", "start failed: conflict", ""},
      {"fails_in_self_test", "self-test failed: conflict", ""},
      {"garbage_status_in_create", "create() failed: status 987654", ""},
      {"garbage_status_in_start", "start failed: the plugin answered with status 987654, which is none", ""},
      {"garbage_status_in_self_test", "self-test failed: the plugin answered with status 987654", ""},
  };
  for (const Refusal& r : refusals) check_refused(s, r);
}

TEST_CASE("lifecycle: a plugin that does not answer before it serves is refused and retained", "[lifecycle]") {
  System s;
  s.boot_good();
  const Refusal refusals[] = {
      {"pending_in_start", "start failed: no answer within 300ms",
       "after 0s of draining it still had an unanswered start hook on the staging thread"},
      {"pending_in_self_test", "self-test failed: no answer within 300ms",
       "after 0s of draining it still had an unanswered self-test hook"},
  };
  for (const Refusal& r : refusals) check_refused(s, r);
}

TEST_CASE("lifecycle: a plugin that hangs before it serves costs its thread and nothing else", "[lifecycle]") {
  System s;
  s.boot_good();
  s.faults.set("hang");
  const Refusal refusals[] = {
      {"hangs_in_create", "create() did not return within 300ms; the generation was not used and stays mapped",
       "create() did not return"},
      {"hangs_in_start", "start did not return within 300ms; the generation was not used and stays mapped",
       "start did not give its thread back"},
      {"hangs_in_self_test", "self-test did not return within 300ms", "self-test did not give its thread back"},
  };
  for (const Refusal& r : refusals) check_refused(s, r);
  CHECK_THAT(s.life->status_json(), Contains("\"lost_threads\":3"));
}

TEST_CASE("lifecycle: a start that waits and then hangs costs its thread, soon and not silently", "[lifecycle]") {
  System s;
  s.boot_good();
  s.faults.set("hang");
  const Logged logged;
  check_refused(
      s, {"hangs_later_in_start", "start did not return within 300ms; the generation was not used and stays mapped",
          "start did not give its thread back"});
  CHECK_THAT(s.life->status_json(), Contains("\"lost_threads\":1"));
  const auto told = logged.lines("a staging thread is given up: plugin code does not return");
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Contains("\"in\":\"hangs-later-in-start: start hook\"") && Contains("\"lost_threads\":\"1\""));
}

TEST_CASE("lifecycle: a generation that goes is not blamed for a worker that another plugin holds", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->load(s.fixture("hangs_in_handle"), manifest::Home::kernel));
  s.faults.set("hang");
  std::thread caller([&] { static_cast<void>(s.call("hangs-in-handle/1")); });
  const bool entered = eventually([&] { return s.faults.asked("hang") > 0; });
  auto unloaded = std::async(std::launch::async, [&] { return s.life->unload("swap"); });
  // Longer than DRAIN's time-out of 300 ms and its grace.
  const bool waited = unloaded.wait_for(std::chrono::milliseconds(1500)) == std::future_status::timeout;
  s.faults.clear("hang");
  caller.join();
  const auto report = unloaded.get();
  CHECK(entered);
  CHECK(waited);
  REQUIRE(report);
  CHECK(report->old_state == gone());
}

TEST_CASE("lifecycle: a plugin whose stop fails is unmapped all the same", "[lifecycle]") {
  System s;
  s.boot_good();
  Caller caller(s);
  for (const char* name : {"throws_in_stop", "fails_in_stop", "garbage_status_in_stop"}) {
    REQUIRE(s.life->load(s.fixture(name), manifest::Home::kernel));
    const auto report = s.life->unload(plugin_of(name));
    REQUIRE(report);
    CHECK(report->old_state == gone());
  }
}

TEST_CASE("lifecycle: what a plugin leaves behind after stop is named and retains it", "[lifecycle]") {
  System s;
  s.boot_good();
  s.faults.set("hang");
  Caller caller(s);
  const std::map<std::string, std::string> left = {
      {"leaves_timer", "retained(after stop it left a timer on worker 0)"},
      {"leaves_watch", "retained(after stop it left a watch of fd "},
      {"pending_in_stop", "retained(stop gave no answer within 300ms)"},
      {"hangs_in_stop", "retained(stop did not return within 300ms)"},
  };
  for (const auto& [name, state] : left) {
    INFO(name);
    REQUIRE(s.life->load(s.fixture(name), manifest::Home::kernel));
    const auto report = s.life->unload(plugin_of(name));
    REQUIRE(report);
    CHECK_THAT(report->old_state, Catch::Matchers::StartsWith(state));
    CHECK_FALSE(s.life->call(plugin_of(name) + "/1", "answer", "{}"));
  }
}

TEST_CASE("lifecycle: faults of handle() fail the call with its reason and leave the plugin swappable", "[lifecycle]") {
  System s;
  s.boot_good();
  const std::map<std::string, std::string> answers = {
      {"throws_in_handle", "let an exception out of handle()"},
      {"fails_in_handle", "conflict"},
      {"garbage_status_in_handle", "the plugin answered with status 987654, which is none"},
      {"null_payload", "{}"},
      {"completes_twice", "{}"},
      {"throws_in_offload", "fine"},
  };
  for (const auto& [name, answer] : answers) {
    INFO(name);
    REQUIRE(s.life->load(s.fixture(name), manifest::Home::kernel));
    CHECK_THAT(s.call(plugin_of(name) + "/1"), Contains(answer));
    const auto report = s.life->unload(plugin_of(name));
    REQUIRE(report);
    CHECK(report->old_state == gone());
  }
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a call that is never answered retains the generation and is counted late", "[lifecycle]") {
  System s;
  s.boot_good();
  s.package("never", "pending_in_handle", "pending-in-handle", "", "1.0.0",
            "[{service: pending-in-handle/1, methods: {answer: {timeout: 100ms}}}]");
  REQUIRE(s.life->load(s.at("never"), manifest::Home::kernel));
  CHECK_THAT(s.call("pending-in-handle/1"), Contains("pending-in-handle/1.answer did not answer before the deadline"));
  const auto report = s.life->unload("pending-in-handle");
  REQUIRE(report);
  CHECK(report->old_state == "retained(after 50ms of draining it still had an unanswered call of answer on worker 0)");
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a caller whose provider is retired gets an answer", "[lifecycle]") {
  System s;
  s.package("s", "stateful_a", "stateful");
  REQUIRE(s.boot(s.system({{"s", ""}})));
  s.faults.set("handle.pend");
  std::string answer;
  std::thread caller([&] { answer = s.call("stateful/1"); });
  const bool entered = eventually([&] { return s.faults.asked("handle.pend") > 0; });
  const auto report = s.life->unload("stateful");
  caller.join();
  CHECK(entered);
  REQUIRE(report);
  CHECK_THAT(report->old_state, Contains("retained(after 50ms of draining"));
  CHECK_THAT(answer, Contains("was exchanged before it answered; ask again"));
}

TEST_CASE("lifecycle: a handler that hangs holds its worker; the plugin can still be swapped away", "[lifecycle]") {
  System s;
  s.boot_good();
  REQUIRE(s.life->load(s.fixture("hangs_in_handle"), manifest::Home::kernel));
  s.faults.set("hang");
  std::string answer;
  std::thread caller([&] { answer = s.call("hangs-in-handle/1"); });
  const bool entered = eventually([&] { return s.faults.asked("hang") > 0; });
  const std::string top = s.life->top_json();
  s.faults.clear("hang");
  caller.join();
  CHECK(entered);
  CHECK_THAT(top, Contains("\"running\":\"hangs-in-handle\""));
  CHECK(answer == "fine");
  const auto report = s.life->unload("hangs-in-handle");
  REQUIRE(report);
  CHECK(report->old_state == gone());
}

TEST_CASE("lifecycle: a drain hook that hangs retains the generation without calling stop", "[lifecycle]") {
  System s;
  s.package("s", "stateful_a", "stateful");
  REQUIRE(s.boot(s.system({{"s", ""}})));
  s.faults.set("drain.hang");
  const auto report = s.life->unload("stateful");
  s.faults.clear("drain.hang");
  REQUIRE(report);
  CHECK(report->old_state == "retained(its drain hook did not return on worker 0)");
}

TEST_CASE("lifecycle: a plugin that says it is ill shows in health, list and readiness until it is well",
          "[lifecycle]") {
  System s;
  s.package("s", "stateful_a", "stateful", "health: {interval: 100ms, timeout: 100ms}");
  REQUIRE(s.boot(s.system({{"s", ""}})));
  CHECK_THAT(s.life->health_json(), Contains("\"status\":\"ok\""));
  s.faults.set("ill");
  CHECK(eventually([&] { return s.life->health_json().find("\"status\":\"ill\"") != std::string::npos; }));
  CHECK_THAT(s.life->health_json(), Contains("\"plugin\":\"stateful\"") && Contains("\"text\":\"the disk is full\"") &&
                                        Contains("\"ready\":false"));
  CHECK_THAT(s.life->list_json(), Contains("\"health\":\"ill\",\"health_text\":\"the disk is full\""));
  s.faults.clear("ill");
  CHECK(eventually([&] { return s.life->health_json().find("\"status\":\"ok\"") != std::string::npos; }));
}

}  // namespace socle::lifecycle::test
