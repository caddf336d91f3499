// Long polls on the change feed, and positions that expire.
#include "plugin_rig.hpp"

using namespace std::chrono_literals;
using namespace storage_test;

TEST_CASE("storage-rocksdb: a long poll waits for the tenant's next commit and no other's", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  REQUIRE(store.ask("declare", R"({"collection":"x"})", "other").ok());
  const std::string poll = R"({"wait_ms":30000,"position":")" + position_of(store.ask("changes", "{}")) + "\"}";
  const Asked waiting = store.plugin.begin("changes", asking(poll));
  store.host.run_until_idle();
  CHECK_FALSE(waiting.done());
  REQUIRE(store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"o","doc":{}}]})", "other").ok());
  CHECK_FALSE(waiting.done());
  store.put("a");
  REQUIRE(waiting.done());
  CHECK(waiting.reply().text().find("\"id\":\"a\"") != std::string_view::npos);
}

TEST_CASE("storage-rocksdb: a long poll ends empty at its time or just before the deadline", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  const std::string poll = R"({"wait_ms":1000,"from":"now"})";
  const Asked by_time = store.plugin.begin("changes", asking(poll));
  Ask hurried = asking(R"({"wait_ms":60000,"from":"now"})");
  hurried.context.deadline = store.host.now() + 200ms;
  const Asked by_deadline = store.plugin.begin("changes", hurried);
  store.host.advance(199ms);
  REQUIRE(by_deadline.done());
  CHECK(by_deadline.reply().ok());
  CHECK_FALSE(by_time.done());
  store.host.advance(802ms);
  REQUIRE(by_time.done());
  CHECK(by_time.reply().ok());
  CHECK(by_time.reply().text().starts_with("{\"items\":[],"));
}

TEST_CASE("storage-rocksdb: a long poll ends when its caller has gone", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  const Asked gone = store.plugin.begin("changes", asking(R"({"wait_ms":60000,"from":"now"})"));
  const Asked other = store.plugin.begin("changes", asking(R"({"wait_ms":60000,"from":"now"})"));
  store.host.run_until_idle();
  gone.cancel();
  store.host.advance(100ms);
  CHECK(gone.done());
  CHECK_FALSE(other.done());
  store.put("a");
  CHECK(other.done());
}

TEST_CASE("storage-rocksdb: draining answers the long polls", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  const Asked waiting = store.plugin.begin("changes", asking(R"({"wait_ms":60000,"from":"now"})"));
  store.host.run_until_idle();
  REQUIRE_FALSE(waiting.done());
  CHECK(store.plugin.drain().ok());
  CHECK(waiting.done());
}

TEST_CASE("storage-rocksdb: positions expire after a day and say so", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  const std::string start = position_of(store.ask("changes", "{}"));
  store.put("a");
  const std::string old = position_of(store.ask("changes", "{}"));
  store.host.advance(23h);
  CHECK(store.ask("changes", R"({"position":")" + start + "\"}").ok());
  store.put("b");
  store.host.advance(2h);
  const Reply expired = store.ask("changes", R"({"position":")" + start + "\"}");
  CHECK(expired.error_code() == "position_expired");
  CHECK(expired.message().find("read the documents afresh") != std::string_view::npos);
  const Reply kept = store.ask("changes", R"({"position":")" + old + "\"}");
  REQUIRE(kept.ok());
  CHECK(kept.text().find("\"id\":\"b\"") != std::string_view::npos);
  CHECK(store.ask("changes", "{}").text().find("\"id\":\"a\"") == std::string_view::npos);
}
