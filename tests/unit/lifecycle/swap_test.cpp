// Swaps under calls: every call is answered, every old generation goes, nothing leaks; rollback; change sets as a
// whole.
#include <fstream>

#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

struct Footprint {
  ptrdiff_t fds = 0, threads = 0, images = 0;
};

ptrdiff_t entries(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

Footprint footprint() {
  Footprint f{entries("/proc/self/fd"), entries("/proc/self/task"), 0};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) f.images += line.find("/gen/") != std::string::npos ? 1 : 0;
  return f;
}

}  // namespace

TEST_CASE("lifecycle: a hundred swaps under calls lose none and leave nothing behind", "[lifecycle]") {
  System s;
  s.boot_good();
  Caller caller(s);
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  const Footprint before = footprint();
  for (int i = 0; i < 50; ++i) {
    for (const char* folder : {"a", "b"}) {
      const auto report = s.life->swap("swap", s.at(folder), {});
      REQUIRE(report);
      CHECK(report->old_state == gone());
      CHECK(report->failed == 0);
    }
  }
  caller.check();
  CHECK(s.call("swap/1") == "B");
  // The caller's thread has gone; retire threads end a moment after they report.
  CHECK(eventually([&] { return footprint().threads < before.threads; }));
  CHECK(footprint().fds == before.fds);
  if (!loader::sanitizer_build()) {
    CHECK(footprint().images == before.images);
    CHECK(entries((s.at("data") / "gen").c_str()) == 1);
  }
  CHECK(entries((s.at("data") / "store").c_str()) == 2);
}

TEST_CASE("lifecycle: rollback goes back to what ran before, and forward again", "[lifecycle]") {
  System s;
  s.boot_good();
  CHECK_THAT(s.refused(s.life->rollback("swap")).message,
             Contains("plugin 'swap' has no earlier generation to go back to"));
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  const auto back = s.life->rollback("swap");
  REQUIRE(back);
  CHECK(back->outcome == "rolled back");
  CHECK(back->version == "1.0.0");
  CHECK(s.call("swap/1") == "A");
  REQUIRE(s.life->rollback("swap"));
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("lifecycle: an irreversible version refuses to be rolled back and plan says so", "[lifecycle]") {
  System s;
  s.boot_good();
  s.package("b", "good_b", "swap", "irreversible: true", "2.0.0");
  const auto planned = s.life->apply(s.system({{"b", ""}}), true);
  REQUIRE(planned);
  REQUIRE(planned->size() == 1);
  CHECK(planned->front().outcome == "swap, irreversible");
  REQUIRE(s.life->swap("swap", s.at("b"), {}));
  CHECK_THAT(s.refused(s.life->rollback("swap")).message,
             Contains("plugin 'swap' 2.0.0 is declared `irreversible`: it writes a format that 1.0.0 does not read"));
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("lifecycle: a change set whose second plugin is broken switches nothing", "[lifecycle]") {
  System s;
  s.boot_good();
  s.fixture("fails_in_start");
  Caller caller(s);
  const auto result = s.life->apply(s.system({{"b", ""}, {"fails_in_start", ""}}), false);
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Contains("plugin 'fails-in-start' 1.0.0: start failed: conflict"));
  CHECK(s.call("swap/1") == "A");
  CHECK(s.life->plugin_count() == 1);
  CHECK_THAT(s.states("swap"), Contains("\"version\":\"1.0.0\",\"generation\":") && Contains("\"state\":\"active\""));
}

TEST_CASE("lifecycle: apply swaps, loads and unloads in one set and plan says so beforehand", "[lifecycle]") {
  System s;
  s.boot_good();
  s.fixture("null_payload");
  s.fixture("completes_twice");
  REQUIRE(s.life->apply(s.system({{"a", ""}, {"null_payload", ""}}), false));
  const auto next = s.system({{"b", ""}, {"completes_twice", ""}});
  const auto planned = s.life->apply(next, true);
  REQUIRE(planned);
  std::map<std::string, std::string> outcomes;
  for (const SwapReport& r : *planned) outcomes[r.plugin] = r.outcome;
  CHECK(outcomes ==
        std::map<std::string, std::string>{{"swap", "swap"}, {"completes-twice", "load"}, {"null-payload", "unload"}});
  CHECK(s.call("swap/1") == "A");
  const auto done = s.life->apply(next, false);
  REQUIRE(done);
  for (const SwapReport& r : *done) CHECK((r.old_state.empty() || r.old_state == gone()));
  CHECK(s.call("swap/1") == "B");
  CHECK(s.life->apply(next, true)->empty());
}

TEST_CASE("lifecycle: a swap with another plugin's path says which it holds, which was wanted and what to do",
          "[lifecycle]") {
  System s;
  s.boot_good();
  const std::string other = s.fixture("null_payload").string();
  const auto refusal = [&](const std::string& path) { return s.refused(s.life->swap("swap", path, {})).message; };
  for (const std::string& path : {other, other + "/manifest.yaml", other + "/libnull_payload.so"})
    CHECK(refusal(path) == path +
                               " holds plugin 'null-payload', and a version of 'swap' is wanted; give the folder of "
                               "one, or `socle plugin load PATH` to add 'null-payload' beside it");
  REQUIRE(s.life->load(other, manifest::Home::kernel));
  CHECK_THAT(refusal(other), Contains("or `socle plugin swap null-payload PATH` if it is 'null-payload' you mean"));
  // Its own library, and one that nobody can tell whose it is.
  const std::string own = s.at("b").string();
  const std::string library = " is a library, and a plugin is named by the folder of its manifest.yaml; give ";
  CHECK(refusal(own + "/libgood_b.so") == own + "/libgood_b.so" + library + own + ", which holds plugin 'swap'");
  std::filesystem::copy_file(own + "/libgood_b.so", s.at("stray.so"));
  CHECK(refusal(s.at("stray.so")) == s.at("stray.so").string() + library + "that folder");
  CHECK(s.refused(s.life->load(own + "/libgood_b.so", std::nullopt)).message == refusal(own + "/libgood_b.so"));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a further swap waits while as many generations drain as may", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful", "drain: 20s");
  s.package("b", "stateful_b", "stateful", "drain: 20s");
  REQUIRE(s.boot(s.system({{"a", ""}}, 1)));
  s.faults.set("handle.slow");
  std::string first;
  std::thread caller([&] { first = s.call("stateful/1"); });
  const bool entered = eventually([&] { return s.faults.asked("handle.slow") > 0; });
  const auto one = s.life->swap("stateful", s.at("b"), {});
  const auto two = s.life->swap("stateful", s.at("a"), {});
  caller.join();
  CHECK(entered);
  REQUIRE(one);
  REQUIRE(two);
  CHECK(first == "A slowly");
  CHECK(one->old_state == gone());
}

TEST_CASE("lifecycle: a slow drain holds up its own plugin and no other", "[lifecycle]") {
  System s;
  s.package("a", "stateful_a", "stateful", "drain: 3s");
  s.package("b", "stateful_b", "stateful", "drain: 3s");
  s.package("x", "good_a", "swap");
  s.package("y", "good_b", "swap");
  REQUIRE(s.boot(s.system({{"a", ""}, {"x", ""}}, 1)));
  s.faults.set("handle.pend");
  std::string first;
  std::thread caller([&] { first = s.call("stateful/1"); });
  const bool entered = eventually([&] { return s.faults.asked("handle.pend") > 0; });
  std::atomic<int> done{0};
  const auto swap_to = [&](const char* folder) {
    return std::thread([&s, &done, folder] { done += s.life->swap("stateful", s.at(folder), {}) ? 1 : 100; });
  };
  std::thread one = swap_to("b");
  const bool drains = eventually([&] { return s.life->list_json().find("\"draining\"") != std::string::npos; });
  std::thread two = swap_to("a");  // no room: it waits for the drain
  CHECK(s.life->swap("swap", s.at("y"), {}));
  CHECK(s.life->apply(s.system({{"b", ""}, {"x", ""}}, 1), true));
  CHECK(done == 0);
  for (std::thread* t : {&caller, &one, &two}) t->join();
  CHECK(entered);
  CHECK(drains);
  CHECK(done == 2);
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("lifecycle: each refused change set is one log line with its reason and code", "[lifecycle]") {
  System s;
  s.boot_good();
  s.fixture("fails_in_start");
  s.package("e", "good_b", "swap", "state: exclusive");
  const auto only_line = [](const Logged& log, const std::string& reason, const std::string& code) {
    const auto lines = log.lines("refused");
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines.front(), Contains(reason) && Contains("\"code\":\"" + code + "\""));
  };
  {
    const Logged log;
    CHECK_FALSE(s.life->load(s.at("fails_in_start"), manifest::Home::kernel));
    only_line(log, "change set refused: load: plugin 'fails-in-start' 1.0.0: start failed: conflict", "invalid");
  }
  {
    const Logged log;
    CHECK_FALSE(s.life->swap("nobody", s.at("b"), {}));
    only_line(log, "change set refused: swap: no plugin 'nobody' is loaded", "not_found");
  }
  {
    const Logged log;
    CHECK_FALSE(s.life->rollback("swap"));
    only_line(log, "change set refused: rollback: plugin 'swap' has no earlier generation to go back to", "not_found");
  }
  {
    const Logged log;
    CHECK_FALSE(s.life->unload("nobody"));
    only_line(log, "change set refused: unload: ", "not_found");
  }
  const auto broken = s.system({{"a", ""}, {"fails_in_start", ""}});
  {
    const Logged log;
    CHECK_FALSE(s.life->apply(broken, false));
    only_line(log, "change set refused: apply: plugin 'fails-in-start' 1.0.0", "invalid");
  }
  const Logged log;
  CHECK(s.life->apply(broken, true));
  CHECK(log.lines("refused").empty());
}

TEST_CASE("lifecycle: retained generations beyond the budget refuse the next change", "[lifecycle]") {
  System s;
  s.retained_budget = 1;
  s.boot_good();
  REQUIRE(s.life->load(s.fixture("leaves_timer"), manifest::Home::kernel));
  REQUIRE(s.life->unload("leaves-timer"));
  const Error error = s.refused(s.life->swap("swap", s.at("b"), {}));
  CHECK(error.code == Code::exhausted);
  CHECK_THAT(error.message, Contains("1 generations are retained, which is the budget (swap.retained_budget)"));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a list tells memory, home, health and where a generation came from", "[lifecycle]") {
  System s;
  s.boot_good();
  const std::string list = s.life->list_json();
  CHECK_THAT(list, Contains("\"state\":\"active\"") && Contains("\"home\":\"kernel\"") &&
                       Contains("\"health\":\"ok\"") && Contains("\"path\":\"" + s.at("a").string() + "\""));
  CHECK_THAT(list, !Contains("\"memory_bytes\":0,"));
  CHECK(s.refused(s.life->load(s.at("b"), manifest::Home::kernel)).message ==
        "plugin 'swap' is loaded already; `socle plugin swap swap PATH` puts a new generation in its place");
  CHECK(s.refused(s.life->swap("nobody", s.at("b"), {})).message ==
        "no plugin 'nobody' is loaded; `socle plugin load PATH` loads one");
}

TEST_CASE("lifecycle: a resident handle survives swaps and goes with the plugin", "[lifecycle]") {
  System s;
  s.faults.set("resident");
  const char* keeps = "resident_handles: [block]\nstate: exclusive\nhome: kernel";
  s.package("a", "stateful_a", "stateful", keeps);
  s.package("b", "stateful_b", "stateful", keeps);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.call("stateful/1") == "A fresh");
  REQUIRE(s.life->swap("stateful", s.at("b"), {}));
  CHECK(s.call("stateful/1") == "B+state of A kept");
  const auto report = s.life->unload("stateful");
  REQUIRE(report);
  CHECK(report->old_state == gone());
  REQUIRE(s.life->load(s.at("a"), manifest::Home::kernel));
  CHECK(s.call("stateful/1") == "A fresh");
}

TEST_CASE("lifecycle: a resident handle stays while a generation that was never stopped may use it", "[lifecycle]") {
  System s;
  s.faults.set("resident");
  const char* keeps = "resident_handles: [block]\nstate: exclusive\nhome: kernel";
  s.package("a", "stateful_a", "stateful", keeps);
  s.package("b", "stateful_b", "stateful", keeps);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  s.faults.set("drain.hang");
  const auto swapped = s.life->swap("stateful", s.at("b"), {});
  s.faults.clear("drain.hang");
  REQUIRE(swapped);
  CHECK_THAT(swapped->old_state, Catch::Matchers::StartsWith("retained("));
  REQUIRE(eventually([&] { return s.life->bus().lost_threads() == 0; }));
  REQUIRE(s.life->unload("stateful"));
  REQUIRE(s.life->load(s.at("a"), manifest::Home::kernel));
  CHECK(s.call("stateful/1") == "A kept");
}

TEST_CASE("lifecycle: a resident handle that the manifest does not name is refused", "[lifecycle]") {
  System s;
  s.faults.set("resident");
  s.package("a", "stateful_a", "stateful", "resident_handles: [other]\nstate: exclusive\nhome: kernel");
  const Logged log;
  const Status booted = s.boot(s.system({{"a", ""}}));
  REQUIRE_FALSE(booted);
  CHECK_THAT(booted.error().message, Contains("plugin 'stateful' 1.0.0: start failed: denied"));
  REQUIRE(log.lines("resident handle").size() == 1);
  CHECK_THAT(log.lines("resident handle").front(),
             Contains("resident handle 'block' refused: the manifest does not name it; add it to `resident_handles`") &&
                 Contains("\"plugin\":\"stateful\"") && Contains("\"code\":\"denied\""));
}

TEST_CASE("lifecycle: threads of its own need the permission and its grant, and keep a plugin mapped", "[lifecycle]") {
  System s;
  const std::string refused = "[import_thread] found it uses 'pthread_create";
  s.package("t", "threaded", "threaded");
  CHECK_THAT(s.boot(s.system({{"t", ", grants: [threads]"}})).error().message, Contains(refused));
  s.package("t", "threaded", "threaded", "permissions: [threads]");
  const Status ungranted = s.boot(s.system({{"t", ""}}));
  REQUIRE_FALSE(ungranted);
  CHECK_THAT(ungranted.error().message, Contains(refused) && Contains("or grant 'threads' in the system manifest"));
  REQUIRE(s.boot(s.system({{"t", ", grants: [threads]"}})));
  CHECK(s.call("threaded/1") == "fine");
  const auto report = s.life->unload("threaded");
  REQUIRE(report);
  CHECK_THAT(report->old_state, Catch::Matchers::StartsWith("retained("));
  if (!loader::sanitizer_build())
    CHECK_THAT(report->old_state, Contains("it may have threads of its own (granted), so it is never unmapped"));
}

}  // namespace socle::lifecycle::test
