// The hooks of a swap, and requests that are cancelled or swapped away at any of their steps.
#include <filesystem>

#include "plugin_rig.hpp"

using namespace std::chrono_literals;
using namespace storage_test;

TEST_CASE("storage-rocksdb: the next generation takes the open database over at import", "[storage]") {
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
