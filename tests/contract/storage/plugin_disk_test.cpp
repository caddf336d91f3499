// What is on the disk when a write is answered, and what a disk that fails does to the store: the real plugin and the
// real RocksDB over libdisk_faults.so.
#include <cerrno>

#include "plugin_rig.hpp"
#include "store/rocks_kv.hpp"
#include "support/disk_faults/power_cut.hpp"
#include "support/thread_lane.hpp"

using namespace std::chrono_literals;
using namespace storage_test;
using socle::testing::copy_after_power_cut;

namespace {

constexpr const char* durable = R"("durability":"sync",)";
constexpr const char* asynchronous = R"("durability":"async",)";

std::string putting(const std::string& id, const char* durability = "") {
  return std::string("{") + durability + R"("operations":[{"op":"put","collection":"x","id":")" + id +
         R"(","doc":{}}]})";
}

struct Disk {
  Disk() { disk_faults_watch(directory.path().c_str()); }
  ~Disk() { disk_faults_watch(""); }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  [[nodiscard]] static std::uint64_t syncs() { return disk_faults_state()->syncs; }
  // Whether the document is in what a power cut would leave now.
  [[nodiscard]] bool survives(const std::string& id) {
    TempDir after;
    copy_after_power_cut(directory / "db", after / "db");
    auto db = socle::storage::open_rocks(after / "db", {});
    INFO((db ? "" : db.error().message));
    REQUIRE(db);
    bool found = false;
    {
      socle::storage::RocksKv kv(*db);
      socle::storage::ThreadLane store(kv);
      const auto verified = verify_store(store.state);
      INFO(verified.text);
      CHECK(verified.text.starts_with("{\"ok\":true"));
      const auto request = R"({"collection":"x","id":")" + id + "\"}";
      found = !store.call("acme", socle::storage::Method::get, request).failed;
    }
    socle::storage::close_rocks(*db);
    return found;
  }
  TempDir directory;
};

}  // namespace

TEST_CASE("storage-rocksdb: a durable write is synced before its answer, so that a power cut keeps it",
          "[storage][disk]") {
  Disk disk;
  Running store(config(disk.directory));
  store.declare();
  for (int i = 0; i < 5; ++i) {
    const std::string id = "d" + std::to_string(i);
    const auto before = Disk::syncs();
    REQUIRE(store.ask("write", putting(id, i == 0 ? "" : durable)).ok());
    CHECK(Disk::syncs() > before);
    CHECK(disk.survives(id));
  }
}

TEST_CASE("storage-rocksdb: an asynchronous write is answered without a sync, which follows within a second",
          "[storage][disk]") {
  Disk disk;
  Running store(config(disk.directory));
  store.declare();
  const auto before = Disk::syncs();
  REQUIRE(store.ask("write", putting("a", asynchronous)).ok());
  CHECK(Disk::syncs() == before);
  CHECK_FALSE(disk.survives("a"));
  store.host.advance(1100ms);
  CHECK(Disk::syncs() > before);
  CHECK(disk.survives("a"));
}

TEST_CASE("storage-rocksdb: writes that come together share one sync", "[storage][disk]") {
  Disk disk;
  Running store(config(disk.directory));
  store.declare();
  const auto before = Disk::syncs();
  std::vector<Asked> asked;
  // One that could do without: a group is synced when any of its calls wants it.
  for (int i = 0; i < 50; ++i)
    asked.push_back(
        store.plugin.begin("write", asking(putting("g" + std::to_string(i), i == 25 ? asynchronous : durable))));
  store.host.run_until_idle();
  for (const Asked& each : asked) {
    REQUIRE(each.done());
    CHECK(each.reply().ok());
  }
  CHECK(Disk::syncs() == before + 1);
  CHECK(disk.survives("g25"));
  CHECK(disk.survives("g49"));
}

TEST_CASE("storage-rocksdb: a write whose sync fails is not acknowledged, nor any after it until the store is reopened",
          "[storage][disk]") {
  Disk disk;
  Running store(config(disk.directory));
  store.declare();
  store.put("kept");
  disk_faults_state()->sync_errno = EIO;
  const Reply failed = store.ask("write", putting("lost"));
  INFO(failed.message());
  CHECK(failed.code() == socle::Code::internal);
  CHECK(failed.message().find("check the disk, then restart the kernel") != std::string_view::npos);
  CHECK(store.plugin.health().error_code() == "disk_failing");
  CHECK_FALSE(disk.survives("lost"));
  CHECK(store.ask("get", R"({"collection":"x","id":"kept"})").ok());
  disk_faults_state()->sync_errno = 0;
  CHECK_FALSE(store.ask("write", putting("next")).ok());
  CHECK_FALSE(disk.survives("next"));
  CHECK(disk.survives("kept"));
}

TEST_CASE("storage-rocksdb: a full disk refuses writes in words, reads go on, and writing resumes by itself",
          "[storage][disk]") {
  Disk disk;
  Running store(config(disk.directory));
  store.declare();
  for (int i = 0; i < 20; ++i) store.put("k" + std::to_string(i));
  disk_faults_state()->full = 1;
  const Reply refused = store.ask("write", putting("refused"));
  CHECK(refused.code() == socle::Code::storage_full);
  CHECK(refused.message().find("nothing stored was lost and reading goes on") != std::string_view::npos);
  CHECK(refused.message().find("free space on the data directory's disk") != std::string_view::npos);
  CHECK(store.ask("get", R"({"collection":"x","id":"refused"})").error_code() == "not_found");
  for (int i = 0; i < 20; ++i) CHECK(store.ask("get", R"({"collection":"x","id":"k)" + std::to_string(i) + "\"}").ok());
  CHECK(store.ask("query", R"({"collection":"x","count":"exact"})").text().find("\"count\":20") !=
        std::string_view::npos);
  CHECK_FALSE(store.plugin.health().ok());
  disk_faults_state()->full = 0;
  Reply again = store.ask("write", putting("again"));
  // RocksDB resumes on a thread of its own, within seconds; each look costs the store 100 ms of its clock.
  for (const auto end = std::chrono::steady_clock::now() + 30s;
       !again.ok() && std::chrono::steady_clock::now() < end;) {
    CHECK(again.code() == socle::Code::storage_full);
    store.host.advance(100ms);
    again = store.ask("write", putting("again"));
  }
  INFO(again.message());
  REQUIRE(again.ok());
  CHECK(store.plugin.health().ok());
  CHECK(disk.survives("k19"));
  CHECK(disk.survives("again"));
}
