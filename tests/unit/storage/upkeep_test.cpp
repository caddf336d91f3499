// What a byte written costs in flushes and compactions, with numbers fed by hand, and what of a batch counts as whose.
#include "store/upkeep.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <utility>
#include <vector>

#include "ids.hpp"
#include "socle/json/document.hpp"
#include "store/committer.hpp"
#include "store/read.hpp"
#include "support/memory_kv.hpp"

using namespace socle::storage;
using namespace std::chrono_literals;

namespace {

// Totals as a store would tell them, grown step by step.
struct Load {
  explicit Load(Upkeep& upkeep) : at(upkeep) {}
  void step(std::chrono::nanoseconds more_cpu, std::uint64_t more_weight) {
    cpu += more_cpu;
    weight += more_weight;
    at.observe(cpu, weight);
  }
  Upkeep& at;
  std::chrono::nanoseconds cpu{};
  std::uint64_t weight = 0;
};

}  // namespace

TEST_CASE("upkeep: a batch weighs its keys and values, and 300 bytes an entry", "[storage]") {
  const std::vector<Change> changes{
      {Change::Kind::put, "key", "value"}, {Change::Kind::remove, "other", {}}, {Change::Kind::remove_range, "a", "z"}};
  CHECK(weight_of(changes) == 8 + 5 + 2 + 3 * 300);
  CHECK(weight_of(std::span(changes).subspan(1)) == 5 + 2 + 2 * 300);
  CHECK(weight_of({}) == 0);
}

TEST_CASE("upkeep: before anything was measured a byte costs the first rate", "[storage]") {
  const Upkeep upkeep;
  CHECK(upkeep.rate() == Upkeep::first_rate);
  CHECK(upkeep.cost(1'000'000) == 7ms);
  CHECK(upkeep.cost(0) == 0ns);
}

TEST_CASE("upkeep: what is written waits for the CPU time that it takes, and then the first rate fades", "[storage]") {
  Upkeep upkeep(1000);
  CHECK(upkeep.observe(0ns, 400) == 0ns);
  CHECK(upkeep.observe(0ns, 900) == 0ns);
  CHECK(upkeep.rate() == 7);
  CHECK(upkeep.observe(5500ns, 1000) == 5500ns);
  CHECK(upkeep.rate() == Approx((3500 + 5500) / 1500.0));  // half of the thousand at the first rate is left
  CHECK(upkeep.cost(100) == 600ns);
}

TEST_CASE("upkeep: the rate follows the load, half of the way in a half-life", "[storage]") {
  Upkeep upkeep(1000);
  Load load(upkeep);
  for (int i = 0; i < 50; ++i) load.step(10'000ns, 1000);
  CHECK(upkeep.rate() == Approx(10));
  load.step(20'000ns, 1000);
  CHECK(upkeep.rate() == Approx(15));
  for (int i = 0; i < 50; ++i) load.step(20'000ns, 1000);
  CHECK(upkeep.rate() == Approx(20));
  // A half-life is one of bytes: in how many looks they are told changes little.
  Upkeep often(1000);
  Load small(often);
  for (int i = 0; i < 500; ++i) small.step(1000ns, 100);
  for (int i = 0; i < 10; ++i) small.step(2000ns, 100);
  CHECK(often.rate() == Approx(15).epsilon(0.01));
}

TEST_CASE("upkeep: in the long run what is charged is what was spent, also when it comes late", "[storage]") {
  Upkeep upkeep(1000);
  Load load(upkeep);
  std::chrono::nanoseconds charged{};
  for (int i = 0; i < 4000; ++i) {
    charged += upkeep.cost(100);
    load.step(i % 40 == 39 ? 80'000ns : 0ns, 100);  // 20 ns a byte, of 4,000 bytes at once
  }
  CHECK(charged.count() == Approx(load.cpu.count()).epsilon(0.05));
}

TEST_CASE("upkeep: the rate is bounded, and what is above the bound is forgotten", "[storage]") {
  Upkeep upkeep(1000);
  Load load(upkeep);
  load.step(10s, 0);  // compactions of an earlier load
  CHECK(upkeep.rate() == Upkeep::most_rate);
  load.step(10'000ns, 1000);
  CHECK(upkeep.rate() == Approx((50'000 + 10'000) / 1500.0));
}

TEST_CASE("upkeep: what was spent and written before it began is nobody's", "[storage]") {
  Upkeep upkeep(1000);
  upkeep.begin(3600s, 1'000'000'000);
  CHECK(upkeep.observe(3600s, 1'000'000'500) == 0ns);
  CHECK(upkeep.observe(3600s + 5500ns, 1'000'001'000) == 5500ns);
  CHECK(upkeep.rate() == Approx(6));
}

namespace {

// A committer alone; each call is a group.
class Store {
 public:
  Store() { REQUIRE(committer.open(now)); }
  // The weight that its tenant is to be charged with.
  std::uint64_t weight(Method method, const std::string& request, bool ok = true) {
    auto doc = socle::json::Document::parse(request);
    REQUIRE(doc);
    Call call;
    call.method = method;
    call.tenant = "acme";
    call.request = doc->root();
    if (method == Method::write) {
      auto parsed = parse_write(call.request, {}, {}, ids);
      REQUIRE(parsed);
      call.write = std::move(*parsed);
    }
    Call* calls[] = {&call};
    committer.commit(calls, now);
    INFO(call.answer.problem.message);
    REQUIRE(call.answer.failed != ok);
    return ok ? call.weight : 0;
  }
  std::uint64_t put(const std::string& id, std::size_t size, const std::string& more = "", bool ok = true) {
    return weight(Method::write,
                  R"({"operations":[{"op":"put","collection":"x","id":")" + id + R"(","doc":{"t":")" +
                      std::string(size, 't') + "\"}" + more + "}]}",
                  ok);
  }
  [[nodiscard]] std::uint64_t written() const { return state.written.load(); }

  MemoryKv kv;
  State state{kv, Settings{}};
  Committer committer{state};
  Uuid7Source ids;
  std::int64_t now = 1'700'000'000'000;
};

}  // namespace

TEST_CASE("upkeep: a change weighs what it puts into the batch, and all of them what was written", "[storage]") {
  Store store;
  const std::uint64_t declared = store.weight(Method::declare, R"({"collection":"x"})");
  CHECK(declared > 300);
  CHECK(store.written() == declared);
  store.put("first", 10);  // and the marks of its time slot
  const std::uint64_t before = store.written();
  const std::uint64_t small = store.put("a", 1000);
  const std::uint64_t large = store.put("b", 100'000);
  CHECK(small > 1600);  // the document and its entry in the feed
  CHECK(large - small >= 99'000);
  CHECK(large - small < 99'010);
  CHECK(store.written() == before + small + large);
}

TEST_CASE("upkeep: changes that share a commit weigh their own parts, one that is refused among them nothing",
          "[storage]") {
  Store store;
  store.weight(Method::declare, R"({"collection":"x"})");
  store.put("first", 10);
  const std::uint64_t before = store.written();
  const auto request = [](const std::string& id, std::size_t size) {
    return socle::json::Document::parse(R"({"operations":[{"op":"put","collection":"x","expect":"absent","id":")" + id +
                                        R"(","doc":{"t":")" + std::string(size, 't') + "\"}}]}")
        .value();
  };
  const socle::json::Document documents[] = {request("a", 1000), request("a", 5000), request("c", 21'000)};
  std::vector<Call> calls(3);
  Call* group[] = {&calls[0], &calls[1], &calls[2]};
  for (std::size_t i = 0; i < 3; ++i) {
    calls[i].method = Method::write;
    calls[i].tenant = "acme";
    calls[i].request = documents[i].root();
    calls[i].write = std::move(*parse_write(calls[i].request, {}, {}, store.ids));
  }
  store.committer.commit(group, store.now);
  CHECK(calls[1].answer.failed);
  CHECK(calls[1].weight == 0);
  CHECK(calls[2].weight - calls[0].weight >= 20'000);
  CHECK(calls[2].weight - calls[0].weight < 20'010);
  CHECK(store.written() == before + calls[0].weight + calls[2].weight);
}

TEST_CASE("upkeep: what changes nothing, was done before or is refused weighs nothing", "[storage]") {
  Store store;
  store.weight(Method::declare, R"({"collection":"x"})");
  const std::string once =
      R"({"operations":[{"op":"put","collection":"x","id":"a","doc":{}}],"idempotency":{"key":"k"}})";
  CHECK(store.weight(Method::write, once) > 0);
  const std::uint64_t before = store.written();
  CHECK(store.weight(Method::write, once) == 0);
  CHECK(store.weight(Method::write,
                     R"({"operations":[{"op":"check","collection":"x","id":"a","expect":"present"}]})") == 0);
  CHECK(store.weight(Method::declare, R"({"collection":"x"})") == 0);
  store.put("a", 1000, R"(,"expect":"absent")", false);
  store.kv.fail_writes(socle::Error{socle::Code::internal, "no disk"});
  store.put("b", 1000, "", false);
  CHECK(store.written() == before);
}

TEST_CASE("upkeep: an index that is built later weighs among what was written, so that others do not pay for it",
          "[storage]") {
  Store store;
  store.weight(Method::declare, R"({"collection":"x"})");
  for (int i = 0; i < 20; ++i) store.put("d" + std::to_string(i), 10);
  store.weight(Method::declare,
               R"({"collection":"x","indexes":[{"name":"t","fields":[{"field":"/t","type":"string"}]}]})");
  const std::uint64_t before = store.written();
  while (store.committer.background(store.now)) {}
  CHECK(store.written() - before > 20 * std::uint64_t{300});
}
