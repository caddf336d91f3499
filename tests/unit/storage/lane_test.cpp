// The commit lane: groups, fairness, threads, and what a failing database does to it.
#include <catch2/catch.hpp>

#include <atomic>
#include <deque>
#include <thread>

#include "support/memory_kv.hpp"
#include "support/thread_lane.hpp"

using namespace socle::storage;
using socle::Code;
using socle::Error;

namespace {

// A lane that runs when told, on the test's thread; answers are counted per tenant in the order they come home.
class ManualLane final : public LaneHost {
 public:
  explicit ManualLane(LaneLimits limits = {})
      : state(kv, Settings{}), committer(state), lane(committer, share_, *this, limits) {
    REQUIRE(lane.open());
    add("a", Method::declare, R"({"collection":"x"})");
    add("b", Method::declare, R"({"collection":"x"})");
    lane.run();
    home.clear();
  }
  void add(const std::string& tenant, Method method, const std::string& request, std::size_t bytes = 100) {
    auto& kept = calls_.emplace_back();
    kept.tenant_text = tenant;
    kept.doc = std::move(*socle::json::Document::parse(request));
    kept.call.method = method;
    kept.call.tenant = kept.tenant_text;
    kept.call.request = kept.doc.root();
    kept.call.bytes = bytes;
    if (method == Method::write) {
      Uuid7Source ids;
      auto parsed = parse_write(kept.call.request, {}, {}, ids);
      REQUIRE(parsed);
      kept.call.durable = parsed->durable.value_or(true);
      kept.call.write = std::move(*parsed);
    }
    lane.submit(&kept.call);
  }
  void write(const std::string& tenant, std::size_t bytes = 100) {
    add(tenant, Method::write, R"({"operations":[{"op":"put","collection":"x","doc":{}}]})", bytes);
  }
  void start_lane() override { ++starts; }
  void deliver(std::uint32_t, Call* first) override {
    groups.emplace_back();
    for (; first != nullptr; first = first->next) {
      groups.back().append(first->tenant);
      home.push_back(first);
    }
  }
  void advanced(const std::set<std::string, std::less<>>& tenants) override {
    told.insert(tenants.begin(), tenants.end());
  }
  std::int64_t now_ms() override { return now; }

  MemoryKv kv;
  State state;
  Committer committer;

 private:
  LaneShare share_;
  struct Kept {
    std::string tenant_text;
    socle::json::Document doc;
    Call call;
  };
  std::deque<Kept> calls_;

 public:
  Lane lane;
  int starts = 0;
  std::int64_t now = 1'700'000'000'000;
  std::vector<Call*> home;
  std::vector<std::string> groups;
  std::set<std::string> told;
};

}  // namespace

TEST_CASE("lane: everything that waits becomes one group with one write and one sync", "[storage]") {
  ManualLane all;
  const auto writes = all.kv.writes();
  const auto syncs = all.kv.syncs();
  const int starts = all.starts;
  for (int i = 0; i < 50; ++i) all.write(i % 2 ? "a" : "b");
  CHECK(all.starts == starts + 1);
  all.lane.run();
  CHECK(all.home.size() == 50);
  CHECK(all.kv.writes() == writes + 1);
  CHECK(all.kv.syncs() == syncs + 1);
  CHECK(all.told == std::set<std::string>{"a", "b"});
  CHECK(all.lane.idle());
}

TEST_CASE("lane: a restore that waits beside writes gets a group of its own", "[storage]") {
  ManualLane all;
  all.groups.clear();
  all.write("a");
  all.add("r", Method::restore, R"({"directory":"nowhere"})");
  all.write("b");
  all.write("r");
  all.lane.run();
  CHECK(all.groups == std::vector<std::string>{"a", "r", "br"});
  CHECK(all.lane.idle());
}

TEST_CASE("lane: a tenant with many writes takes no more of a group than its cap", "[storage]") {
  LaneLimits limits;
  limits.tenant_bytes = 300;
  ManualLane all(limits);
  all.groups.clear();
  for (int i = 0; i < 9; ++i) all.write("a");
  all.write("b");
  all.lane.run();
  REQUIRE(all.groups.size() == 3);
  CHECK(all.groups[0] == "aaab");
  CHECK(all.groups[1] == "aaa");
  CHECK(all.groups[2] == "aaa");
}

TEST_CASE("lane: a full group leaves the next turn to those who did not fit", "[storage]") {
  LaneLimits limits;
  limits.tenant_bytes = 200;
  limits.group_bytes = 300;
  ManualLane all(limits);
  all.groups.clear();
  for (int i = 0; i < 3; ++i) all.write("a");
  for (int i = 0; i < 3; ++i) all.write("b");
  all.lane.run();
  REQUIRE(all.groups.size() >= 2);
  CHECK(all.groups[0] == "aab");
  CHECK(all.groups[1].starts_with("a"));
  CHECK(all.home.size() == 6);
}

TEST_CASE("lane: a call larger than every cap goes alone", "[storage]") {
  LaneLimits limits;
  limits.tenant_bytes = 100;
  limits.group_bytes = 100;
  ManualLane all(limits);
  all.write("a", 5000);
  all.lane.run();
  REQUIRE(all.home.size() == 1);
  CHECK_FALSE(all.home[0]->answer.failed);
}

TEST_CASE("lane: a tenant's queue is bounded, its overflow told to retry", "[storage]") {
  LaneLimits limits;
  limits.queue_bytes = 1000;
  ManualLane all(limits);
  for (int i = 0; i < 15; ++i) all.write("a");
  all.write("b");
  all.lane.run();
  int refused = 0;
  for (const Call* call : all.home) refused += call->answer.failed;
  CHECK(all.home.size() == 16);
  CHECK(refused == 5);
  const auto first = std::find_if(all.home.begin(), all.home.end(), [](Call* c) { return c->answer.failed; });
  CHECK((*first)->answer.problem.code == Code::unavailable);
  CHECK((*first)->answer.problem.stable == "write_queue_full");
}

TEST_CASE("lane: a failed batch fails its calls, keeps nothing, and the next one is right", "[storage]") {
  ManualLane all;
  all.add("a", Method::write, R"({"operations":[{"op":"put","collection":"x","id":"1","doc":{}}]})");
  all.add("a", Method::declare, R"({"collection":"y"})");
  all.add("new", Method::declare, R"({"collection":"z"})");
  all.kv.fail_writes(Error{Code::internal, "the disk is on fire"});
  all.lane.run();
  REQUIRE(all.home.size() == 3);
  for (const Call* call : all.home) CHECK(call->answer.problem.message == "the disk is on fire");
  all.kv.fail_writes(std::nullopt);
  all.home.clear();
  all.add("a", Method::write, R"({"operations":[{"op":"put","collection":"x","id":"1","doc":{},"expect":"absent"}]})");
  all.add("a", Method::write, R"({"operations":[{"op":"put","collection":"y","id":"1","doc":{}}]})");
  all.add("new", Method::declare, R"({"collection":"z"})");
  all.lane.run();
  CHECK_FALSE(all.home[0]->answer.failed);
  CHECK(all.home[1]->answer.problem.stable == "unknown_collection");
  CHECK_FALSE(all.home[2]->answer.failed);
  CHECK(verify_store(all.state).text.starts_with("{\"ok\":true,\"documents\":1,"));
}

TEST_CASE("lane: a full disk refuses at once, is tried again soon, and heals by itself", "[storage]") {
  ManualLane all;
  all.kv.fail_writes(Error{Code::storage_full, "no space left"});
  all.write("a");
  all.lane.run();
  CHECK(all.home[0]->answer.problem.code == Code::storage_full);
  CHECK(all.state.full);
  all.kv.fail_writes(std::nullopt);
  all.write("a");
  all.lane.run();
  CHECK(all.home[1]->answer.problem.code == Code::storage_full);  // not tried yet
  all.now += 100;
  all.write("a");
  all.lane.run();
  CHECK_FALSE(all.home[2]->answer.failed);
  CHECK_FALSE(all.state.full);
}

TEST_CASE("lane: after data loss no write is tried", "[storage]") {
  ManualLane all;
  all.kv.fail_writes(Error{Code::data_loss, "Corruption: block checksum mismatch"});
  all.write("a");
  all.lane.run();
  all.kv.fail_writes(std::nullopt);
  const auto writes = all.kv.writes();
  all.now += 100'000;
  all.write("a");
  all.lane.run();
  CHECK(all.home[1]->answer.problem.code == Code::data_loss);
  CHECK(all.home[1]->answer.problem.message.find("restore the latest backup") != std::string::npos);
  CHECK(all.kv.writes() == writes);
}

TEST_CASE("lane: an asynchronous write is synced when the lane is nudged", "[storage]") {
  ManualLane all;
  all.add("a", Method::write, R"({"operations":[{"op":"put","collection":"x","doc":{}}],"durability":"async"})");
  all.lane.run();
  const auto syncs = all.kv.syncs();
  all.lane.nudge();
  all.lane.run();
  CHECK(all.kv.syncs() == syncs + 1);
  all.lane.nudge();
  all.lane.run();
  CHECK(all.kv.syncs() == syncs + 1);
}

TEST_CASE("lane: a sync that failed is tried again, and health says so until one succeeds", "[storage]") {
  constexpr const char* async = R"({"operations":[{"op":"put","collection":"x","doc":{}}],"durability":"async"})";
  ManualLane all;
  const auto nudged = [&] {
    all.lane.nudge();
    all.lane.run();
    return all.kv.syncs();
  };
  all.add("a", Method::write, async);
  all.lane.run();
  all.kv.fail_syncs(Error{Code::internal, "the disk is on fire"});
  const auto syncs = nudged();
  CHECK(all.state.failing);
  all.add("a", Method::write, async);
  all.lane.run();
  CHECK(all.state.failing);  // a write that needs no sync proves nothing about the disk
  CHECK(nudged() == syncs + 1);
  all.kv.fail_syncs(std::nullopt);
  CHECK(nudged() == syncs + 2);
  CHECK_FALSE(all.state.failing);
  CHECK(nudged() == syncs + 2);

  all.add("a", Method::write, async);
  all.lane.run();
  all.kv.fail_syncs(Error{Code::storage_full, "no space left"});
  CHECK(nudged() == syncs + 3);
  CHECK(all.state.full);
  all.kv.fail_syncs(std::nullopt);
  all.now += 100;
  all.write("a");  // moves the lane's clock
  all.lane.run();
  CHECK_FALSE(all.state.full);
}

TEST_CASE("lane: verify finds an entry without document and a document without entry", "[storage]") {
  ManualLane all;
  all.add("a", Method::declare,
          R"({"collection":"i","indexes":[{"name":"k","fields":[{"field":"/k","type":"integer"}]}]})");
  all.add(
      "a", Method::write,
      R"({"operations":[{"op":"put","collection":"i","id":"1","doc":{"k":1}},{"op":"put","collection":"i","id":"2","doc":{"k":2}}]})");
  all.lane.run();
  REQUIRE(verify_store(all.state).text.starts_with("{\"ok\":true"));
  const std::string space = key_of(Space::index);
  const auto cursor = all.kv.cursor(space, after_prefix(space), Reach::any);
  cursor->seek(space);
  const std::string key(cursor->key());
  REQUIRE(all.kv.write({{Change::Kind::remove, key, {}}}, false));
  const Answer lacks = verify_store(all.state);
  CHECK(lacks.text.find("index \\\"k\\\" of \\\"i\\\" lacks document \\\"1\\\"") != std::string::npos);
  REQUIRE(all.kv.write({{Change::Kind::put, key.substr(0, key.size() - 1) + "9", stored({})}}, false));
  CHECK(verify_store(all.state).text.find("has an entry for document \\\"9\\\" that does not belong to it") !=
        std::string::npos);
}

TEST_CASE("lane: many threads write at once and each gets its own answer", "[storage][threads]") {
  MemoryKv kv;
  std::atomic<int> failures{0};
  {
    ThreadLane store(kv);
    for (const char* tenant : {"a", "b", "c"})
      REQUIRE_FALSE(
          store
              .call(
                  tenant, Method::declare,
                  R"({"collection":"x","indexes":[{"name":"n","fields":[{"field":"/n","type":"integer"}],"unique":true}]})")
              .failed);
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&, t] {
        const std::string tenant(1, static_cast<char>('a' + t % 3));
        for (int i = 0; i < 60; ++i) {
          const std::string id = std::to_string(t) + "-" + std::to_string(i);
          const Answer answer = store.call(tenant, Method::write,
                                           R"({"operations":[{"op":"put","collection":"x","id":")" + id +
                                               R"(","doc":{"n":)" + std::to_string(t * 1000 + i) + "}}]}");
          if (answer.failed || answer.text.find("\"id\":\"" + id + "\"") == std::string::npos) ++failures;
          const Answer read = store.call(tenant, Method::get, R"({"collection":"x","id":")" + id + "\"}");
          if (read.failed) ++failures;
          if (i % 20 == 0) store.lane.nudge();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    const Answer verified = verify_store(store.state);
    CHECK(verified.text.starts_with("{\"ok\":true,\"documents\":360,\"index_entries\":360,\"changes\":360"));
  }
  CHECK(failures == 0);
}

TEST_CASE("lane: of writers that race for one version exactly one wins each round", "[storage][threads]") {
  MemoryKv kv;
  ThreadLane store(kv);
  REQUIRE_FALSE(store.call("a", Method::declare, R"({"collection":"x"})").failed);
  REQUIRE_FALSE(
      store.call("a", Method::write, R"({"operations":[{"op":"put","collection":"x","id":"n","doc":{}}]})").failed);
  std::atomic<int> wins{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int version = 1; version <= 40; ++version) {
        const Answer answer = store.call("a", Method::write,
                                         R"({"operations":[{"op":"put","collection":"x","id":"n","doc":{},"expect":)" +
                                             std::to_string(version) + "}]}");
        if (!answer.failed) ++wins;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const Answer last = store.call("a", Method::get, R"({"collection":"x","id":"n"})");
  CHECK(last.text.find("\"version\":" + std::to_string(wins + 1) + ",") != std::string::npos);
  CHECK(wins <= 40);
  CHECK(wins > 0);
}

TEST_CASE("lane: a migration that is refused at a later step changes nothing", "[storage]") {
  ManualLane all;
  all.write("a");
  all.lane.run();
  all.add("a", Method::migrate,
          R"({"collection":"x","steps":[{"op":"drop_collection"},{"op":"drop_index","index":{"name":"i"}}]})");
  all.lane.run();
  CHECK(all.home[1]->answer.problem.stable == "unknown_collection");
  // The collection still holds a document, so a new index has to be built.
  all.add("a", Method::declare,
          R"({"collection":"x","indexes":[{"name":"i","fields":[{"field":"/i","type":"string"}]}]})");
  all.lane.run();
  CHECK(all.home[2]->answer.text.find(R"("state":"building")") != std::string::npos);
}

TEST_CASE("lane: a restore is refused while an earlier call of its group fills the store", "[storage]") {
  MemoryKv kv;
  State state(kv, Settings{});
  Committer committer(state);
  REQUIRE(committer.open(1));
  const auto wanted = socle::json::Document::parse(R"({"collection":"x"})");
  const auto backup = socle::json::Document::parse(R"({"directory":"d"})");
  Call declare, restore;
  declare.method = Method::declare;
  declare.tenant = "a";
  declare.request = wanted->root();
  restore.method = Method::restore;
  restore.request = backup->root();
  Call* const group[] = {&declare, &restore};
  committer.commit(group, 1);
  CHECK_FALSE(declare.answer.failed);
  CHECK(restore.answer.problem.stable == "not_empty");
}
