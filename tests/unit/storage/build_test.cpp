// Work in slices between groups: index builds met by writes and restarts, the end of feed entries and idempotency
// records, an interrupted restore. The committer alone on memory, so that every interleaving is chosen here.
#include <random>

#include "committer_bench.hpp"
#include "store/outbox.hpp"
#include "store/query.hpp"

using namespace socle::storage;
using socle::Code;

namespace {

constexpr const char* unique_n =
    R"({"collection":"x","indexes":[{"name":"n","unique":true,"fields":[{"field":"/n","type":"integer"}]}]})";

}  // namespace

TEST_CASE("storage: an index built between writes and restarts agrees with the documents", "[storage]") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Bench bench;
    REQUIRE_FALSE(bench.call(Method::declare, R"({"collection":"x"})").failed);
    for (int i = 0; i < 30; ++i)
      REQUIRE_FALSE(bench.put("d" + std::to_string(i), "{\"n\":" + std::to_string(i) + "}").failed);
    REQUIRE(bench.call(Method::declare, unique_n).text.find("building") != std::string::npos);
    CHECK(bench.state_of_index() == "building");
    for (int step = 0; step < 12; ++step) {
      bench.committer->background(bench.now);
      const std::string id = "d" + std::to_string(random() % 40);
      switch (random() % 4) {
        case 0:
          bench.call(Method::write, R"({"operations":[{"op":"delete","collection":"x","id":")" + id + "\"}]}");
          break;
        case 1: bench.reopen(); break;
        default: bench.put(id, "{\"n\":" + std::to_string(100 + random() % 1000) + "}");  // may clash: then refused
      }
    }
    bench.finish_background();
    CHECK(bench.state_of_index() == "ready");
    const Answer verified = verify_store(*bench.state);
    INFO(verified.text);
    CHECK(verified.text.starts_with("{\"ok\":true"));
  }
}

TEST_CASE("storage: a query does not use an index while it is built", "[storage]") {
  Bench bench;
  REQUIRE_FALSE(bench.call(Method::declare, R"({"collection":"x"})").failed);
  for (int i = 0; i < 10; ++i) REQUIRE_FALSE(bench.put(std::to_string(i), "{\"n\":" + std::to_string(i) + "}").failed);
  REQUIRE_FALSE(bench.call(Method::declare, unique_n).failed);
  const char* query = R"({"collection":"x","explain":true,"filter":{"op":"eq","field":"/n","value":9}})";
  const Answer before = bench.call(Method::query, query);
  CHECK(before.text.find("\"id\":\"9\"") != std::string::npos);
  CHECK(before.text.find("documents in id order") != std::string::npos);
  bench.finish_background();
  CHECK(bench.call(Method::query, query).text.find("\"index\":\"n\"") != std::string::npos);
}

TEST_CASE("storage: a duplicate written while a unique index is built is refused", "[storage]") {
  Bench bench;
  REQUIRE_FALSE(bench.call(Method::declare, R"({"collection":"x"})").failed);
  for (int i = 0; i < 10; ++i) REQUIRE_FALSE(bench.put(std::to_string(i), "{\"n\":" + std::to_string(i) + "}").failed);
  REQUIRE_FALSE(bench.call(Method::declare, unique_n).failed);
  CHECK(bench.committer->background(bench.now));
  CHECK(bench.put("new", R"({"n":0})").problem.stable == "unique_violation");
}

TEST_CASE("storage: old feed entries and idempotency records end, the young ones stay", "[storage]") {
  Bench bench;
  REQUIRE_FALSE(bench.call(Method::declare, R"({"collection":"x"})").failed);
  const auto write = [&](const std::string& key) {
    return bench.call(
        Method::write,
        R"({"operations":[{"op":"put","collection":"x","doc":{}}],"idempotency":{"key":")" + key + "\"}}");
  };
  REQUIRE_FALSE(write("old").failed);
  bench.now += 23 * 3'600'000;
  REQUIRE_FALSE(write("young").failed);
  bench.finish_background();
  CHECK(bench.keys(Space::feed) == 2);
  CHECK(bench.keys(Space::idempotency) == 2);
  bench.now += 2 * 3'600'000;
  bench.finish_background();
  CHECK(bench.keys(Space::feed) == 1);
  CHECK(bench.keys(Space::idempotency) == 1);
  CHECK(bench.keys(Space::slot) == 1);
  CHECK(bench.keys(Space::touched) == 1);
  bench.reopen();
  CHECK(verify_store(*bench.state).text.find("\"changes\":1,") != std::string::npos);
}

TEST_CASE("storage: after an interrupted restore writing is refused with what to do", "[storage]") {
  Bench bench;
  REQUIRE(bench.kv.write({{Change::Kind::put, meta_key("restoring"), stored({})}}, true));
  bench.reopen();
  const Answer refused = bench.call(Method::declare, R"({"collection":"x"})");
  CHECK(refused.problem.code == Code::unavailable);
  CHECK(refused.problem.message ==
        "a restore into this store was interrupted: repeat it, or start with an empty data directory");
}

TEST_CASE("storage: positions of another store have expired", "[storage]") {
  Bench one;
  Bench other;
  REQUIRE_FALSE(one.call(Method::declare, R"({"collection":"x"})").failed);
  auto feed = socle::json::Document::parse(one.call(Method::changes, "{}").text);
  const std::string position(feed->root().find("position").as_string());
  CHECK(other.call(Method::changes, R"({"position":")" + position + "\"}").problem.stable == "position_expired");
  CHECK(one.call(Method::changes, R"({"position":"AAAA"})").problem.stable == "bad_position");
}

TEST_CASE("storage: verify does not look for the entries of an index that could not be built", "[storage]") {
  Bench bench;
  REQUIRE_FALSE(bench.call(Method::declare, R"({"collection":"x"})").failed);
  for (int i = 0; i < 10; ++i)
    REQUIRE_FALSE(bench.put(std::to_string(i), "{\"n\":" + std::to_string(i % 9) + "}").failed);
  REQUIRE_FALSE(bench.call(Method::declare, unique_n).failed);
  bench.finish_background();
  REQUIRE(bench.state_of_index() == "failed");
  REQUIRE_FALSE(bench.put("0", R"({"n":77})").failed);
  const Answer verified = verify_store(*bench.state);
  INFO(verified.text);
  CHECK(verified.text.starts_with(R"({"ok":true,"documents":10,"index_entries":0,)"));
}

TEST_CASE(
    "storage: who read the schema before a collection was dropped, or the tenant erased, finds nothing and no damage",
    "[storage]") {
  for (const bool erase : {false, true}) {
    Bench bench;
    REQUIRE_FALSE(bench.call(Method::declare, unique_n).failed);
    for (int i = 0; i < 5; ++i) REQUIRE_FALSE(bench.put(std::to_string(i), "{\"n\":" + std::to_string(i) + "}").failed);
    REQUIRE_FALSE(bench.call(Method::write, R"({"operations":[],"outbox":[{"topic":"t","entry":1}]})").failed);
    bool not_cached = false;
    const auto schema = load_schema(bench.kv, "acme", Reach::any, not_cached);
    REQUIRE(schema);
    const Answer gone = erase ? bench.call(Method::erase, "{}")
                              : bench.call(Method::migrate, R"({"collection":"x","steps":[{"op":"drop_collection"}]})");
    REQUIRE_FALSE(gone.failed);
    auto request = socle::json::Document::parse(
        R"({"collection":"x","count":"exact","filter":{"op":"ge","field":"/n","type":"integer","value":0},"topic":"t"})");
    Call call;
    call.tenant = "acme";
    call.request = request->root();
    call.method = Method::query;
    const auto found = run_query(*bench.state, call, **schema, Reach::any);
    REQUIRE(found);
    INFO(found->text << found->problem.message);
    CHECK_FALSE(found->failed);
    CHECK(found->text.find("\"items\":[]") != std::string::npos);
    CHECK_FALSE(bench.state->damaged);
    call.method = Method::outbox_read;
    const auto outbox = read_outbox(*bench.state, call, **schema, Reach::any);
    REQUIRE(outbox);
    CHECK((outbox->text.find("\"entry\"") == std::string::npos) == erase);
  }
}
