#include "tenants/housekeeper.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include "unit/tenants/fixture.hpp"

namespace socle::tenants::test {
namespace {

// What a deletion asks for, with answers the test sets.
struct Plugins {
  std::atomic<bool> ready{true}, erases{true};
  std::atomic<int64_t> in_flight{0};
  std::atomic<int> asked{0};  // how often in_flight was
  std::mutex mutex;
  std::vector<std::string> erased;  // guarded by mutex

  Eraser eraser() {
    Eraser e;
    e.ready = [this]() -> Status { return ready ? Status() : Status(Error{Code::unavailable, "no store"}); };
    e.in_flight = [this](const std::string&) {
      ++asked;
      return in_flight.load();
    };
    e.erase = [this](const std::string& tenant) -> Status {
      if (!erases) return Error{Code::storage_full, "no room to forget"};
      const std::lock_guard lock(mutex);
      erased.push_back(tenant);
      return {};
    };
    return e;
  }
};

using Names = std::vector<std::string>;

TEST_CASE("housekeeper: a deletion erases and forgets, again without harm", "[tenants]") {
  Home home;
  Plugins plugins;
  REQUIRE(home->create("acme", settings("plan=free")));
  Housekeeper keeper(*home.registry, plugins.eraser());
  REQUIRE(keeper.remove("acme"));
  CHECK(home->entry("acme") == Entry::unknown);
  REQUIRE(keeper.remove("acme"));
  CHECK(plugins.erased == Names{"acme", "acme"});
}

TEST_CASE("housekeeper: nothing begins while nobody could erase", "[tenants]") {
  Home home;
  Plugins plugins;
  plugins.ready = false;
  REQUIRE(home->create("acme", {}));
  Housekeeper keeper(*home.registry, plugins.eraser());
  CHECK(keeper.remove("acme").error().message == "no store");
  CHECK(home->entry("acme") == Entry::open);
}

TEST_CASE("housekeeper: data is erased only when the requests under way have ended", "[tenants]") {
  Home home;
  Plugins plugins;
  plugins.in_flight = 2;
  REQUIRE(home->create("acme", {}));
  Housekeeper keeper(*home.registry, plugins.eraser());
  std::thread removal([&] { CHECK(keeper.remove("acme")); });
  while (plugins.asked < 3) std::this_thread::yield();
  CHECK(home->entry("acme") == Entry::deleting);
  {
    const std::lock_guard lock(plugins.mutex);
    CHECK(plugins.erased.empty());
  }
  plugins.in_flight = 0;
  removal.join();
  CHECK(plugins.erased == Names{"acme"});
}

TEST_CASE("housekeeper: an erasure that fails leaves the tenant refused and says so", "[tenants]") {
  Home home;
  Plugins plugins;
  plugins.erases = false;
  REQUIRE(home->create("acme", {}));
  Housekeeper keeper(*home.registry, plugins.eraser());
  const Error error = keeper.remove("acme").error();
  CHECK(error.code == Code::storage_full);
  CHECK(error.message == "tenant 'acme' is refused from now on and its deletion goes on by itself: no room to forget");
  CHECK(home->entry("acme") == Entry::deleting);
}

TEST_CASE("housekeeper: the next start ends what was begun, and tells what it cannot", "[tenants]") {
  Home home;
  Plugins plugins;
  REQUIRE(home->create("a", {}));
  REQUIRE(home->create("b", {}));
  REQUIRE(home->begin_delete("a"));
  home.open();
  plugins.erases = false;
  {
    Housekeeper keeper(*home.registry, plugins.eraser());
    keeper.start();
    while (keeper.stuck().empty()) std::this_thread::yield();
    CHECK(keeper.stuck() == "tenant 'a': no room to forget");
  }
  plugins.erases = true;
  Housekeeper keeper(*home.registry, plugins.eraser());
  keeper.start();
  while (home->entry("a") != Entry::unknown) std::this_thread::yield();
  keeper.stop();
  CHECK(plugins.erased == Names{"a"});
  CHECK(home->entry("b") == Entry::open);
}

TEST_CASE("housekeeper: stopping does not wait for a tenant's requests", "[tenants]") {
  Home home;
  Plugins plugins;
  plugins.in_flight = 1;
  REQUIRE(home->create("acme", {}));
  REQUIRE(home->begin_delete("acme"));
  Housekeeper keeper(*home.registry, plugins.eraser());
  keeper.start();
  while (plugins.asked < 2) std::this_thread::yield();
  keeper.stop();
  CHECK(plugins.erased.empty());
  CHECK(home->entry("acme") == Entry::deleting);
}

}  // namespace
}  // namespace socle::tenants::test
