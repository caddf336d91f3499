// Flushes and compactions are charged to who writes, by what was written.
#include <chrono>
#include <utility>

#include "plugin_rig.hpp"

using namespace std::chrono_literals;
using namespace storage_test;

namespace {

constexpr double first_rate = 7;  // ns a byte, until a flush was measured

struct Charged : Running {
  using Running::Running;
  double so_far(const std::string& tenant = "acme") const {
    return static_cast<double>(host.cpu_charged(tenant).count());
  }
  // What a document of `size` bytes costs its tenant, in nanoseconds.
  double cost_of(const std::string& id, std::size_t size) {
    const double before = so_far();
    put(id, "{\"t\":\"" + std::string(size, 't') + "\"}");
    return so_far() - before;
  }
};

}  // namespace

TEST_CASE("storage-rocksdb: a change is charged to its tenant by the bytes it writes", "[storage]") {
  TempDir directory;
  Charged store(config(directory));
  store.declare();
  CHECK(store.so_far() > 0);
  store.put("first");
  const double small = store.cost_of("a", 10'000);
  const double large = store.cost_of("b", 110'000);
  CHECK(small > 10'000 * first_rate);
  CHECK(large - small == Approx(100'000 * first_rate).epsilon(0.001));
  // An index entry is written with the document.
  store.declare(R"([{"name":"t","fields":[{"field":"/n","type":"integer"}]}])");
  CHECK(store.cost_of("c", 10'000) > small + 300 * first_rate);
  CHECK(store.so_far("bee") == 0);
  REQUIRE(store.ask("declare", R"({"collection":"y"})", "bee").ok());
  CHECK(store.so_far("bee") > 0);
}

TEST_CASE("storage-rocksdb: a deletion, what leaves the outbox and an erasure are charged, too", "[storage]") {
  TempDir directory;
  Charged store(config(directory));
  store.declare();
  double before = store.so_far();
  const auto charged = [&] {
    const double now = store.so_far();
    return now - std::exchange(before, now) > 0;
  };
  REQUIRE(store
              .ask("write", R"({"operations":[{"op":"put","collection":"x","id":"a","doc":{}}],)"
                            R"("outbox":[{"topic":"t","entry":1}]})")
              .ok());
  CHECK(charged());
  const Reply read = store.ask("outbox_read", R"({"topic":"t"})");
  REQUIRE(read.ok());
  CHECK_FALSE(charged());
  const auto entries = socle::json::Document::parse(read.text()).value();
  const std::string through(entries.root().find("items").at(0).find("position").as_string());
  REQUIRE(store.ask("outbox_remove", R"({"topic":"t","through":")" + through + "\"}").ok());
  CHECK(charged());
  REQUIRE(store.ask("write", R"({"operations":[{"op":"delete","collection":"x","id":"a"}]})").ok());
  CHECK(charged());
  REQUIRE(store.ask("erase", "{}").ok());
  CHECK(charged());
}

TEST_CASE("storage-rocksdb: what writes nothing is not charged", "[storage]") {
  TempDir directory;
  Charged store(config(directory));
  store.declare();
  const std::string once =
      R"({"operations":[{"op":"put","collection":"x","id":"a","doc":{}}],"idempotency":{"key":"k"}})";
  REQUIRE(store.ask("write", once).ok());
  const double before = store.so_far();
  CHECK(store.ask("get", R"({"collection":"x","id":"a"})").ok());
  CHECK(store.ask("query", R"({"collection":"x"})").ok());
  CHECK(store.ask("changes", "{}").ok());
  CHECK(store.ask("describe", "{}").ok());
  CHECK(store.ask("usage", "{}").ok());
  CHECK(store.ask("plan", R"({"collection":"x"})").ok());
  CHECK(store.ask("verify", "{}", "").ok());
  CHECK(store.ask("write", once).ok());  // done before
  CHECK_FALSE(
      store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"a","doc":{},"expect":"absent"}]})").ok());
  CHECK(store.so_far() == before);
  CHECK(store.so_far("") == 0);
}

TEST_CASE("storage-rocksdb: once flushes were measured, writes are charged at what they cost", "[storage]") {
  TempDir directory;
  Charged store(config(directory, R"(,"memtable":1048576,"durability":"async")"));
  store.declare();
  const std::string filler(100'000, 'f');
  const auto until = std::chrono::steady_clock::now() + 60s;
  for (int i = 0; store.host.metric("storage_upkeep_cpu_seconds_total") == 0; ++i) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    for (int k = 0; k < 50 && i < 20; ++k) store.put("f" + std::to_string(50 * i + k), "{\"t\":\"" + filler + "\"}");
    store.host.advance(1100ms);
  }
  const double rate = store.host.metric("storage_upkeep_cpu_seconds_per_byte") * 1e9;
  CHECK(rate > 0);
  CHECK(rate <= 100);
  CHECK(rate != first_rate);
  const double small = store.cost_of("a", 10'000);
  const double large = store.cost_of("b", 110'000);
  CHECK(large - small == Approx(100'000 * rate).epsilon(0.001));
}
