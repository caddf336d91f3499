#include "support/captured_log.hpp"
#include "unit/tenants/fixture.hpp"

namespace socle::tenants::test {
namespace {

TEST_CASE("registry: a created tenant is there after a restart", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("plan=free rate=50")));
  home.open();
  CHECK(home->entry("acme") == Entry::open);
  CHECK(home->limit("acme", "rate") == 50);
  CHECK(home->limit("acme", "storage.bytes") == 1 << 20);
  CHECK(home->limit("acme", "nowhere") == std::numeric_limits<double>::infinity());
  CHECK(home->count() == 1);
}

TEST_CASE("registry: a tenant that nobody created is unknown", "[tenants]") {
  Home home;
  CHECK(home->entry("acme") == Entry::unknown);
  CHECK(home->limit("acme", "rate") == std::numeric_limits<double>::infinity());
  home->meter("acme", "requests", 1, 0);
  CHECK(home->usage_json("acme", 0).empty());
}

TEST_CASE("registry: refusals name what was found and wanted", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", {}));
  CHECK(home->create("acme", {}).error().message == "tenant 'acme' exists; `socle tenant set` changes it");
  CHECK(home->create("~peer", {}).error().message ==
        "expected a tenant id (lower-case letters, digits and '-' inside, at most 63), found '~peer'");
  CHECK(home->create("beta", settings("plan=fre")).error().message == "unknown plan 'fre'; did you mean 'free'?");
  CHECK(home->create("beta", settings("plan=gold")).error().message ==
        "unknown plan 'gold'; the system file has free, paid");
  CHECK(home->set("beta", {"rate=1"}).error().message == "no tenant 'beta'; `socle tenant list` names those there are");
  CHECK(home->suspend("beta", true).error().code == Code::not_found);
  CHECK(home->show_json("beta").error().code == Code::not_found);
  CHECK(home->count() == 1);
}

TEST_CASE("registry: set changes what it names, at once and for good", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("plan=free rate=50")));
  REQUIRE(home->set("acme", {"plan=paid", "burst=7"}));
  CHECK(home->limit("acme", "weight") == 4);
  CHECK(home->limit("acme", "burst") == 7);
  CHECK(home->limit("acme", "rate") == 50);
  REQUIRE(home->set("acme", {"rate="}));
  CHECK(home->limit("acme", "rate") == 100);
  home.open();
  CHECK(home->limit("acme", "rate") == 100);
  CHECK(home->limit("acme", "burst") == 7);
}

TEST_CASE("registry: of several settings with a wrong one none is taken", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("rate=50")));
  CHECK(home->set("acme", {"rate=60", "plan=gold"}).error().code == Code::not_found);
  CHECK(home->limit("acme", "rate") == 50);
}

TEST_CASE("registry: a suspended tenant stays so until it is resumed", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", {}));
  REQUIRE(home->suspend("acme", true));
  REQUIRE(home->suspend("acme", true));
  home.open();
  CHECK(home->entry("acme") == Entry::suspended);
  REQUIRE(home->suspend("acme", false));
  CHECK(home->entry("acme") == Entry::open);
  home.open();
  CHECK(home->entry("acme") == Entry::open);
}

TEST_CASE("registry: a deletion that was begun is known after a restart, until it is forgotten", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("plan=free")));
  REQUIRE(home->begin_delete("acme"));
  home.open();
  CHECK(home->entry("acme") == Entry::deleting);
  CHECK(home->deleting() == std::vector<std::string>{"acme"});
  CHECK(home->create("acme", {}).error().message ==
        "tenant 'acme' is being deleted; create it again when `socle tenant delete acme` has ended");
  CHECK(home->set("acme", {"rate=1"}).error().message ==
        "tenant 'acme' is being deleted; `socle tenant delete acme` goes on with it");
  REQUIRE(home->begin_delete("acme"));
  REQUIRE(home->forget("acme"));
  REQUIRE(home->forget("acme"));
  CHECK(home->entry("acme") == Entry::unknown);
  home.open();
  CHECK(home->entry("acme") == Entry::unknown);
  CHECK(home->count() == 0);
}

TEST_CASE("registry: forgetting a tenant that is not being deleted does nothing", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", {}));
  REQUIRE(home->forget("acme"));
  CHECK(home->entry("acme") == Entry::open);
}

TEST_CASE("registry: a batch is created whole, and again without harm", "[tenants]") {
  Home home;
  const std::string text = "a plan=paid\nb rate=5\nc\n";
  auto first = home->create_all(text, "new.txt", "free");
  REQUIRE(first);
  CHECK(first->created == 3);
  CHECK(home->limit("b", "rate") == 5);
  CHECK(home->limit("b", "storage.bytes") == 1 << 20);
  auto second = home->create_all(text + "d\n", "new.txt", "free");
  REQUIRE(second);
  CHECK(second->created == 1);
  CHECK(second->unchanged == 3);
  home.open();
  CHECK(home->count() == 4);
}

TEST_CASE("registry: a batch with a problem creates nobody", "[tenants]") {
  Home home;
  REQUIRE(home->create("b", {}));
  const auto refused = home->create_all("a\nb rate=5\nc plan=gold\n", "new.txt", std::nullopt);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "new.txt line 2: tenant 'b' exists with other settings; `socle tenant set` changes them\n"
        "new.txt line 3: unknown plan 'gold'; the system file has free, paid\nno tenant was created");
  CHECK(home->count() == 1);
}

TEST_CASE("registry: a batch cut off in the journal is not half there", "[tenants]") {
  Home home;
  REQUIRE(home->create("first", {}));
  const std::string before = home.read("journal");
  REQUIRE(home->create_all("a\nb\nc\n", "new.txt", std::nullopt));
  const std::string after = home.read("journal");
  for (size_t size = before.size(); size < after.size(); ++size) {
    home.registry.reset();
    home.write("journal", after.substr(0, size));
    home.open();
    REQUIRE(home->count() == 1);
  }
}

TEST_CASE("registry: a line of the journal that nobody understands stops the start", "[tenants]") {
  Home home;
  home.registry.reset();
  home.write("journal", frame_of("").value() + frame_of("? acme\n").value());
  const Error error = home.refused();
  CHECK(error.code == Code::data_loss);
  CHECK(error.message == "tenants: " + home.file("journal").string() +
                             " at byte 26: expected '+ TENANT …' or '- TENANT', found '? acme'");
}

TEST_CASE("registry: limits that an earlier version took and this one refuses do not stop the start", "[tenants]") {
  Home home;
  home.registry.reset();
  home.write("journal", frame_of("").value() + frame_of("+ beta memory=0\n+ acme in_flight=0 rate=50\n").value());
  telemetry::Log::get().configure(telemetry::Level::warn, telemetry::Log::Format::json);
  socle::testing::CapturedLog log;
  home.open();
  CHECK(home->limit("acme", "in_flight") == 1);
  CHECK(home->limit("acme", "rate") == 50);
  CHECK(home->limit("beta", "memory") == 1 << 20);
  CHECK(log.tells("limits of tenants are out of the range that can be set; the nearest within it hold"));
  CHECK(log.tells(R"("tenants":"2","tenant":"acme","limits":"in_flight=0 is 1")"));
}

TEST_CASE("registry: the journal is compacted and keeps what it says", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("plan=free")));
  for (int i = 0; i < 600; ++i) {
    std::vector<std::string> words;
    for (int k = 0; k < 60; ++k)
      words.push_back("some.rather.long.name.of.a.limit" + std::to_string(k) + "=" + std::to_string(i));
    REQUIRE(home->set("acme", words));
  }
  CHECK(home.read("journal").size() < (2 << 20));
  home.open();
  CHECK(home->limit("acme", "some.rather.long.name.of.a.limit7") == 599);
}

TEST_CASE("registry: levels of stocks outlive a restart, flows do not", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", settings("plan=free")));
  home->meter_level("acme", "storage.bytes", 4096);
  home->meter("acme", "requests", 3, 0);
  REQUIRE(home->housekeep());
  home.open();
  CHECK(home->usage_json("acme", 0) ==
        R"({"tenant":"acme","state":"active","plan":"free","limits":{"rate":10,"storage.bytes":1048576,"weight":1},)"
        R"("usage":{"storage.bytes":{"kind":"stock","level":4096,"limit":1048576}}})");
}

TEST_CASE("registry: damaged levels start afresh", "[tenants]") {
  Home home;
  REQUIRE(home->create("acme", {}));
  home->meter_level("acme", "storage.bytes", 4096);
  REQUIRE(home->housekeep());
  home.registry.reset();
  home.write("levels", home.read("levels") + "x");
  std::string bytes = home.read("levels");
  bytes[30] ^= 1;
  home.write("levels", bytes);
  telemetry::Log::get().configure(telemetry::Level::error, telemetry::Log::Format::json);
  home.open();
  CHECK(home->usage_json("acme", 0) == R"({"tenant":"acme","state":"active","plan":"","limits":{},"usage":{}})");
}

TEST_CASE("registry: one tenant's meters are not another's", "[tenants]") {
  Home home;
  REQUIRE(home->create("a", {}));
  REQUIRE(home->create("b", {}));
  home->meter("a", "requests", 3, 0);
  CHECK(
      home->usage_json("a", 0) ==
      R"({"tenant":"a","state":"active","plan":"","limits":{},"usage":{"requests":{"kind":"flow","last_minute":3,"total":3}}})");
  CHECK(home->usage_json("b", 0) == R"({"tenant":"b","state":"active","plan":"","limits":{},"usage":{}})");
}

TEST_CASE("registry: list and show tell what holds and why", "[tenants]") {
  Home home(std::string(plans) + "tenants: {demo: {plan: free}}\n");
  REQUIRE(home->create("acme", settings("plan=paid rate=50")));
  REQUIRE(home->suspend("acme", true));
  CHECK(home->list_json() ==
        R"({"tenants":[{"tenant":"acme","plan":"paid","state":"suspended","declared":false,"own_limits":1},)"
        R"({"tenant":"demo","plan":"free","state":"active","declared":true,"own_limits":0}],"count":2})");
  CHECK(home->show_json("acme").value() ==
        R"({"tenant":"acme","state":"suspended","plan":"paid","declared":false,"limits":{"rate":50,"weight":4},)"
        R"("own":{"plan":"paid","rate":50},"usage":{}})");
}

}  // namespace
}  // namespace socle::tenants::test
