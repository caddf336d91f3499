// rocks_folder.hpp: a RocksKv in a folder of its own, opened and closed as a test wants it; closed at first. One
// thread.
#pragma once

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "store/rocks_kv.hpp"
#include "support/temp_dir.hpp"

namespace socle::storage {

class RocksFolder {
 public:
  explicit RocksFolder(const RocksOptions& options) : options_(options) {}
  ~RocksFolder() { close(); }
  RocksFolder(const RocksFolder&) = delete;
  RocksFolder& operator=(const RocksFolder&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  [[nodiscard]] std::string files() const { return folder_ / "db"; }
  // REQUIRES: closed
  void open() {
    const auto opened = open_rocks(files(), options_);
    REQUIRE(opened);
    db_ = *opened;
    kv_.emplace(db_);
  }
  void close() {
    if (db_ == nullptr) return;
    kv_.reset();
    close_rocks(db_);
    db_ = nullptr;
  }
  void reopen() {
    close();
    open();
  }
  // REQUIRES: open
  [[nodiscard]] RocksKv& kv() { return *kv_; }

 private:
  socle::testing::TempDir folder_;
  RocksOptions options_;
  rocksdb_t* db_ = nullptr;
  std::optional<RocksKv> kv_;
};

}  // namespace socle::storage
