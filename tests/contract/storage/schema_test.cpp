// The adapter suite: collections and indexes that change, and the change feed.
#include <catch2/catch.hpp>

#include "adapter.hpp"

using namespace contract;

namespace {
std::string steps_of(const Reply& plan, const char* which) { return socle::json::to_text(plan.root().find(which)); }
}  // namespace

CONTRACT_TEST("storage: declaring twice changes nothing", "[storage]") {
  const char* indexes = R"([{"name":"k","fields":[{"field":"/k","type":"string"}]}])";
  declare(store, "x", indexes);
  REQUIRE(put(store, "x", "a", R"({"k":"v"})").ok);
  const Reply again = store.call("declare", R"({"collection":"x","indexes":)" + std::string(indexes) + "}");
  CHECK(again.root().find("applied").empty());
  CHECK(again.root().find("state").as_string() == "ready");
  CHECK(ids_of(store.call("query", R"({"collection":"x","filter":{"op":"eq","field":"/k","value":"v"}})")) == "a");
}

CONTRACT_TEST("storage: an index declared later serves the documents that were there", "[storage]") {
  declare(store, "x");
  for (int i = 0; i < 10; ++i) REQUIRE(put(store, "x", std::to_string(i), "{\"k\":" + std::to_string(i % 3) + "}").ok);
  declare(store, "x", R"([{"name":"k","fields":[{"field":"/k","type":"integer"}]}])");
  store.advance(std::chrono::seconds(1));
  const Reply described = store.call("describe", R"({"collection":"x"})");
  CHECK(described.root().find("indexes").at(0).find("state").as_string() == "ready");
  CHECK(ids_of(store.call("query", R"({"collection":"x","filter":{"op":"eq","field":"/k","value":1}})")) == "1 4 7");
}

CONTRACT_TEST("storage: a unique index over duplicates fails and leaves the documents as they are", "[storage]") {
  declare(store, "x");
  for (int i = 0; i < 9; ++i) REQUIRE(put(store, "x", std::to_string(i), "{\"k\":" + std::to_string(i % 8) + "}").ok);
  store.call("declare",
             R"({"collection":"x","indexes":[{"name":"k","unique":true,"fields":[{"field":"/k","type":"integer"}]}]})");
  store.advance(std::chrono::seconds(1));
  const Reply described = store.call("describe", R"({"collection":"x"})");
  CHECK(described.root().find("indexes").at(0).find("state").as_string() == "failed");
  CHECK(put(store, "x", "z", R"({"k":3})").ok);
  CHECK(ids_of(store.call(
            "query", R"({"collection":"x","filter":{"op":"eq","field":"/k","type":"integer","value":0}})")) == "0 8");
}

CONTRACT_TEST("storage: what plan says up and down can be migrated there and back", "[storage]") {
  declare(store, "x", R"([{"name":"a","fields":[{"field":"/a","type":"string"}]}])");
  REQUIRE(put(store, "x", "1", R"({"a":"p","b":2})").ok);
  const std::string wanted =
      R"({"collection":"x","indexes":[{"name":"b","fields":[{"field":"/b","type":"integer","order":"desc"}]}]})";
  const Reply plan = store.call("plan", wanted);
  REQUIRE(plan.ok);
  CHECK(plan.root().find("up").size() == 2);
  CHECK_FALSE(plan.root().find("down_destroys_data").as_bool());
  CHECK(store.call("describe", R"({"collection":"x"})").root().find("indexes").size() == 1);
  const Reply up = store.call("migrate", R"({"collection":"x","steps":)" + steps_of(plan, "up") + "}");
  INFO(up.message);
  REQUIRE(up.ok);
  store.advance(std::chrono::seconds(1));
  CHECK(store.call("describe", R"({"collection":"x"})")
            .root()
            .find("indexes")
            .at(0)
            .find("definition")
            .find("name")
            .as_string() == "b");
  CHECK(ids_of(store.call("query", R"({"collection":"x","filter":{"op":"ge","field":"/b","value":2}})")) == "1");
  REQUIRE(store.call("migrate", R"({"collection":"x","steps":)" + steps_of(plan, "down") + "}").ok);
  store.advance(std::chrono::seconds(1));
  const Reply back = store.call("describe", R"({"collection":"x"})");
  REQUIRE(back.root().find("indexes").size() == 1);
  CHECK(back.root().find("indexes").at(0).find("definition").find("name").as_string() == "a");
  CHECK(ids_of(store.call("query", R"({"collection":"x","filter":{"op":"eq","field":"/a","value":"p"}})")) == "1");
}

CONTRACT_TEST("storage: dropping a collection takes its documents with it", "[storage]") {
  const Reply plan = store.call(
      "plan", R"({"collection":"x","indexes":[{"name":"u","unique":true,"fields":[{"field":"/u","type":"string"}]}]})");
  CHECK(plan.root().find("down_destroys_data").as_bool());
  REQUIRE(store.call("migrate", R"({"collection":"x","steps":)" + steps_of(plan, "up") + "}").ok);
  REQUIRE(put(store, "x", "a", R"({"u":"1"})").ok);
  const Reply down = store.call("migrate", R"({"collection":"x","steps":)" + steps_of(plan, "down") + "}");
  REQUIRE(down.ok);
  CHECK(down.root().find("state").as_string() == "dropped");
  CHECK(put(store, "x", "a", "{}").code == "unknown_collection");
  REQUIRE(store.call("migrate", R"({"collection":"x","steps":)" + steps_of(plan, "up") + "}").ok);
  CHECK(ids_of(store.call("query", R"({"collection":"x"})")).empty());
  CHECK(put(store, "x", "b", R"({"u":"1"})").ok);
  CHECK(store.call("usage", "{}").root().find("documents").as_uint64() == 1);
}

CONTRACT_TEST("storage: a refused step changes nothing", "[storage]") {
  declare(store, "x", R"([{"name":"a","fields":[{"field":"/a","type":"string"}]}])");
  CHECK(store.call("migrate", R"({"collection":"x","steps":[{"op":"create_collection"}]})").code == "already_exists");
  CHECK(store.call("migrate", R"({"collection":"x","steps":[{"op":"drop_index","index":{"name":"nix"}}]})").code ==
        "unknown_index");
  CHECK(store.call("migrate", R"({"collection":"nix","steps":[{"op":"drop_collection"}]})").code ==
        "unknown_collection");
  CHECK(store.call("describe", R"({"collection":"x"})").root().find("indexes").size() == 1);
}

CONTRACT_TEST("storage: the feed gives every change in commit order and goes on from a position", "[storage]") {
  declare(store, "x");
  declare(store, "y");
  const Reply none = store.call("changes", "{}");
  CHECK(none.root().find("items").empty());
  const std::string start(none.root().find("position").as_string());
  REQUIRE(put(store, "x", "a", "{}").ok);
  REQUIRE(store
              .call("write", R"({"operations":[{"op":"put","collection":"y","id":"b","doc":{}},
      {"op":"delete","collection":"x","id":"a"}]})")
              .ok);
  const Reply all = store.call("changes", R"({"position":")" + start + "\"}");
  REQUIRE(all.root().find("items").size() == 3);
  const auto first = all.root().find("items").at(0);
  const auto last = all.root().find("items").at(2);
  CHECK(first.find("op").as_string() == "put");
  CHECK(first.find("collection").as_string() == "x");
  CHECK(first.find("version").as_uint64() == 1);
  CHECK(last.find("op").as_string() == "delete");
  CHECK(last.find("id").as_string() == "a");
  const std::string after_first(first.find("position").as_string());
  CHECK(store.call("changes", R"({"position":")" + after_first + "\"}").root().find("items").size() == 2);
  CHECK(store.call("changes", R"({"collection":"y"})").root().find("items").size() == 1);
  CHECK(store.call("changes", R"({"from":"now"})").root().find("items").empty());
}

CONTRACT_TEST("storage: the feed's pages hold whole commits and lose none", "[storage]") {
  declare(store, "x");
  for (int i = 0; i < 5; ++i) {
    REQUIRE(store
                .call("write", R"({"operations":[{"op":"put","collection":"x","id":"p)" + std::to_string(i) +
                                   R"(","doc":{}},{"op":"put","collection":"x","id":"q","doc":{}}]})")
                .ok);
  }
  std::string position, seen;
  for (int page = 0; page < 6; ++page) {
    const Reply part =
        store.call("changes", R"({"limit":3,"position":)" + (position.empty() ? "null" : "\"" + position + "\"") + "}");
    REQUIRE(part.ok);
    CHECK(part.root().find("items").size() % 2 == 0);
    for (const auto item : part.root().find("items").elements()) seen.append(item.find("id").as_string());
    position = part.root().find("position").as_string();
  }
  CHECK(seen == "p0qp1qp2qp3qp4q");
}

CONTRACT_TEST("storage: a write that replays or fails is not in the feed", "[storage]") {
  declare(store, "x");
  const std::string request =
      R"({"operations":[{"op":"put","collection":"x","id":"a","doc":{}}],"idempotency":{"key":"k"}})";
  REQUIRE(store.call("write", request).ok);
  REQUIRE(store.call("write", request).replayed);
  CHECK_FALSE(put(store, "x", "a", "{}", "9").ok);
  CHECK(store.call("changes", "{}").root().find("items").size() == 1);
}
