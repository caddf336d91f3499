// Generations in cells: loaded, moved, swapped, killed, buried; what cannot be in one is refused. The cells are
// processes of the helper program of tests/unit/cell.
#include <sys/wait.h>

#include <future>

#include "fixture.hpp"
#include "unit/cell/spawned.hpp"

using namespace socle;
using namespace socle::lifecycle;
using namespace socle::lifecycle::test;
using Catch::Contains;

namespace {

// A running system with plugin `swap` (answering A) in the kernel's process, that can start cells.
struct CellSystem : System {
  CellSystem() {
    start_timeout = "30s";  // a process with sanitizers, on a machine at work
    boot_good();
    life->cells = [](const Package&) { return cell::test::Spawned::with(""); };
  }
  // Of the newest generation: an older one may still be seen off.
  std::string field(const std::string& plugin, const std::string& name) {
    const std::string json = life->list_json();
    const size_t at = json.rfind("\"plugin\":\"" + plugin + "\"");
    const size_t key = json.find("\"" + name + "\":", at);
    if (at == std::string::npos || key == std::string::npos) return "none";
    const size_t begin = key + name.size() + 3;
    return json.substr(begin, json.find_first_of(",}", begin) - begin);
  }
};

}  // namespace

TEST_CASE("home: a plugin is loaded into a cell, answers, and is unloaded with nothing left", "[lifecycle]") {
  CellSystem s;
  s.package("c", "good_b", "swap", "", "2.0.0", "[{service: other/1, methods: {answer: {timeout: 5s}}}]");
  REQUIRE(s.life->unload("swap"));
  s.package("cell", "good_b", "swap", "", "2.0.0");
  const auto loaded = s.life->load(s.at("cell"), manifest::Home::cell);
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  CHECK(s.field("swap", "home") == "\"cell\"");
  CHECK(s.call("swap/1") == "B");
  const std::string pid = s.field("swap", "pid");
  const std::string generation = s.field("swap", "generation");
  const auto unloaded = s.life->unload("swap");
  REQUIRE(unloaded);
  CHECK(unloaded->old_state == "unmapped");
  CHECK(::kill(std::stoi(pid), 0) == -1);
  for (const auto& file : std::filesystem::directory_iterator(s.at("data/gen")))
    CHECK_FALSE(file.path().filename().string().starts_with(generation + "-"));
}

TEST_CASE("home: move puts the same plugin into a cell and back, and rollback undoes a move", "[lifecycle]") {
  CellSystem s;
  const auto moved = s.life->move("swap", manifest::Home::cell);
  INFO((moved ? "" : moved.error().message));
  REQUIRE(moved);
  CHECK(s.field("swap", "home") == "\"cell\"");
  CHECK(s.call("swap/1") == "A");
  CHECK(s.refused(s.life->move("swap", manifest::Home::cell)).message == "plugin 'swap' runs in a cell already");
  REQUIRE(s.life->move("swap", manifest::Home::kernel));
  CHECK(s.field("swap", "home") == "\"kernel\"");
  CHECK(s.call("swap/1") == "A");
  REQUIRE(s.life->rollback("swap"));
  CHECK(s.field("swap", "home") == "\"cell\"");
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("home: a plugin in a cell is swapped for another version, which stays in a cell", "[lifecycle]") {
  CellSystem s;
  REQUIRE(s.life->move("swap", manifest::Home::cell));
  const auto swapped = s.life->swap("swap", s.at("b"), {});
  INFO((swapped ? "" : swapped.error().message));
  REQUIRE(swapped);
  CHECK(swapped->old_state == "unmapped");
  CHECK(swapped->failed == 0);
  CHECK(s.field("swap", "home") == "\"cell\"");
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("home: a rollback ends a canary in a cell, and its process with it", "[lifecycle]") {
  CellSystem s;
  REQUIRE(s.life->move("swap", manifest::Home::cell));
  const std::string serving = s.field("swap", "pid");
  SwapOptions options;
  options.canary_tenants = {"t1"};
  options.canary_for = std::chrono::hours(1);
  auto swapped = std::async(std::launch::async, [&] { return s.life->swap("swap", s.at("b"), options); });
  const bool begun = eventually([&] { return s.field("swap", "state") == "\"canary\""; });
  const auto tried = s.life->call("swap/1", "answer", "{}", "t1");
  const std::string pid = s.field("swap", "pid");
  const auto ended = s.life->rollback("swap");
  s.life->stop_waiting();
  const auto report = swapped.get();
  INFO((report ? report->outcome : report.error().message));
  REQUIRE(begun);
  REQUIRE(tried);
  CHECK(*tried == "B");
  REQUIRE(ended);
  CHECK(ended->outcome == "canary ended");
  CHECK(ended->old_state == "unmapped");
  REQUIRE(report);
  CHECK(report->outcome == "reverted: ended by `socle plugin rollback swap`");
  REQUIRE(pid != serving);
  CHECK(::kill(std::stoi(pid), 0) == -1);
  CHECK(s.field("swap", "pid") == serving);
  const auto answer = s.life->call("swap/1", "answer", "{}", "t1");
  REQUIRE(answer);
  CHECK(*answer == "A");
}

TEST_CASE("home: a killed cell serves again, and its death is counted", "[lifecycle]") {
  CellSystem s;
  REQUIRE(s.life->move("swap", manifest::Home::cell));
  REQUIRE(s.call("swap/1") == "A");
  ::kill(std::stoi(s.field("swap", "pid")), SIGKILL);
  for (int i = 0; i < 2000 && s.field("swap", "crashes") == "0"; ++i) poll(nullptr, 0, 5);
  CHECK(s.field("swap", "crashes") == "1");
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("home: the last good set brings a plugin back into its cell", "[lifecycle]") {
  CellSystem s;
  REQUIRE(s.life->move("swap", manifest::Home::cell));
  const auto system = s.life->system();
  std::filesystem::remove_all(s.at("a"));  // the manifest's own no longer starts
  s.life.reset();
  auto opened = Lifecycle::open(system, s.metrics);
  REQUIRE(opened);
  s.life = std::move(*opened);
  s.life->cells = [](const Package&) { return cell::test::Spawned::with(""); };
  REQUIRE(s.life->boot());
  CHECK(s.field("swap", "home") == "\"cell\"");
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("home: what must stay in the kernel's process is refused with the reason", "[lifecycle]") {
  CellSystem s;
  const auto refusal = [&](const std::string& more) {
    return s.refused(s.life->load(s.package("r", "null_payload", "null-payload", more), manifest::Home::cell)).message;
  };
  CHECK_THAT(refusal("filters: [{match: swap/1.answer, method: answer, priority: 1}]"),
             Contains("plugin 'null-payload' is to run in a cell (home: cell, the default) and cannot: its filter "
                      "'answer' must answer within 2 µs, on the caller's stack; a call into a cell takes longer"));
  CHECK_THAT(refusal("permissions: [ingress]"), Contains("permission ingress"));
  s.life->cells = nullptr;
  CHECK_THAT(refusal(""), Contains("this process starts none") && Contains("`home: kernel`"));
}

TEST_CASE("home: a cell whose library fails to start is refused, and what serves goes on", "[lifecycle]") {
  CellSystem s;
  const auto refused = s.life->load(s.fixture("fails_in_start"), manifest::Home::cell);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("start failed"));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("home: what hangs in a cell is killed, not retained", "[lifecycle]") {
  CellSystem s;
  s.start_timeout = "300ms";
  for (const char* fixture : {"hangs_in_create", "hangs_in_start", "hangs_in_self_test"}) {
    INFO(fixture);
    const auto refused = s.life->load(s.fixture(fixture), manifest::Home::cell);
    REQUIRE_FALSE(refused);
    CHECK(s.states(plugin_of(fixture)).find("retained") == std::string::npos);
  }
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("home: what every generation must hear does not wait for a cell that died too often, which knows nothing",
          "[lifecycle]") {
  CellSystem s;
  REQUIRE(s.life->unload("swap"));
  s.package("dies", "good_b", "swap", "restart: {backoff: 100ms..1s, intensity: 1 per 1h}", "2.0.0");
  const auto loaded = s.life->load(s.at("dies"), manifest::Home::cell);
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  CHECK(s.life->call_all("swap/1", "answer", "{}", "acme"));
  // Each process of it is killed, once it is told, until no more comes.
  std::string killed;
  REQUIRE(eventually([&] {
    if (std::atoi(s.field("swap", "crashes").c_str()) >= 2) return true;
    const std::string pid = s.field("swap", "pid");
    if (pid != killed && !pid.empty() && std::atoi(pid.c_str()) > 1) {
      ::kill(std::atoi(pid.c_str()), SIGKILL);
      killed = pid;
    }
    return false;
  }));
  const auto done = s.life->call_all("swap/1", "answer", "{}", "acme");
  INFO((done ? "" : done.error().message));
  CHECK(done);
}

TEST_CASE("home: what every generation must hear starts no cell for a tenant that has none", "[lifecycle]") {
  CellSystem s;
  manifest::SystemManifest next = s.system({{"a", ""}});
  next.plugins.front().home = manifest::Home::cell;
  next.plugins.front().cell = manifest::CellSharing::per_tenant;
  const auto applied = s.life->apply(next, false);
  INFO((applied ? "" : applied.error().message));
  REQUIRE(applied);
  const auto has_own = [&] { return s.life->list_json().find("\"of\":\"acme\"") != std::string::npos; };
  CHECK(s.life->call_all("swap/1", "answer", "{}", "acme"));
  CHECK_FALSE(has_own());
  REQUIRE(s.life->call("swap/1", "answer", "{}", "acme"));
  CHECK(has_own());
  CHECK(s.life->call_all("swap/1", "answer", "{}", "acme"));
}
