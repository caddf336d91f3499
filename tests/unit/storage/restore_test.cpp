// restore: what of a backup comes back, and what of the store before is gone. The backup is a store in memory whose
// cursors meet all that was ever removed by range.
#include "committer_bench.hpp"

using namespace socle::storage;

namespace {

MemoryKv* backed_up = nullptr;  // a BackupOpener is a plain function

struct Opened final : OpenBackup {
  Kv& kv() override { return *backed_up; }
};

socle::Result<std::unique_ptr<OpenBackup>> open_backup(const std::string&, const std::string&) {
  return std::unique_ptr<OpenBackup>(std::make_unique<Opened>());
}

struct Restorable : Bench {
  explicit Restorable(MemoryKv& from) {
    backed_up = &from;
    settings.open_backup = &open_backup;
    reopen();
  }
  ~Restorable() { backed_up = nullptr; }
};

constexpr const char* by_n = R"([{"name":"n","fields":[{"field":"/n","type":"integer"}]}])";

void declare(Bench& bench, const std::string& collection) {
  REQUIRE_FALSE(bench.call(Method::declare, R"({"collection":")" + collection + R"(","indexes":)" + by_n + "}").failed);
}

void put(Bench& bench, const std::string& collection, const std::string& id) {
  const Answer written =
      bench.call(Method::write, R"({"operations":[{"op":"put","collection":")" + collection + R"(","id":")" + id +
                                    R"(","doc":{"n":1}}],)" + R"("outbox":[{"topic":"t","entry":")" + id + R"("}]})");
  REQUIRE_FALSE(written.failed);
}

std::string outbox(Bench& bench) { return bench.call(Method::outbox_read, R"({"topic":"t"})").text; }

void remove_first(Bench& bench) {
  auto read = socle::json::Document::parse(outbox(bench));
  const std::string through(read->root().find("items").at(0).find("position").as_string());
  REQUIRE_FALSE(bench.call(Method::outbox_remove, R"({"topic":"t","through":")" + through + "\"}").failed);
}

Answer restore(Bench& bench) {
  bench.tenant = {};
  Answer out = bench.call(Method::restore, R"({"directory":"here"})");
  bench.tenant = "acme";
  return out;
}

void check(Bench& bench) {
  const Answer verified = verify_store(*bench.state);
  INFO(verified.text);
  CHECK(verified.text.starts_with("{\"ok\":true"));
}

}  // namespace

TEST_CASE("storage: what was dropped, erased or removed before a backup does not come back with it", "[storage]") {
  Bench before;
  declare(before, "kept");
  declare(before, "dropped");
  for (const char* id : {"a", "b", "c"}) put(before, "kept", id);
  put(before, "dropped", "secret");
  REQUIRE_FALSE(before.call(Method::migrate, R"({"collection":"dropped","steps":[{"op":"drop_collection"}]})").failed);
  remove_first(before);
  before.tenant = "gone";
  declare(before, "kept");
  put(before, "kept", "private");
  REQUIRE_FALSE(before.call(Method::erase, "{}").failed);
  check(before);

  Restorable after(before.kv);
  const Answer restored = restore(after);
  INFO(restored.problem.message);
  REQUIRE_FALSE(restored.failed);
  CHECK(after.keys(Space::document) == 3);
  CHECK(after.keys(Space::index) == 3);
  CHECK(after.keys(Space::counter) == 1);
  CHECK(after.keys(Space::schema) == 1);
  CHECK(outbox(after).find("\"entry\":\"a\"") == std::string::npos);
  CHECK(outbox(after).find("\"entry\":\"b\"") != std::string::npos);
  CHECK(after.keys(Space::outbox) == 4);  // acme's: b, c, secret, and where it begins
  check(after);
}

TEST_CASE("storage: what an interrupted restore left is gone after the next one", "[storage]") {
  Bench before;
  declare(before, "kept");
  put(before, "kept", "a");

  Restorable after(before.kv);
  REQUIRE(after.kv.write({{Change::Kind::put, meta_key("restoring"), stored({})},
                          {Change::Kind::put, document_key(1, 1, "left"), "half a document"},
                          {Change::Kind::put, feed_key(1, 7), "half an entry"}},
                         true));
  after.reopen();
  CHECK(after.call(Method::declare, R"({"collection":"x"})").problem.code == socle::Code::unavailable);
  REQUIRE_FALSE(restore(after).failed);
  const Answer listed = after.call(Method::query, R"({"collection":"kept"})");
  CHECK(listed.text.find("\"id\":\"a\"") != std::string::npos);
  CHECK(listed.text.find("left") == std::string::npos);
  put(after, "kept", "b");
  check(after);
}

TEST_CASE("storage: after a restore that failed nothing is written until one succeeds", "[storage]") {
  Bench before;
  declare(before, "kept");
  put(before, "kept", "a");

  Restorable after(before.kv);
  after.kv.fail_writes(socle::Error{socle::Code::storage_full, "no room"}, 1);  // behind the mark
  CHECK(restore(after).failed);
  after.kv.fail_writes(std::nullopt);
  const Answer refused = after.call(Method::declare, R"({"collection":"x"})");
  CHECK(refused.problem.code == socle::Code::unavailable);
  CHECK(refused.problem.message.find("a restore into this store was interrupted") != std::string::npos);
  REQUIRE_FALSE(restore(after).failed);
  put(after, "kept", "b");
  check(after);
}

TEST_CASE("storage: audit events that a restore carries over enter the trail in their order", "[storage]") {
  Bench before;
  Restorable after(before.kv);
  after.settings.audit = true;
  after.reopen();
  after.tenant = audit_tenant;
  declare(after, "kept");
  std::vector<std::string> expected;
  for (int i = 0; i < 12; ++i) {
    expected.push_back("e" + std::to_string(i));
    REQUIRE_FALSE(after
                      .call(Method::write, R"({"operations":[{"op":"put","collection":"kept","id":"x","doc":{}}],)"
                                           R"("outbox":[{"topic":"audit","entry":")" +
                                               expected.back() + R"("}]})")
                      .failed);
  }
  auto read = socle::json::Document::parse(after.call(Method::outbox_read, R"({"topic":"audit","limit":3})").text);
  std::string through;
  for (const auto item : read->root().find("items").elements()) through = item.find("position").as_string();
  REQUIRE_FALSE(after.call(Method::outbox_remove, R"({"topic":"audit","through":")" + through + "\"}").failed);
  const auto trail = [&] {
    const Answer answer = after.call(Method::outbox_read, R"({"topic":"audit","limit":100})");
    auto document = socle::json::Document::parse(answer.text);
    std::vector<std::string> out;
    for (const auto item : document->root().find("items").elements()) {
      const auto entry = std::string(item.find("entry").as_string());
      if (!entry.empty()) out.push_back(entry);  // the others are of what the test did
    }
    return out;
  };
  expected.erase(expected.begin(), expected.end() - static_cast<std::ptrdiff_t>(trail().size()));
  REQUIRE(trail() == expected);
  REQUIRE(expected.size() >= 9);
  REQUIRE_FALSE(restore(after).failed);
  after.tenant = audit_tenant;
  CHECK(trail() == expected);
}
