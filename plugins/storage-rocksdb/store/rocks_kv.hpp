// rocks_kv.hpp: Kv on RocksDB through its C API, the only files that know RocksDB (this one's .cpp and rocks_open.cpp).
// The rocksdb_t is not owned here: it is a resident handle that outlives this library's code (it cannot be opened twice
// in one process), so only built-in comparators, filters and merge operators are in it, and one column family: a handle
// has no parts that could be freed in the wrong order.
#pragma once

#include <cstddef>
#include <string>

#include "store/kv.hpp"
#include "store/meters.hpp"
#include "store/restore.hpp"

struct rocksdb_t;

namespace socle::storage {

class RocksError;

struct RocksOptions {
  std::size_t memtable_bytes = std::size_t{8} << 20;  // each of at most 3
  std::size_t block_cache_bytes = std::size_t{8} << 20;
  int max_open_files = 256;
  bool compress = true;
};

// Opens or creates. data_loss: the log or a table is damaged; storage_full; unavailable: another process has it open.
Result<rocksdb_t*> open_rocks(const std::string& directory, const RocksOptions& options);
Result<rocksdb_t*> open_rocks_read_only(const std::string& directory);
void close_rocks(rocksdb_t* db);
// rocksdb_close() as a resident handle's destroy function: it lies in librocksdb, which stays loaded.
[[nodiscard]] void (*rocks_destroyer())(void*);
// free() as librocksdb offers it.
[[nodiscard]] void (*rocks_releaser())(void*);
// Puts the latest backup of `directory` into `target`, an empty or new directory; every file's checksum is compared.
Status restore_rocks(const std::string& directory, const std::string& target);

Result<std::unique_ptr<OpenBackup>> open_rocks_backup(const std::string& directory, const std::string& scratch);

struct RocksPressure {
  std::uint64_t wal_bytes = 0, memtable_bytes = 0, table_bytes = 0, block_cache_bytes = 0, compaction_bytes = 0;
  bool slowed = false, stopped = false;  // writes wait for RocksDB to catch up
};

void show(const RocksPressure& pressure, const Meters& meters);

class RocksKv final : public Kv {
 public:
  explicit RocksKv(rocksdb_t* db);
  ~RocksKv() override;
  RocksKv(const RocksKv&) = delete;
  RocksKv& operator=(const RocksKv&) = delete;

  Result<Read> get(std::string_view key, std::string& value, Reach reach, const Snapshot* at) override;
  std::unique_ptr<Cursor> cursor(std::string_view lower, std::string_view upper, Reach reach, const Snapshot* at,
                                 bool whole) override;
  std::unique_ptr<Snapshot> snapshot() override;
  Status write(const std::vector<Change>& changes, bool durable) override;
  Status sync() override;
  Status backup(const std::string& directory) override;
  // What the database is doing; reads the directory, so not on a worker.
  [[nodiscard]] RocksPressure pressure(const std::string& directory) const;
  // CPU time of the flushes and compactions that have ended since the database was opened, as RocksDB counts it: to
  // 10 ms. It is asked for it, not told to tell: a listener would be code of ours in a handle that outlives it.
  [[nodiscard]] Duration upkeep_cpu() const;

 private:
  struct CallOptions;
  void fill_memtable(RocksError& error);
  rocksdb_t* db_;
  std::unique_ptr<CallOptions> settings_;
};

}  // namespace socle::storage
