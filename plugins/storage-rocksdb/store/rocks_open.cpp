// rocks_open.cpp: the settings of the RocksDB instance, each with its reason, and the whole-database operations.
#include <filesystem>

#include "store/rocks_error.hpp"
#include "store/rocks_kv.hpp"

namespace socle::storage {
namespace {

void set_tables(rocksdb_options_t* out, const RocksOptions& options) {
  rocksdb_block_based_table_options_t* table = rocksdb_block_based_options_create();
  rocksdb_cache_t* cache = rocksdb_cache_create_lru(options.block_cache_bytes);
  rocksdb_block_based_options_set_block_cache(table, cache);
  rocksdb_block_based_options_set_block_size(table, std::size_t{8} << 10);
  // Creating a document asks for a key that is not there: the filter answers without a read.
  rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10));
  // Index and filter blocks count against the cache, so that memory has one bound.
  rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
  rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
  // In pieces: a table's whole filter and index are 150 KB, of which a small cache would hold too few.
  rocksdb_block_based_options_set_index_type(table, rocksdb_block_based_table_index_type_two_level_index_search);
  rocksdb_block_based_options_set_partition_filters(table, 1);
  rocksdb_block_based_options_set_metadata_block_size(table, 4096);
  rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
  rocksdb_block_based_options_set_format_version(table, 5);
  rocksdb_options_set_block_based_table_factory(out, table);
  rocksdb_block_based_options_destroy(table);
  rocksdb_cache_destroy(cache);  // the options keep a reference
}

// Some options have no function of their own in the C API.
rocksdb_options_t* make_base() {
  rocksdb_options_t* plain = rocksdb_options_create();
  rocksdb_options_t* out = rocksdb_options_create();
  RocksError error;
  // What was never logged is worth nothing (RocksKv::fill_memtable): closing does not wait for it. Where this fails
  // closing takes a flush longer, no more.
  rocksdb_get_options_from_string(plain, "avoid_flush_during_shutdown=true", out, error.out());
  rocksdb_options_destroy(plain);
  return out;
}

rocksdb_options_t* make_options(const RocksOptions& options) {
  rocksdb_options_t* out = make_base();
  rocksdb_options_set_create_if_missing(out, 1);
  rocksdb_options_set_write_buffer_size(out, options.memtable_bytes);
  rocksdb_options_set_max_write_buffer_number(out, 3);
  rocksdb_options_set_arena_block_size(out, std::size_t{256} << 10);
  // A new unique value is looked for and not found: the memtable's filter says so without a walk.
  rocksdb_options_set_memtable_whole_key_filtering(out, 1);
  rocksdb_options_set_memtable_prefix_bloom_size_ratio(out, 0.03);
  // A log file belongs to a memtable: three of them and this cap keep the log under 64 MiB.
  rocksdb_options_set_max_total_wal_size(out, std::uint64_t{40} << 20);
  // A torn last record is the crash we expect; damage anywhere else must refuse to open, not cut history short.
  rocksdb_options_set_wal_recovery_mode(out, 0);  // kTolerateCorruptedTailRecords
  rocksdb_options_set_paranoid_checks(out, 1);
  rocksdb_options_set_allow_concurrent_memtable_write(out, 0);  // the lane is the only writer
  rocksdb_options_set_enable_write_thread_adaptive_yield(out, 0);
  rocksdb_options_set_max_background_jobs(out, 2);
  rocksdb_options_set_max_open_files(out, options.max_open_files);
  // Of the default's 64 shards each would hold four of 256 open tables, and close one for the fifth.
  rocksdb_options_set_table_cache_numshardbits(out, 2);
  rocksdb_options_set_level_compaction_dynamic_level_bytes(out, 1);
  rocksdb_options_set_target_file_size_base(out, std::uint64_t{16} << 20);
  rocksdb_options_set_max_bytes_for_level_base(out, std::uint64_t{64} << 20);
  rocksdb_options_set_compression(out, options.compress ? rocksdb_lz4_compression : rocksdb_no_compression);
  // What is merged again soon is not compressed: level 0 and the first one behind it, which is all there is in a store
  // of up to 64 MiB.
  if (options.compress) rocksdb_options_set_min_level_to_compress(out, 2);
  rocksdb_options_set_stats_dump_period_sec(out, 0);
  rocksdb_options_set_stats_persist_period_sec(out, 0);
  // Its LOG holds the settings it was opened with, no more: after one failed write to that file, which a full disk is,
  // the distribution's build of RocksDB (assertions on) aborts the process at the next. What goes wrong is in the
  // statuses of our calls. It does not roll either, as each roll writes.
  rocksdb_options_set_keep_log_file_num(out, 2);
  rocksdb_options_set_info_log_level(out, 4);  // fatal
  set_tables(out, options);
  return out;
}

}  // namespace

Result<rocksdb_t*> open_rocks(const std::string& directory, const RocksOptions& options) {
  std::error_code made;
  std::filesystem::create_directories(directory, made);
  if (made) {
    return Error{made == std::errc::no_space_on_device ? Code::storage_full : Code::internal,
                 "create the data directory \"" + directory + "\": " + made.message()};
  }
  rocksdb_options_t* settings = make_options(options);
  RocksError error;
  rocksdb_t* db = rocksdb_open(settings, directory.c_str(), error.out());
  rocksdb_options_destroy(settings);
  if (error) return error.error("open the store in \"" + directory + "\"");
  return db;
}

Result<rocksdb_t*> open_rocks_read_only(const std::string& directory) {
  rocksdb_options_t* settings = make_options({});
  rocksdb_options_set_create_if_missing(settings, 0);
  RocksError error;
  rocksdb_t* db = rocksdb_open_for_read_only(settings, directory.c_str(), 0, error.out());
  rocksdb_options_destroy(settings);
  if (error) return error.error("open the store in \"" + directory + "\" for reading");
  return db;
}

void close_rocks(rocksdb_t* db) { rocksdb_close(db); }

void (*rocks_destroyer())(void*) { return reinterpret_cast<void (*)(void*)>(&rocksdb_close); }

void (*rocks_releaser())(void*) { return &rocksdb_free; }

namespace {

class RocksBackup final : public OpenBackup {
 public:
  explicit RocksBackup(std::string scratch) : scratch_(std::move(scratch)) {}
  ~RocksBackup() override {
    kv_.reset();
    if (db_ != nullptr) close_rocks(db_);
    std::error_code ignored;
    std::filesystem::remove_all(scratch_, ignored);
  }
  RocksBackup(const RocksBackup&) = delete;
  RocksBackup& operator=(const RocksBackup&) = delete;
  Status open(const std::string& directory) {
    if (auto restored = restore_rocks(directory, scratch_); !restored) return restored;
    auto db = open_rocks_read_only(scratch_);
    if (!db) return std::move(db).error();
    db_ = *db;
    kv_ = std::make_unique<RocksKv>(db_);
    return {};
  }
  Kv& kv() override { return *kv_; }

 private:
  std::string scratch_;
  rocksdb_t* db_ = nullptr;
  std::unique_ptr<RocksKv> kv_;
};

}  // namespace

Result<std::unique_ptr<OpenBackup>> open_rocks_backup(const std::string& directory, const std::string& scratch) {
  auto backup = std::make_unique<RocksBackup>(scratch);
  if (auto opened = backup->open(directory); !opened) return std::move(opened).error();
  return std::unique_ptr<OpenBackup>(std::move(backup));
}

Status restore_rocks(const std::string& directory, const std::string& target) {
  // The engine would create what it does not find: a wrong name must not leave a new folder and an empty "backup".
  if (!std::filesystem::is_directory(directory + "/meta")) {
    return Error{Code::not_found, "\"" + directory + "\" holds no backup: name a directory that backup wrote to"};
  }
  RocksError error;
  rocksdb_backup_engine_options_t* settings = rocksdb_backup_engine_options_create(directory.c_str());
  rocksdb_env_t* env = rocksdb_create_default_env();
  rocksdb_backup_engine_t* engine = rocksdb_backup_engine_open_opts(settings, env, error.out());
  rocksdb_backup_engine_options_destroy(settings);
  rocksdb_env_destroy(env);
  if (error) return error.backup_error("open the backup in \"" + directory + "\"");
  rocksdb_restore_options_t* options = rocksdb_restore_options_create();
  rocksdb_backup_engine_restore_db_from_latest_backup(engine, target.c_str(), target.c_str(), options, error.out());
  rocksdb_restore_options_destroy(options);
  rocksdb_backup_engine_close(engine);
  if (error) return error.backup_error("restore from \"" + directory + "\"");
  return {};
}

}  // namespace socle::storage
