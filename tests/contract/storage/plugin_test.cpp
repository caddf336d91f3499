// What only the real plugin has: long polls, the hooks of a swap, operators' methods, limits. On a fake host.
#include <socle/testing.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "socle/json.hpp"
#include "support/temp_dir.hpp"

using namespace std::chrono_literals;
using socle::Reply;
using socle::testing::Ask;
using socle::testing::Asked;
using socle::testing::FakeHost;
using socle::testing::TempDir;
using socle::testing::TestedPlugin;

namespace {

// The open database is handed on as a resident handle, a pointer of the kernel's process; in a cell the plugin cannot
// be (its manifest says `home: kernel`), so there the suite leaves out what is about two generations at once.
bool handles_outlive_generations() {
  SUCCEED("asked");
  return home() == Home::kernel;
}

Ask asking(std::string text, std::string tenant = "acme") {
  Ask ask;
  ask.text = std::move(text);
  ask.context.tenant = std::move(tenant);
  return ask;
}

std::string config(const TempDir& directory, const std::string& more = "") {
  return R"({"directory":")" + directory / "db" + "\"" + more + "}";
}

struct Running {
  explicit Running(const std::string& configuration, const std::string& library = STORAGE_LIBRARY)
      : plugin(host, library, configuration) {
    REQUIRE(plugin.created().ok());
    const Reply started = plugin.start();
    INFO(started.message());
    REQUIRE(started.ok());
  }
  Reply ask(std::string_view method, const std::string& text, const std::string& tenant = "acme") {
    return plugin.ask(method, asking(text, tenant));
  }
  void put(const std::string& id, const std::string& doc = "{}") {
    const Reply reply =
        ask("write", R"({"operations":[{"op":"put","collection":"x","id":")" + id + R"(","doc":)" + doc + "}]}");
    INFO(reply.message());
    REQUIRE(reply.ok());
  }
  void declare(const std::string& indexes = "[]") {
    REQUIRE(ask("declare", R"({"collection":"x","indexes":)" + indexes + "}").ok());
  }
  FakeHost host;
  TestedPlugin plugin;
};

std::string position_of(const Reply& reply) {
  auto doc = socle::json::Document::parse(reply.text());
  return std::string(doc->root().find("position").as_string());
}

}  // namespace

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

TEST_CASE("storage-rocksdb: the next generation takes the open database over at import", "[storage]") {
  if (!handles_outlive_generations()) return;
  TempDir directory;
  const std::string copy = directory / "copy.so";
  std::filesystem::copy_file(STORAGE_LIBRARY, copy);
  Running store(config(directory));
  store.declare(R"([{"name":"u","fields":[{"field":"/u","type":"string"}],"unique":true}])");
  store.put("a", R"({"u":"1"})");
  TestedPlugin next(store.host, copy, config(directory));
  REQUIRE(next.created().ok());
  const Reply started = next.start();
  INFO(started.message());
  REQUIRE(started.ok());
  CHECK(next.self_test().ok());
  store.put("b", R"({"u":"2"})");  // the old one still serves
  const Reply state = store.plugin.export_state();
  REQUIRE(state.ok());
  CHECK(next.import_state(state.text(), 1, true).ok());
  store.put("c", R"({"u":"3"})");
  CHECK(next.import_state(state.text(), 1, false).ok());
  CHECK(next.import_state(state.text(), 2, false).code() == socle::Code::unsupported);
  CHECK(store.plugin.drain().ok());
  CHECK(store.plugin.stop().ok());
  const Reply all = next.ask("query", asking(R"({"collection":"x","count":"exact"})"));
  CHECK(all.text().find("\"count\":3") != std::string_view::npos);
  CHECK(next.ask("write", asking(R"({"operations":[{"op":"put","collection":"x","id":"d","doc":{"u":"3"}}]})"))
            .error_code() == "unique_violation");
  CHECK(next.ask("write", asking(R"({"operations":[{"op":"put","collection":"x","id":"d","doc":{"u":"4"}}]})")).ok());
}

TEST_CASE("storage-rocksdb: after an aborted swap the old generation writes on from what the new one left",
          "[storage]") {
  if (!handles_outlive_generations()) return;
  TempDir directory;
  const std::string copy = directory / "copy.so";
  std::filesystem::copy_file(STORAGE_LIBRARY, copy);
  Running store(config(directory));
  store.declare();
  store.put("a");
  {
    TestedPlugin next(store.host, copy, config(directory));
    REQUIRE(next.start().ok());
    REQUIRE(next.import_state("{}", 1, false).ok());
    REQUIRE(next.ask("write", asking(R"({"operations":[{"op":"put","collection":"x","id":"n","doc":{}}]})")).ok());
  }
  store.put("b");
  const Reply feed = store.ask("changes", "{}");
  auto doc = socle::json::Document::parse(feed.text());
  REQUIRE(doc->root().find("items").size() == 3);
  CHECK(doc->root().find("items").at(2).find("id").as_string() == "b");
  const Reply verified = store.ask("verify", "{}", "");
  CHECK(verified.text().starts_with("{\"ok\":true"));
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

TEST_CASE("storage-rocksdb: duplicates under a new unique index are reported, the first ten", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  for (int i = 0; i < 30; ++i) store.put(std::to_string(i), "{\"n\":" + std::to_string(i % 15) + "}");
  const Reply declared = store.ask(
      "declare",
      R"({"collection":"x","indexes":[{"name":"n","unique":true,"fields":[{"field":"/n","type":"integer"}]}]})");
  CHECK(declared.text().find("\"state\":\"building\"") != std::string_view::npos);
  auto doc = socle::json::Document::parse(store.ask("describe", R"({"collection":"x"})").text());
  const auto index = doc->root().find("indexes").at(0);
  CHECK(index.find("state").as_string() == "failed");
  REQUIRE(index.find("failure").size() == 10);
  CHECK(index.find("failure").at(0).find("code").as_string() == "unique_violation");
  CHECK(index.find("failure").at(0).find("message").as_string().starts_with("same value as document"));
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

TEST_CASE("storage-rocksdb: a backup is verified and restored into an empty store", "[storage]") {
  TempDir directory;
  const std::string backup = R"({"directory":")" + directory / "backup" + "\"}";
  {
    Running store(config(directory));
    store.declare(R"([{"name":"u","fields":[{"field":"/u","type":"string"}],"unique":true}])");
    for (int i = 0; i < 50; ++i) store.put(std::to_string(i), "{\"u\":\"" + std::to_string(i) + "\"}");
    CHECK(store.ask("backup", backup, "acme").error_code() == "operator_only");
    const Reply done = store.ask("backup", backup, "");
    INFO(done.message());
    REQUIRE(done.ok());
    store.put("later");
    const Reply verified = store.ask("verify", backup, "");
    INFO(verified.message());
    CHECK(verified.text().starts_with("{\"ok\":true,\"documents\":50,\"index_entries\":50,"));
    CHECK(store.ask("restore", backup, "").error_code() == "not_empty");
  }
  TempDir other;
  Running store(config(other));
  const Reply nothing = store.ask("restore", R"({"directory":")" + other / "nix" + "\"}", "");
  CHECK(nothing.code() == socle::Code::not_found);
  CHECK(nothing.message().find("holds no backup") != std::string_view::npos);
  const Reply restored = store.ask("restore", backup, "");
  INFO(restored.message());
  REQUIRE(restored.ok());
  CHECK(store.ask("query", R"({"collection":"x","limit":1,"count":"exact"})").text().find("\"count\":50") !=
        std::string_view::npos);
  CHECK(store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"z","doc":{"u":"7"}}]})").error_code() ==
        "unique_violation");
  CHECK(store.ask("verify", "{}", "").text().starts_with("{\"ok\":true"));
}

TEST_CASE("storage-rocksdb: damaged tables are data_loss, writing stops, the words say what to do", "[storage]") {
  TempDir directory;
  {
    Running store(config(directory));
    store.declare();
    for (int i = 0; i < 300; ++i)
      store.put(std::to_string(i), "{\"x\":\"" + std::string(300, static_cast<char>('a' + i % 26)) + "\"}");
    REQUIRE(store.ask("backup", R"({"directory":")" + directory / "b" + "\"}", "").ok());  // flushes the memtable
  }
  bool damaged = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "db")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (int at = 200; at < 4200; at += 7) {
      file.seekp(at);
      file.put('#');
    }
    damaged = true;
  }
  REQUIRE(damaged);
  Running store(config(directory));
  const Reply read = store.ask("get", R"({"collection":"x","id":"0"})");
  CHECK(read.code() == socle::Code::data_loss);
  const Reply written = store.ask("write", R"({"operations":[{"op":"put","collection":"x","id":"n","doc":{}}]})");
  CHECK(written.code() == socle::Code::data_loss);
  CHECK(written.message().find("restore the latest backup") != std::string_view::npos);
  CHECK(store.plugin.health().code() == socle::Code::data_loss);
}

TEST_CASE("storage-rocksdb: a second process on the same directory is refused in words", "[storage]") {
  TempDir directory;
  Running store(config(directory));
  const std::string copy = directory / "copy.so";
  std::filesystem::copy_file(STORAGE_LIBRARY, copy);
  // Without the resident handle the same process counts as another one.
  store.host.fail("resident_take", socle::Code::unavailable, 0);
  TestedPlugin second(store.host, copy, config(directory));
  REQUIRE(second.created().ok());
  const Reply started = second.start();
  CHECK(started.code() == socle::Code::unavailable);
  CHECK(started.message().find("another process serves this data directory") != std::string_view::npos);
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

namespace {

// One request of each kind that has await points, on a store with note "a".
struct Wait {
  const char *method, *text;
};
constexpr Wait waits[] = {
    {"write", R"({"operations":[{"op":"put","collection":"x","id":"w","doc":{"u":"w"}}]})"},
    {"declare", R"({"collection":"y","indexes":[{"name":"v","fields":[{"field":"/v","type":"string"}]}]})"},
    {"migrate", R"({"collection":"x","steps":[{"op":"drop_index","index":{"name":"u"}}]})"},
    {"get", R"({"collection":"x","id":"a"})"},
    {"query", R"({"collection":"x"})"},
    {"changes", R"({"wait_ms":50})"},
};

void expect_sound(Running& store) {
  const Reply verified = store.ask("verify", "{}", "");
  INFO(verified.message());
  CHECK(verified.text().starts_with("{\"ok\":true"));
}

}  // namespace

TEST_CASE("storage-rocksdb: a request cancelled at any of its await points ends, and nothing is half applied",
          "[storage]") {
  for (const Wait& wait : waits) {
    INFO(wait.method);
    unsigned reached = 0;
    for (unsigned n = 1; n < 50; ++n) {
      TempDir directory;
      Running store(config(directory));
      store.declare(R"([{"name":"u","fields":[{"field":"/u","type":"string"}]}])");
      store.put("a", R"({"u":"a"})");
      store.host.cancel_await_point(n);
      const Asked asked = store.plugin.begin(wait.method, asking(wait.text));
      for (int i = 0; i < 100 && !asked.done(); ++i) store.host.advance(10ms);
      REQUIRE(asked.done());
      if (!asked.reply().ok()) {
        const socle::Code code = asked.reply().code();
        INFO(asked.reply().message());
        CHECK((code == socle::Code::cancelled || code == socle::Code::unavailable));
      }
      const unsigned met = store.host.await_points();
      store.host.cancel_await_point(0);  // the look itself is not disturbed
      expect_sound(store);
      if (met < n) break;
      reached = n;
    }
    CHECK(reached < 49);
    if (wait.method == std::string_view("write")) CHECK(reached >= 1);
  }
}

TEST_CASE("storage-rocksdb: a swap between any two steps of a request keeps what was acknowledged", "[storage]") {
  if (!handles_outlive_generations()) return;
  TempDir libraries;
  const std::string copy = libraries / "copy.so";
  std::filesystem::copy_file(STORAGE_LIBRARY, copy);
  for (const Wait& wait : waits) {
    INFO(wait.method);
    bool done_before = false;
    for (int before = 0; !done_before && before < 100; ++before) {
      TempDir directory;
      Running store(config(directory));
      store.declare(R"([{"name":"u","fields":[{"field":"/u","type":"string"}]}])");
      store.put("a", R"({"u":"a"})");
      const Asked asked = store.plugin.begin(wait.method, asking(wait.text));
      for (int i = 0; i < before; ++i) store.host.step();
      done_before = asked.done();
      TestedPlugin next(store.host, copy, config(directory));
      REQUIRE(next.start().ok());
      CHECK(store.plugin.drain().ok());
      for (int i = 0; i < 100 && !asked.done(); ++i) store.host.advance(10ms);
      REQUIRE(asked.done());
      REQUIRE(next.import_state("{}", 1, false).ok());
      CHECK(store.plugin.stop().ok());
      const Reply verified = next.ask("verify", asking("{}", ""));
      INFO(verified.message());
      CHECK(verified.text().starts_with("{\"ok\":true"));
      if (wait.method == std::string_view("write") && asked.reply().ok())
        CHECK(next.ask("get", asking(R"({"collection":"x","id":"w"})")).ok());
    }
    CHECK(done_before);
  }
}
