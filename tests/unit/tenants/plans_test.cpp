// The system file's plans and tenants: laid under what `socle tenant` said, changed live.
#include <atomic>
#include <thread>

#include "unit/tenants/fixture.hpp"

namespace socle::tenants::test {
namespace {

const std::string demo = std::string(plans) + "tenants: {demo: {plan: free, limits: {burst: 3}}}\n";

TEST_CASE("plans: a tenant of the system file has its plan and limits", "[tenants]") {
  Home home(demo);
  CHECK(home->entry("demo") == Entry::open);
  CHECK(home->limit("demo", "rate") == 10);
  CHECK(home->limit("demo", "burst") == 3);
}

TEST_CASE("plans: a listener's tenant is declared by it", "[tenants]") {
  Home home("listeners: {http: {address: \"127.0.0.1:1\", tenant: solo, principal: ann}}\n");
  CHECK(home->entry("solo") == Entry::open);
}

TEST_CASE("plans: a changed plan holds for all its tenants at once", "[tenants]") {
  Home home;
  REQUIRE(home->create("a", settings("plan=free")));
  REQUIRE(home->create("b", settings("plan=free rate=5")));
  std::vector<std::string> heard;
  home->on_terms = [&heard](const std::string& id, const Terms&) { heard.push_back(id); };
  home->adopt(system_of("plans: {free: {weight: 2, rate: 20}, paid: {weight: 4, rate: 100}}\n"));
  CHECK(home->limit("a", "rate") == 20);
  CHECK(home->limit("b", "rate") == 5);
  CHECK(home->limit("b", "weight") == 2);
  std::sort(heard.begin(), heard.end());
  CHECK(heard == std::vector<std::string>{"a", "b"});
}

TEST_CASE("plans: an unchanged file tells nobody anything", "[tenants]") {
  Home home(demo);
  REQUIRE(home->create("a", settings("plan=free")));
  int heard = 0;
  home->on_terms = [&heard](const std::string&, const Terms&) { ++heard; };
  home->adopt(system_of(demo));
  // demo has limits of its own, whose object is made anew.
  CHECK(heard <= 1);
  CHECK(home->limit("demo", "burst") == 3);
}

TEST_CASE("plans: what `socle tenant` said outlives a change of the file", "[tenants]") {
  Home home(demo);
  REQUIRE(home->set("demo", {"rate=99"}));
  REQUIRE(home->suspend("demo", true));
  home->adopt(system_of(std::string(plans) + "tenants: {demo: {plan: paid}}\n"));
  CHECK(home->limit("demo", "rate") == 99);
  CHECK(home->limit("demo", "weight") == 4);
  CHECK(home->limit("demo", "burst") == std::numeric_limits<double>::infinity());
  CHECK(home->entry("demo") == Entry::suspended);
}

TEST_CASE("plans: the file suspends, and `socle tenant resume` is the later word", "[tenants]") {
  Home home(std::string(plans) + "tenants: {demo: {suspended: true}}\n");
  CHECK(home->entry("demo") == Entry::suspended);
  REQUIRE(home->suspend("demo", false));
  CHECK(home->entry("demo") == Entry::open);
  home.open();
  CHECK(home->entry("demo") == Entry::open);
}

TEST_CASE("plans: a tenant the file drops is gone unless it has settings of its own", "[tenants]") {
  Home home(std::string(plans) + "tenants: {a: , b: }\n");
  REQUIRE(home->set("b", {"rate=7"}));
  home->adopt(system_of(plans));
  CHECK(home->entry("a") == Entry::unknown);
  CHECK(home->entry("b") == Entry::open);
  CHECK(home->count() == 1);
}

TEST_CASE("plans: a tenant of the file cannot be deleted or created", "[tenants]") {
  Home home(demo);
  CHECK(home->begin_delete("demo").error().message ==
        "tenant 'demo' is declared in system.yaml, which would bring it back; take it out there first");
  CHECK(home->create("demo", {}).error().message ==
        "tenant 'demo' is declared in system.yaml; `socle tenant set` changes what it says");
}

TEST_CASE("plans: a file without a plan that tenants have does not fit", "[tenants]") {
  Home home;
  REQUIRE(home->create("b", settings("plan=free")));
  REQUIRE(home->create("a", settings("plan=free")));
  REQUIRE(home->create("c", settings("plan=paid")));
  const auto next = system_of("plans: {other: {rate: 1}}\n");
  CHECK(home->fits(next).error().message ==
        "plan 'free' is missing, and 2 tenants have it (first: 'a'); plan 'paid' is missing, and 1 tenant has it "
        "('c'); keep the plan in the system file, or move them with `socle tenant set ID plan=…`");
  home.system = next;
  CHECK(home.refused().code == Code::conflict);
}

TEST_CASE("plans: workers see old or new terms, never others, while they change", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("plan=free")));
  std::atomic<bool> done{false};
  std::atomic<uint64_t> turns{0}, wrong{0};
  // The worker holds nothing from turn to turn, so two turns later nobody looks at what was retired.
  home->quiesce = [&turns] {
    const uint64_t begun = turns;
    while (turns < begun + 2) std::this_thread::yield();
    return true;
  };
  std::thread worker([&] {
    while (!done) {
      const double rate = home->limit("acme", "rate");
      wrong += rate == 10 || rate == 100 || (rate >= 1000 && rate < 2000) ? 0 : 1;
      wrong += home->usage_json("acme", 0).starts_with(R"({"tenant":"acme","state":"active","plan":")") ? 0 : 1;
      ++turns;
    }
  });
  for (int i = 0; i < 300; ++i) {
    CHECK(home->set("acme", {i % 2 == 0 ? "plan=paid" : "plan=free", "rate=" + std::to_string(1000 + i)}));
    CHECK(home->set("acme", {"rate="}));
    CHECK(home->housekeep());
  }
  done = true;
  worker.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace socle::tenants::test
