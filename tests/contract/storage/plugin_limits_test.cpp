// What a request may cost, what a plan allows, and what operators are told.
#include "plugin_rig.hpp"

using namespace std::chrono_literals;
using namespace storage_test;

TEST_CASE("storage-rocksdb: a query that looks at too many documents is refused unless an index narrows it",
          "[storage]") {
  TempDir directory;
  Running store(config(directory, R"(,"scan_limit":100)"));
  store.declare();
  for (int i = 0; i < 200; i += 50) {
    std::string request = R"({"operations":[)";
    for (int k = i; k < i + 50; ++k)
      request += std::string(k == i ? "" : ",") + R"({"op":"put","collection":"x","id":"i)" + std::to_string(1000 + k) +
                 R"(","doc":{"n":)" + std::to_string(k) + "}}";
    REQUIRE(store.ask("write", request + "]}").ok());
  }
  const std::string narrow =
      R"({"collection":"x","explain":true,"filter":{"op":"eq","field":"/n","type":"integer","value":199}})";
  const Reply broad = store.ask("query", narrow);
  CHECK(broad.code() == socle::Code::invalid);
  CHECK(broad.error_code() == "filter_too_broad");
  CHECK(broad.http_status() == 422);
  CHECK(store.ask("query", R"({"collection":"x","order":[{"field":"/n","type":"integer"}]})").error_code() ==
        "filter_too_broad");
  store.declare(R"([{"name":"n","fields":[{"field":"/n","type":"integer"}]}])");
  const Reply found = store.ask("query", narrow);
  INFO(found.message());
  REQUIRE(found.ok());
  CHECK(found.text().find("i1199") != std::string_view::npos);
  CHECK(found.text().find(R"("plan":{"access":"index","index":"n","equal_fields":1)") != std::string_view::npos);
  CHECK(found.text().find(R"("examined":1)") != std::string_view::npos);
  CHECK(
      store.ask("query", R"({"collection":"x","limit":5,"order":[{"field":"/n","type":"integer","desc":true}]})").ok());
}

TEST_CASE("storage-rocksdb: a partial query ends its page at the scan limit and says how to go on", "[storage]") {
  TempDir directory;
  Running store(config(directory, R"(,"scan_limit":100)"));
  store.declare(R"([{"name":"m","fields":[{"field":"/m","type":"integer"}]}])");
  for (int i = 0; i < 1000; i += 100) {
    std::string operations;
    for (int k = i; k < i + 100; ++k)
      operations.append(k > i ? "," : "").append(R"({"op":"put","collection":"x","id":"i)") +=
          std::to_string(1000 + k) + R"(","doc":{"n":)" + std::to_string(k) + R"(,"m":)" + std::to_string(999 - k) +
          "}}";
    REQUIRE(store.ask("write", R"({"operations":[)" + operations + "]}").ok());
  }
  // The numbers that a query finds, page by page, and how many pages it took.
  const auto all = [&](const std::string& more, int& pages) {
    std::string found, cursor;
    for (pages = 1;; ++pages) {
      const Reply page = store.ask("query", R"({"collection":"x","limit":10,"partial":true)" + more +
                                                (cursor.empty() ? "" : R"(,"cursor":")" + cursor + "\"") + "}");
      INFO(page.message());
      REQUIRE(page.ok());
      const auto answer = socle::json::Document::parse(page.text()).value();
      for (const auto item : answer.root().find("items").elements())
        found += socle::json::to_text(item.find("doc").find("n")) + " ";
      const auto next = answer.root().find("next");
      if (!next.is_string() || pages > 50) return found;
      cursor = std::string(next.as_string());
    }
  };
  int pages = 0;
  const std::string three = R"(,"filter":{"op":"in","field":"/n","value":[3,500,999]})";
  CHECK(store.ask("query", R"({"collection":"x","limit":10)" + three + "}").error_code() == "filter_too_broad");
  CHECK(all(three, pages) == "3 500 999 ");
  CHECK(pages == 10);
  CHECK(all(three + R"(,"order":[{"field":"id","desc":true}])", pages) == "999 500 3 ");
  CHECK(all(three + R"(,"order":[{"field":"/m"}])", pages) == "999 500 3 ");
  CHECK(all(three + R"(,"order":[{"field":"/m","desc":true}])", pages) == "3 500 999 ");
  CHECK(all(R"(,"remainder":"record.n == 999 || record.n == 4")", pages) == "4 999 ");
  CHECK(all(R"(,"remainder":"record.n == -1")", pages).empty());
  CHECK(pages == 10);
  // What must be sorted cannot be told in parts.
  CHECK(store.ask("query", R"({"collection":"x","partial":true,"order":[{"field":"/n","type":"integer"}]})")
            .error_code() == "filter_too_broad");
}

TEST_CASE("storage-rocksdb: a remainder counts against the scan limit, and is bounded in what it computes",
          "[storage]") {
  TempDir directory;
  Running store(config(directory, R"(,"scan_limit":1500)"));
  store.declare();
  const auto fill = [&](int from, int to, const std::string& doc) {
    std::string operations;
    for (int i = from; i < to; ++i)
      operations.append(i > from ? "," : "").append(R"({"op":"put","collection":"x","id":")") +=
          std::to_string(10'000 + i) + R"(","doc":)" + doc + "}";
    REQUIRE(store.ask("write", R"({"operations":[)" + operations + "]}").ok());
  };
  std::string list = "1";
  for (int i = 0; i < 99; ++i) list += ",1";
  for (int i = 0; i < 1400; i += 700) fill(i, i + 700, R"({"l":[)" + list + "]}");
  // Ten thousand turns a record.
  const std::string dear = R"~(,"remainder":"!record.l.all(a, record.l.all(b, a + b == 2))"})~";
  const Reply spent = store.ask("query", R"({"collection":"x")" + dear);
  CHECK(spent.error_code() == "filter_too_broad");
  CHECK(spent.http_status() == 422);
  const Reply part = store.ask("query", R"({"collection":"x","partial":true)" + dear);
  REQUIRE(part.ok());
  CHECK(part.text().starts_with(R"({"items":[],"next":")"));
  // More than a worker may spend: answered on the offload pool.
  CHECK(store.ask("query", R"({"collection":"x","filter":{"op":"lt","field":"id","value":"10030"})" + dear).ok());
  fill(1400, 1600, "{}");
  CHECK(store.ask("query", R"({"collection":"x","remainder":"record.l == 1"})").error_code() == "filter_too_broad");
}

TEST_CASE("storage-rocksdb: operators are told what is written, read, synced and looked at", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  for (const auto* id : {"a", "b", "c"}) store.put(id);
  CHECK_FALSE(
      store.ask("write", R"({"operations":[{"op":"check","collection":"x","id":"n","expect":"present"}]})").ok());
  REQUIRE(store.ask("write", R"({"durability":"async","operations":[{"op":"put","collection":"x","doc":{}}]})").ok());
  REQUIRE(store.ask("get", R"({"collection":"x","id":"a"})").ok());
  REQUIRE(store.ask("query", R"({"collection":"x"})").ok());
  REQUIRE(store.ask("usage", "{}").ok());
  store.host.advance(1100ms);
  const auto metric = [&](std::string_view name) { return store.host.metric(name); };
  CHECK(metric("storage_writes_total") == 5);  // the declaration too
  CHECK(metric("storage_writes_refused_total") == 1);
  CHECK(metric("storage_group_calls") == 6);
  CHECK(metric("storage_syncs_total") == 5);  // the last write's a second later
  CHECK(metric("storage_commit_seconds{durability=\"sync\"}") > 0);
  CHECK(metric("storage_commit_seconds{durability=\"async\"}") > 0);
  CHECK(metric("storage_write_seconds") > 0);
  CHECK(metric("storage_written_bytes_total") > 100);
  CHECK(metric("storage_reads_total{method=\"get\"}") == 1);
  CHECK(metric("storage_reads_total{method=\"query\"}") == 1);
  CHECK(metric("storage_reads_total{method=\"other\"}") == 1);
  CHECK(metric("storage_scanned_documents_total") == 4);
  CHECK(metric("storage_wal_bytes") > 100);
  CHECK(metric("storage_memtable_bytes") > 0);
  CHECK(metric("storage_stalled") == 0);
}

TEST_CASE("storage-rocksdb: an answer without memory tells whether asking again can help", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  store.put("a", R"({"x":1})");
  const std::string get = R"({"collection":"x","id":"a"})";
  store.host.fail("payload_new", socle::Code::too_large);
  const Reply large = store.ask("get", get);
  CHECK(large.code() == socle::Code::too_large);
  CHECK(large.message().starts_with("the request needs more memory than one may hold at a time"));
  store.host.fail("payload_new", socle::Code::exhausted);
  const Reply later = store.ask("get", get);
  CHECK(later.code() == socle::Code::exhausted);
  CHECK(later.message() == "the memory budget is used up");
  CHECK(store.ask("get", get).ok());
}

TEST_CASE("storage-rocksdb: the plan's byte limit refuses growth but not deletion", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.host.set_limit("storage.bytes", 2000);
  store.declare();
  store.put("a", "{\"x\":\"" + std::string(1500, 'x') + "\"}");
  const Reply refused = store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"b","doc":{"x":")" +
                                               std::string(600, 'y') + "\"}}]}");
  CHECK(refused.code() == socle::Code::exhausted);
  CHECK(refused.error_code() == "storage_quota");
  CHECK(refused.meta("http.status") == "507");
  CHECK(refused.message().starts_with("the tenant would store "));
  CHECK(
      refused.message().ends_with(" bytes, its plan allows 2000: delete something or raise the plan's storage.bytes"));
  CHECK(store.ask("write", R"({"operations":[{"op":"delete","collection":"x","id":"a"}]})").ok());
  store.put("b", "{\"x\":\"" + std::string(600, 'y') + "\"}");
  CHECK(store.host.metered("acme", "storage.written") > 2000);
}

TEST_CASE("storage-rocksdb: the plan's record limit refuses one more but not another version", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.host.set_limit("records", 2);
  store.declare();
  store.put("a");
  store.put("b");
  const Reply refused = store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"c","doc":{}}]})");
  CHECK(refused.error_code() == "storage_quota");
  CHECK(refused.message() ==
        "the tenant would store 3 records, its plan allows 2: delete something or raise the plan's "
        "records");
  store.put("b", R"({"x":2})");
  CHECK(store
            .ask("write", R"({"operations":[{"op":"delete","collection":"x","id":"a"},)"
                          R"({"op":"put","collection":"x","id":"c","doc":{}}]})")
            .ok());
}

TEST_CASE("storage-rocksdb: the kernel hears what a tenant stores after each change", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  store.put("a", R"({"x":1})");
  const double one = store.host.level("acme", "storage.bytes");
  CHECK(one > 0);
  CHECK(store.host.level("acme", "records") == 1);
  store.put("b", R"({"x":1})");
  CHECK(store.host.level("acme", "storage.bytes") == 2 * one);
  CHECK(store.host.level("acme", "records") == 2);
  REQUIRE(store.ask("write", R"({"operations":[{"op":"delete","collection":"x","id":"a"}]})").ok());
  CHECK(store.host.level("acme", "storage.bytes") == one);
  REQUIRE(store.ask("erase", "{}").ok());
  CHECK(store.host.level("acme", "storage.bytes") == 0);
  CHECK(store.host.level("acme", "records") == 0);
}

TEST_CASE("storage-rocksdb: a full offload pool refuses the write and the next one goes through", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  store.host.fail("offload", socle::Code::unavailable, 1);
  const Reply refused = store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"a","doc":{}}]})");
  CHECK(refused.code() == socle::Code::unavailable);
  CHECK(refused.message().find("offload pool is full") != std::string_view::npos);
  store.put("a");
}

TEST_CASE("storage-rocksdb: a call without a tenant or with broken JSON is refused", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  CHECK(store.ask("get", "{}", "").error_code() == "tenant_required");
  CHECK(store.ask("get", "{").error_code() == "bad_json");
  CHECK(store.ask("get", "[]").error_code() == "bad_request");
}
