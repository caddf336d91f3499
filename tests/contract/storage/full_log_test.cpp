// A disk that is full for the first record of a log file. RocksDB alone keeps that file when it recovers, as there is
// nothing in the memtable, and the distribution's build ends the process at the next record (RocksKv::fill_memtable).
#include <catch2/catch.hpp>
#include <chrono>

#include "support/disk_faults/disk_faults.h"
#include "support/folder_events.hpp"
#include "support/rocks_folder.hpp"

using namespace socle::storage;

namespace {

std::vector<Change> put(const std::string& key, std::size_t size) {
  return {{Change::Kind::put, key, std::string(size, 'v')}};
}

struct FullDisk {
  FullDisk() {
    disk_faults_watch(store.folder().c_str());
    store.open();
  }
  ~FullDisk() {
    store.close();
    disk_faults_watch("");
  }
  static void fill() { disk_faults_state()->full = 1; }
  static void make_room() { disk_faults_state()->full = 0; }
  // RocksDB looks for room every five seconds.
  bool writes_again() {
    const socle::testing::FolderEvents events(store.files());
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!store.kv().write(put("again", 10), true)) {
      if (std::chrono::steady_clock::now() > until) return false;
      events.wait(50);
    }
    return true;
  }
  bool holds(const std::string& key) {
    std::string value;
    const auto read = store.kv().get(key, value, Reach::any, nullptr);
    REQUIRE(read);
    return *read == Read::found;
  }
  RocksFolder store{{.memtable_bytes = std::size_t{1} << 20}};
};

void refuse(FullDisk& disk, const std::string& key) {
  FullDisk::fill();
  const auto refused = disk.store.kv().write(put(key, 10), true);
  FullDisk::make_room();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == socle::Code::storage_full);
  CHECK_FALSE(disk.holds(key));
}

}  // namespace

TEST_CASE("storage-rocksdb: a disk that is full at the first write after a start is recovered from",
          "[storage][disk]") {
  FullDisk disk;
  REQUIRE(disk.store.kv().write(put("before", 10), true));
  disk.store.reopen();
  refuse(disk, "refused");
  CHECK(disk.writes_again());
  disk.store.reopen();
  CHECK(disk.holds("before"));
  CHECK(disk.holds("again"));
}

TEST_CASE("storage-rocksdb: a disk that is full as a new log file begins is recovered from, and again",
          "[storage][disk]") {
  FullDisk disk;
  for (int round = 0; round < 2; ++round) {
    // More than a memtable holds: the next write begins another, with a log file of its own.
    REQUIRE(disk.store.kv().write(put("large" + std::to_string(round), std::size_t{2} << 20), true));
    refuse(disk, "refused" + std::to_string(round));
    CHECK(disk.writes_again());
  }
  disk.store.reopen();
  for (int round = 0; round < 2; ++round) CHECK(disk.holds("large" + std::to_string(round)));
  CHECK(disk.holds("again"));
}
