// Operators' methods and what an operator may meet: backups, damage, a second process, duplicates.
#include <filesystem>
#include <fstream>

#include "plugin_rig.hpp"

using namespace storage_test;

namespace {

// False: there was no table below.
bool damage_tables(const std::string& folder) {
  bool damaged = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (int at = 200; at < 4200; at += 7) {
      file.seekp(at);
      file.put('#');
    }
    damaged = true;
  }
  return damaged;
}

}  // namespace

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

TEST_CASE("storage-rocksdb: a backup that is damaged, or can be put nowhere, is told as that, and writing goes on",
          "[storage]") {
  TempDir directory;
  Running store(config(directory));
  store.declare();
  for (int i = 0; i < 300; ++i) store.put(std::to_string(i), "{\"x\":\"" + std::string(300, 'x') + "\"}");
  const std::string backup = R"({"directory":")" + directory / "b" + "\"}";
  REQUIRE(store.ask("backup", backup, "").ok());
  REQUIRE(damage_tables(directory / "b"));
  const Reply verified = store.ask("verify", backup, "");
  CHECK(verified.code() == socle::Code::data_loss);
  CHECK_THAT(std::string(verified.message()),
             Catch::EndsWith("; the store that is served is untouched: this backup cannot be used, take another one"));
  std::ofstream(directory / "file") << "no directory";
  const Reply nowhere = store.ask("backup", R"({"directory":")" + directory / "file" + "/b\"}", "");
  CHECK(nowhere.code() == socle::Code::invalid);
  CHECK_THAT(
      std::string(nowhere.message()),
      Catch::EndsWith("; the store that is served is untouched: name a directory that can be written to and read"));
  store.put("later");
  CHECK(store.plugin.health().ok());
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
  REQUIRE(damage_tables(directory / "db"));
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
