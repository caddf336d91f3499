// Cells of their own for tenants and plans: who shares one, how many there may be, when they end.
#include <csignal>
#include <map>

#include "fixture.hpp"

using namespace socle;
using namespace socle::cell;
using namespace socle::cell::test;
using Catch::Contains;

namespace {

// A directory of tenants whose plans a test moves.
class Plans final : public bus::TenantDirectory {
 public:
  void put(const std::string& tenant, const std::string& plan) {
    const std::lock_guard lock(mutex_);
    plan_of_[tenant] = &*names_.insert(plan).first;
  }
  Entry entry(std::string_view) const override { return Entry::open; }
  double limit(std::string_view, std::string_view) const override { return 0; }
  std::string_view plan(std::string_view tenant) const override {
    const std::lock_guard lock(mutex_);
    const auto it = plan_of_.find(tenant);
    return it != plan_of_.end() ? std::string_view(*it->second) : std::string_view();
  }
  void meter(std::string_view, std::string_view, double, int64_t) override {}
  void meter_level(std::string_view, std::string_view, double) override {}
  std::string usage_json(std::string_view, int64_t) const override { return {}; }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> names_;
  std::map<std::string, const std::string*, std::less<>> plan_of_;
};

struct OwnCells : ServingCell {
  explicit OwnCells(const std::function<void(CellSpec&)>& more = {})
      : ServingCell("parrot", all_grants(), {}, [&](CellSpec& spec) {
          spec.sharing = Sharing::per_tenant;
          if (more) more(spec);
        }) {}
  // How many payloads the parrot that answers this tenant keeps, and the first one's text: its memory.
  std::string keep(const std::string& tenant, const std::string& text, uint32_t worker = 0) {
    const Got got = ask("keep", text, {.tenant = tenant}, worker);
    INFO(got.message);
    REQUIRE(got.status == SOCLE_OK);
    return got.text;
  }
  CellFacts of(const std::string& owner) {
    for (const CellFacts& c : link->facts()) {
      if (c.owner == owner && c.state != "leaving") return c;
    }
    return {};
  }
  size_t count() { return link->facts().size(); }
};

}  // namespace

TEST_CASE("own cells: tenants do not share a process, and workers share a tenant's", "[cell]") {
  OwnCells f;
  CHECK(f.keep("acme", "a") == "1 a");
  CHECK(f.keep("globex", "g") == "1 g");
  CHECK(f.keep("acme", "b", 1) == "2 a");
  CHECK(f.keep("", "nobody's") == "1 nobody's");
  CHECK(f.count() == 3);
  CHECK(f.of("acme").pid != f.of("globex").pid);
  CHECK(f.of("acme").pid != f.of("").pid);
  CHECK(f.of("acme").state == "serving");
}

TEST_CASE("own cells: one tenant's crash touches neither the other's calls in flight nor its memory", "[cell]") {
  OwnCells f;
  f.keep("globex", "g");
  f.keep("acme", "a");
  const pid_t before = f.of("globex").pid;
  const uint32_t later = *f.bus.target("parrot/1", "later");
  std::vector<std::future<Got>> others;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 50; ++i)
      others.push_back(CellFixture::asked(f.bus, later, "", {.tenant = "globex"}, static_cast<uint32_t>(i % 2)));
    const Got died = f.ask("crash", "", {.tenant = "acme"});
    CHECK(died.code == "cell_died");
  }
  for (auto& other : others) CHECK(other.get().text == "later");
  f.await([&] { return f.of("acme").deaths == 5; });
  CHECK_THAT(f.of("acme").last_death, Contains("for tenant 'acme'"));
  CHECK(f.of("globex").deaths == 0);
  CHECK(f.of("").deaths == 0);
  CHECK(f.of("globex").pid == before);
  CHECK(f.keep("globex", "again") == "2 g");
}

TEST_CASE("own cells: a tenant's endless loop is ended while the others are answered", "[cell]") {
  OwnCells f([](CellSpec& spec) { spec.hang = std::chrono::milliseconds(300); });
  f.keep("globex", "g");
  auto spinning = CellFixture::asked(f.bus, *f.bus.target("parrot/1", "spin"), "", {.tenant = "acme"}, 0);
  f.await([&] { return f.of("acme").in_flight == 1; });
  while (spinning.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready)
    CHECK(f.ask("echo", "x", {.tenant = "globex"}).text == "x");
  CHECK(spinning.get().code == "cell_died");
  CHECK(f.of("globex").deaths == 0);
}

TEST_CASE("own cells: one that is idle ends, and the next call of its tenant starts another", "[cell]") {
  OwnCells f([](CellSpec& spec) { spec.idle = std::chrono::milliseconds(200); });
  f.keep("acme", "a");
  const pid_t first = f.of("acme").pid;
  f.await([&] { return f.count() == 1; });
  CHECK(::kill(first, 0) == -1);
  CHECK(f.keep("acme", "b") == "1 b");
  CHECK(f.of("acme").deaths == 0);
}

TEST_CASE("own cells: one with a call in flight is not idle", "[cell]") {
  ServingCell f("parrot", CellFixture::all_grants(), {{"never", [](auto&, auto&, auto&) { return SOCLE_PENDING; }}},
                [](CellSpec& spec) {
                  spec.sharing = Sharing::per_tenant;
                  spec.idle = std::chrono::milliseconds(100);
                });
  f.ask("echo", "x", {.tenant = "acme"});
  const pid_t pid = f.link->facts().back().pid;
  const Got got = f.ask("cancelled", "never", {.tenant = "acme", .deadline = telemetry::monotonic_now() + 600'000'000});
  CHECK(got.status == SOCLE_DEADLINE);
  CHECK(::kill(pid, 0) == 0);
  f.await([&] { return f.link->facts().size() == 1; });
}

TEST_CASE("own cells: beyond the most there may be, the idlest makes room, and none that works", "[cell]") {
  OwnCells f([](CellSpec& spec) { spec.most_own = 2; });
  f.keep("one", "1");
  f.keep("two", "2");
  const Got refused = f.ask("echo", "x", {.tenant = "three"});
  CHECK(refused.status == SOCLE_UNAVAILABLE);
  CHECK(refused.code == "cells_exhausted");
  CHECK(refused.message ==
        "plugin 'parrot' has 2 cells of its own for tenants, all at work; ask again, or raise `limits.cells` of its "
        "entry");
  CHECK(f.ask("echo", "x", {.tenant = "two"}).text == "x");
  f.await([&] { return f.of("one").idle > std::chrono::milliseconds(1100); });
  f.ask("echo", "x", {.tenant = "two"});
  CHECK(f.ask("echo", "x", {.tenant = "three"}).text == "x");
  f.await([&] { return f.count() == 3; });
  CHECK(f.of("one").state.empty());
  CHECK(f.of("two").state == "serving");
  CHECK(f.of("three").state == "serving");
}

TEST_CASE("own cells: an expelled tenant's cell is gone when expel() returns", "[cell]") {
  OwnCells f;
  f.keep("acme", "a");
  f.keep("globex", "g");
  const pid_t pid = f.of("acme").pid;
  REQUIRE(f.link->expel("acme"));
  CHECK(::kill(pid, 0) == -1);
  CHECK(f.count() == 2);
  REQUIRE(f.link->expel("acme"));
  REQUIRE(f.link->expel("never seen"));
  CHECK(f.keep("globex", "h") == "2 g");
}

TEST_CASE("own cells: tenants of a plan share one, and a tenant moves with its plan", "[cell]") {
  Plans plans;
  plans.put("acme", "gold");
  plans.put("globex", "gold");
  plans.put("initech", "free");
  CellFixture f("parrot", CellFixture::all_grants(), {}, [](CellSpec& spec) { spec.sharing = Sharing::per_plan; });
  f.bus.use_tenants(&plans);
  REQUIRE(f.start().empty());
  const auto keep = [&](const std::string& tenant, const std::string& text) {
    return f.ask("keep", text, {.tenant = tenant}).text;
  };
  CHECK(keep("acme", "a") == "1 a");
  CHECK(keep("globex", "g") == "2 a");
  CHECK(keep("initech", "i") == "1 i");
  CHECK(keep("no plan", "n") == "1 n");
  CHECK(f.link->facts().size() == 3);
  plans.put("acme", "free");
  CHECK(keep("acme", "b") == "2 i");
  REQUIRE(f.link->expel("acme"));  // a plan's cell stays for the others
  CHECK(f.link->facts().size() == 3);
}

TEST_CASE("own cells: calls that nobody waits for any more are taken back from whichever cell has them", "[cell]") {
  std::atomic<int> asked{0};
  ServingCell f("parrot", CellFixture::all_grants(),
                {{"never",
                  [&](auto&, auto&, auto&) {
                    ++asked;
                    return SOCLE_PENDING;
                  }}},
                [](CellSpec& spec) { spec.sharing = Sharing::per_tenant; });
  f.ask("echo", "x", {.tenant = "acme"});
  const Got got = f.ask("cancelled", "never", {.tenant = "acme", .deadline = telemetry::monotonic_now() + 200'000'000});
  CHECK(got.status == SOCLE_DEADLINE);
  CHECK(asked == 1);
  f.await([&] { return f.link->facts().back().in_flight == 0; });
}

TEST_CASE("own cells: all of them end with their generation", "[cell]") {
  std::vector<pid_t> pids;
  {
    OwnCells f;
    for (const char* tenant : {"a", "b", "c", "d"}) f.keep(tenant, "x");
    for (const CellFacts& c : f.link->facts()) pids.push_back(c.pid);
  }
  CHECK(pids.size() == 5);
  for (const pid_t pid : pids) CHECK(::kill(pid, 0) == -1);
}
