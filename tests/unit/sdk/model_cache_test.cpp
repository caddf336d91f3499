// model_cache_test.cpp: who pays for what was made of a model, how much of it is kept, and who makes room for whom.
#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <socle/model_cache.hpp>
#include <socle/testing.hpp>
#include <thread>

using namespace socle;
using namespace socle::testing;

namespace {

struct Model {
  explicit Model(std::string text) : name(std::move(text)) {}
  std::string name;
};
struct Other {};
using ModelPtr = std::shared_ptr<const Model>;

constexpr std::size_t big = std::size_t{1} << 30;
// Of an entry whose key has one character: 1,000 in all.
constexpr std::size_t thousand = 1000 - ModelCache::entry_bytes - 2;

// Two tenants with calls under way.
struct Office {
  FakeHost fake;
  Host host{fake.table(), Payload()};
  OwnedContext acme = *host.act_as("acme", "a test", std::chrono::seconds(1));
  OwnedContext globex = *host.act_as("globex", "a test", std::chrono::seconds(1));
  ModelCache cache;

  explicit Office(std::size_t budget = big) : cache(host, budget) {}
  Result<ModelPtr> keep(const OwnedContext& who, const std::string& key, std::size_t bytes = thousand) {
    return cache.keep(who, key, bytes, std::make_shared<const Model>(key));
  }
  // Which of these keys are there. A use of each, in this order.
  std::string there(const std::string& keys) {
    std::string out;
    for (const char key : keys)
      if (cache.find<Model>(std::string(1, key))) out += key;
    return out;
  }
};

}  // namespace

TEST_CASE("model cache: who had it made pays, and nobody else who uses it", "[sdk]") {
  Office office;
  const auto made = office.keep(office.acme, "a");
  REQUIRE(made);
  CHECK((*made)->name == "a");
  CHECK(office.fake.held("acme") == 1000);
  CHECK(office.cache.bytes("acme") == 1000);
  CHECK(office.cache.find<Model>("a") == *made);
  const auto again = office.keep(office.globex, "a");
  REQUIRE(again);
  CHECK(*again == *made);
  CHECK(office.fake.held("acme") == 1000);
  CHECK(office.fake.held("globex") == 0);
  CHECK(office.cache.size() == 1);
  CHECK(office.cache.bytes() == 1000);
}

TEST_CASE("model cache: a charge ends with the thing, not with its place in the cache", "[sdk]") {
  Office office(2500);
  auto a = *office.keep(office.acme, "a");
  REQUIRE(office.keep(office.acme, "b"));
  REQUIRE(office.keep(office.acme, "c"));
  CHECK(office.there("abc") == "bc");
  CHECK(office.cache.bytes("acme") == 2000);
  CHECK(office.fake.held("acme") == 3000);
  a.reset();
  CHECK(office.fake.held("acme") == 2000);
}

TEST_CASE("model cache: over its budget who keeps most gives up what it used longest ago", "[sdk]") {
  Office office(3000);
  for (const char* key : {"a", "b", "c"}) REQUIRE(office.keep(office.acme, key));
  REQUIRE(office.cache.find<Model>("a") != nullptr);
  REQUIRE(office.keep(office.globex, "d"));
  CHECK(office.there("abcd") == "acd");
  CHECK(office.fake.held("acme") == 2000);
  CHECK(office.fake.held("globex") == 1000);
  const auto large = office.keep(office.globex, "e", 3001);
  REQUIRE(large);
  CHECK((*large)->name == "e");
  CHECK(office.there("acde") == "acd");
}

TEST_CASE("model cache: a tenant with a large plan fills what is free, and takes no place from those with less",
          "[sdk]") {
  Office office(5000);
  office.fake.set_memory("globex", big);
  REQUIRE(office.keep(office.acme, "a"));
  REQUIRE(office.keep(office.acme, "b"));
  for (const char* key : {"t", "u", "v", "w", "x", "y", "z"}) REQUIRE(office.keep(office.globex, key));
  CHECK(office.there("abtuvwxyz") == "abxyz");
  REQUIRE(office.keep(office.globex, "l", thousand + 2000));
  CHECK(office.there("ablxyz") == "abl");
  REQUIRE(office.keep(office.acme, "c", thousand - 500));  // `l` is more than those three
  CHECK(office.there("abcl") == "abc");
}

TEST_CASE("model cache: what is kept last stays, were it the largest", "[sdk]") {
  Office office(3000);
  REQUIRE(office.keep(office.acme, "a"));
  REQUIRE(office.keep(office.globex, "l", thousand + 1500));
  CHECK(office.there("al") == "l");
}

TEST_CASE("model cache: an entry is removed by its key, and no other", "[sdk]") {
  Office office;
  for (const char* key : {"a", "b"}) REQUIRE(office.keep(office.acme, key));
  office.cache.remove("a");
  office.cache.remove("nothing");
  CHECK(office.there("ab") == "b");
  CHECK(office.fake.held("acme") == 1000);
}

TEST_CASE("model cache: a tenant keeps an eighth of its memory at most, and makes room by its own", "[sdk]") {
  Office office;
  office.fake.set_memory("acme", 24'000);
  REQUIRE(office.keep(office.globex, "x"));
  for (const char* key : {"a", "b", "c"}) REQUIRE(office.keep(office.acme, key));
  REQUIRE(office.cache.find<Model>("a") != nullptr);
  REQUIRE(office.keep(office.acme, "d"));
  CHECK(office.there("abcdx") == "acdx");
  CHECK(office.fake.held("acme") == 3000);
  REQUIRE(office.keep(office.acme, "e", thousand + 1500));
  CHECK(office.there("abcdex") == "ex");
  CHECK(office.fake.held("acme") == 2500);
  office.fake.set_memory("acme", 32'000);
  REQUIRE(office.keep(office.acme, "f"));
  CHECK(office.there("efx") == "efx");
}

TEST_CASE("model cache: what alone is over the eighth serves its call, charged, and is not kept", "[sdk]") {
  Office office;
  office.fake.set_memory("acme", 24'000);
  REQUIRE(office.keep(office.acme, "a"));
  {
    const auto large = office.keep(office.acme, "l", thousand + 2001);
    REQUIRE(large);
    CHECK((*large)->name == "l");
    CHECK(office.fake.held("acme") == 4001);
  }
  CHECK(office.fake.held("acme") == 1000);
  CHECK(office.there("al") == "a");
}

TEST_CASE("model cache: a tenant whose memory is full gives up its own, oldest first, and nobody else's", "[sdk]") {
  Office office;
  office.fake.set_memory("acme", 24'000);
  for (const char* key : {"a", "b", "c"}) REQUIRE(office.keep(office.acme, key));
  REQUIRE(office.keep(office.globex, "x"));
  auto busy = office.host.hold(office.acme, 20'500);  // requests under way
  REQUIRE(busy);
  REQUIRE(office.keep(office.acme, "d"));
  CHECK(office.there("abcdx") == "bcdx");
  CHECK(office.fake.held("acme") == 23'500);
  // What serves one call makes room in the same way.
  const auto one = office.cache.charge(office.acme, 1600, std::make_shared<const Model>("one"));
  REQUIRE(one);
  CHECK(office.there("bcdx") == "dx");
}

TEST_CASE("model cache: what does not fit is refused in plain words, and what can never fit costs nobody a place",
          "[sdk]") {
  Office office;
  office.fake.set_memory("acme", 16'000);
  REQUIRE(office.keep(office.acme, "a"));
  const auto never = office.keep(office.acme, "n", thousand + 16'000);
  REQUIRE_FALSE(never);
  CHECK(never.error().code == Code::too_large);
  CHECK(never.error().message ==
        "17000 bytes are to be kept, and the tenant has 16000 in all: make smaller what is to be kept, or raise "
        "`memory` of its plan");
  CHECK(office.there("a") == "a");
  auto busy = office.host.hold(office.acme, 14'500);
  REQUIRE(busy);
  const auto later = office.keep(office.acme, "b", thousand + 1000);
  REQUIRE_FALSE(later);
  CHECK(later.error().code == Code::exhausted);
  CHECK(later.error().message ==
        "the memory budget is used up: 2000 bytes are to be kept beside what is in use, of 16000 in all; raise "
        "`memory` of the tenant's plan");
  CHECK(office.there("ab").empty());
  CHECK(office.fake.held("acme") == 14'500);
  *busy = Held();
  CHECK(office.keep(office.acme, "b", thousand + 1000));
}

TEST_CASE("model cache: what is in use cannot make room, and is not lost to who uses it", "[sdk]") {
  Office office;
  office.fake.set_memory("acme", 8'000);
  const auto used = office.keep(office.acme, "a");
  REQUIRE(used);
  auto busy = office.host.hold(office.acme, 7'000);
  REQUIRE(busy);
  CHECK_FALSE(office.keep(office.acme, "b"));
  CHECK((*used)->name == "a");
  CHECK(office.fake.held("acme") == 8'000);
}

TEST_CASE("model cache: a tenant that is deleted keeps nothing, the others theirs", "[sdk]") {
  Office office;
  for (const char* key : {"a", "b"}) REQUIRE(office.keep(office.acme, key));
  REQUIRE(office.keep(office.globex, "x"));
  const auto used = office.cache.find<Model>("b");
  office.cache.forget("acme");
  office.cache.forget("nobody");
  CHECK(office.there("abx") == "x");
  CHECK(office.cache.bytes("acme") == 0);
  CHECK(office.cache.bytes() == 1000);
  CHECK(office.fake.held("acme") == 1000);  // until the call that uses it ends
  CHECK(used->name == "b");
}

TEST_CASE("model cache: a key of one kind of thing is not found as another", "[sdk]") {
  Office office;
  REQUIRE(office.keep(office.acme, "a"));
  CHECK(office.cache.find<Other>("a") == nullptr);
  const auto other = office.cache.keep(office.acme, "a", 10, std::make_shared<const Other>());
  CHECK(other);
  CHECK(office.cache.find<Model>("a") != nullptr);
}

TEST_CASE("model cache: nothing is charged any more when the cache has gone", "[sdk]") {
  FakeHost fake;
  const Host host(fake.table(), Payload());
  const auto acme = host.act_as("acme", "a test", std::chrono::seconds(1));
  REQUIRE(acme);
  {
    ModelCache cache(host, big);
    REQUIRE(cache.keep(*acme, "a", 10, std::make_shared<const Model>("a")));
    CHECK(fake.held("acme") > 0);
  }
  CHECK(fake.held("acme") == 0);
}

namespace {

// A host of real threads: what is held, and what is refused now and then.
struct Threads {
  static inline std::atomic<std::int64_t> held{0};
  static inline std::atomic<std::uint32_t> asked{0};
  socle_host table{};
  socle_context context{};

  Threads() {
    table.struct_size = sizeof table;
    table.worker_count = [](const socle_host*) { return std::uint32_t{4}; };
    table.limit = [](const socle_host*, const socle_context*, socle_str) { return 80'000.0; };
    table.memory_hold = [](const socle_host*, const socle_context*, std::size_t size) -> void* {
      if (++asked % 16 == 0) return nullptr;
      held += static_cast<std::int64_t>(size);
      return &held;
    };
    table.memory_release = [](const socle_host*, void*, std::size_t size) { held -= static_cast<std::int64_t>(size); };
    context.tenant = detail::str("acme");
    detail::host_table = &table;
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { detail::host_table = nullptr; }
};

}  // namespace

TEST_CASE("model cache: workers keep, find and forget at once, and in the end all is given back", "[sdk]") {
  Threads threads;
  {
    const Host host(&threads.table, Payload());
    ModelCache cache(host, 20'000);
    std::atomic<bool> wrong{false};
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w) {
      workers.emplace_back([&, w] {
        for (int i = 0; i < 2000; ++i) {
          const std::string key = std::to_string((i * 7 + w) % 40);
          auto found = cache.find<Model>(key);
          if (!found) {
            auto kept = cache.keep(Context(&threads.context), key, 200, std::make_shared<const Model>(key));
            if (!kept) continue;
            found = *kept;
          }
          if (found->name != key) wrong = true;
          if (i % 500 == 499) cache.forget("acme");
        }
      });
    }
    for (auto& worker : workers) worker.join();
    CHECK_FALSE(wrong);
    CHECK(cache.bytes() <= 10'000);
    CHECK(Threads::held == static_cast<std::int64_t>(cache.bytes()));
  }
  CHECK(Threads::held == 0);
}
