#include "store/rocks_kv.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>

#include "store/rocks_error.hpp"

namespace socle::storage {
namespace {

rocksdb_readoptions_t* read_options(Reach reach, const rocksdb_snapshot_t* at) {
  rocksdb_readoptions_t* out = rocksdb_readoptions_create();
  if (reach == Reach::cached) rocksdb_readoptions_set_read_tier(out, 1);  // kBlockCacheTier
  if (at != nullptr) rocksdb_readoptions_set_snapshot(out, at);
  return out;
}

// Keeps read options of its own, so that fifty reads at one snapshot do not make fifty.
class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(rocksdb_t* db) : db_(db), raw_(rocksdb_create_snapshot(db)) {
    cached_ = read_options(Reach::cached, raw_);
    any_ = read_options(Reach::any, raw_);
  }
  ~RocksSnapshot() override {
    rocksdb_readoptions_destroy(cached_);
    rocksdb_readoptions_destroy(any_);
    rocksdb_release_snapshot(db_, raw_);
  }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  [[nodiscard]] const rocksdb_snapshot_t* raw() const { return raw_; }
  [[nodiscard]] rocksdb_readoptions_t* options(Reach reach) const { return reach == Reach::cached ? cached_ : any_; }

 private:
  rocksdb_t* db_;
  const rocksdb_snapshot_t* raw_;
  rocksdb_readoptions_t* cached_;
  rocksdb_readoptions_t* any_;
};

// Owns its bounds: RocksDB keeps pointers to them.
class RocksCursor final : public Cursor {
 public:
  RocksCursor(rocksdb_t* db, std::string_view lower, std::string_view upper, Reach reach, const Snapshot* at,
              bool whole)
      : lower_(lower),
        upper_(upper),
        options_(read_options(reach, at == nullptr ? nullptr : static_cast<const RocksSnapshot*>(at)->raw())) {
    // Else RocksDB 7.8 (see its pull request 11782) stops at the end of each file to look at the range removals of the
    // next, and when the first block of that cannot be had, be it not cached or damaged, takes the level for finished:
    // the walk would leave out the rest and say nothing.
    rocksdb_readoptions_set_ignore_range_deletions(options_, 1);
    if (whole) rocksdb_readoptions_set_fill_cache(options_, 0);
    if (!lower_.empty()) rocksdb_readoptions_set_iterate_lower_bound(options_, lower_.data(), lower_.size());
    if (!upper_.empty()) rocksdb_readoptions_set_iterate_upper_bound(options_, upper_.data(), upper_.size());
    raw_ = rocksdb_create_iterator(db, options_);
  }
  ~RocksCursor() override {
    rocksdb_iter_destroy(raw_);
    rocksdb_readoptions_destroy(options_);
  }
  RocksCursor(const RocksCursor&) = delete;
  RocksCursor& operator=(const RocksCursor&) = delete;

  void seek(std::string_view key) override { rocksdb_iter_seek(raw_, key.data(), key.size()); }
  void seek_for_prev(std::string_view key) override { rocksdb_iter_seek_for_prev(raw_, key.data(), key.size()); }
  void seek_to_last() override { rocksdb_iter_seek_to_last(raw_); }
  void next() override { rocksdb_iter_next(raw_); }
  void prev() override { rocksdb_iter_prev(raw_); }
  [[nodiscard]] bool valid() const override { return rocksdb_iter_valid(raw_) != 0; }
  [[nodiscard]] std::string_view key() const override {
    std::size_t size = 0;
    const char* data = rocksdb_iter_key(raw_, &size);
    return {data, size};
  }
  [[nodiscard]] std::string_view value() const override {
    std::size_t size = 0;
    const char* data = rocksdb_iter_value(raw_, &size);
    return {data, size};
  }
  [[nodiscard]] Status status() const override {
    RocksError error;
    rocksdb_iter_get_error(raw_, error.out());
    if (!error || error.not_cached()) return {};
    return error.error("read the store");
  }
  [[nodiscard]] bool not_cached() const override {
    RocksError error;
    rocksdb_iter_get_error(raw_, error.out());
    return error.not_cached();
  }

 private:
  std::string lower_, upper_;
  rocksdb_readoptions_t* options_;
  rocksdb_iterator_t* raw_;
};

}  // namespace

struct RocksKv::CallOptions {
  rocksdb_readoptions_t* cached = read_options(Reach::cached, nullptr);
  rocksdb_readoptions_t* any = read_options(Reach::any, nullptr);
  rocksdb_writeoptions_t* durable = rocksdb_writeoptions_create();
  rocksdb_writeoptions_t* relaxed = rocksdb_writeoptions_create();
  rocksdb_writeoptions_t* unlogged = rocksdb_writeoptions_create();
};

RocksKv::RocksKv(rocksdb_t* db) : db_(db), settings_(std::make_unique<CallOptions>()) {
  rocksdb_writeoptions_set_sync(settings_->durable, 1);
  rocksdb_writeoptions_disable_WAL(settings_->unlogged, 1);
}

RocksKv::~RocksKv() {
  rocksdb_readoptions_destroy(settings_->cached);
  rocksdb_readoptions_destroy(settings_->any);
  rocksdb_writeoptions_destroy(settings_->durable);
  rocksdb_writeoptions_destroy(settings_->relaxed);
  rocksdb_writeoptions_destroy(settings_->unlogged);
}

Result<Read> RocksKv::get(std::string_view key, std::string& value, Reach reach, const Snapshot* at) {
  rocksdb_readoptions_t* options = at != nullptr            ? static_cast<const RocksSnapshot*>(at)->options(reach)
                                   : reach == Reach::cached ? settings_->cached
                                                            : settings_->any;
  RocksError error;
  rocksdb_pinnableslice_t* slice = rocksdb_get_pinned(db_, options, key.data(), key.size(), error.out());
  if (error) {
    if (error.not_cached()) return Read::not_cached;
    return error.error("read from the store");
  }
  if (slice == nullptr) return Read::missing;
  std::size_t size = 0;
  const char* data = rocksdb_pinnableslice_value(slice, &size);
  value.assign(data, size);
  rocksdb_pinnableslice_destroy(slice);
  // Of a table that is not open, a read within the cache says "found" and nothing more (TableCache::Get: the key may
  // exist). What this store writes is never empty: every value has a header.
  if (size == 0 && reach == Reach::cached) return Read::not_cached;
  return Read::found;
}

std::unique_ptr<Cursor> RocksKv::cursor(std::string_view lower, std::string_view upper, Reach reach, const Snapshot* at,
                                        bool whole) {
  return std::make_unique<RocksCursor>(db_, lower, upper, reach, at, whole);
}

std::unique_ptr<Snapshot> RocksKv::snapshot() { return std::make_unique<RocksSnapshot>(db_); }

Status RocksKv::write(const std::vector<Change>& changes, bool durable) {
  rocksdb_writebatch_t* batch = rocksdb_writebatch_create();
  for (const auto& change : changes) {
    const auto& [kind, key, value] = change;
    switch (kind) {
      case Change::Kind::put: rocksdb_writebatch_put(batch, key.data(), key.size(), value.data(), value.size()); break;
      case Change::Kind::remove: rocksdb_writebatch_delete(batch, key.data(), key.size()); break;
      case Change::Kind::remove_range:
        rocksdb_writebatch_delete_range(batch, key.data(), key.size(), value.data(), value.size());
        break;
    }
  }
  RocksError error;
  fill_memtable(error);
  if (!error) rocksdb_write(db_, durable ? settings_->durable : settings_->relaxed, batch, error.out());
  rocksdb_writebatch_destroy(batch);
  if (error) return error.error("write to the store");
  return {};
}

// After a failed append to its log, RocksDB's recovery flushes the memtable and begins a new log file, unless there is
// nothing in the memtable: then it keeps the file, and the next append to it is an assertion of the distribution's
// build (WritableFileWriter::AssertFalseAndGetStatusForPrevError). A memtable is empty for the append that follows a
// switch, so the switch is made to happen here, by a write that touches no file and leaves a tombstone that means
// nothing.
void RocksKv::fill_memtable(RocksError& error) {
  static constexpr std::string_view never_there = "m";  // a meta key without a name: beside what every group writes
  rocksdb_delete(db_, settings_->unlogged, never_there.data(), never_there.size(), error.out());
}

Status RocksKv::sync() {
  RocksError error;
  rocksdb_flush_wal(db_, 1, error.out());
  if (error) return error.error("sync the store's log");
  return {};
}

RocksPressure RocksKv::pressure(const std::string& directory) const {
  const auto number = [this](const char* property) {
    std::uint64_t value = 0;
    return rocksdb_property_int(db_, property, &value) == 0 ? value : 0;
  };
  RocksPressure out;
  out.memtable_bytes = number("rocksdb.cur-size-all-mem-tables");
  out.table_bytes = number("rocksdb.total-sst-files-size");
  out.block_cache_bytes = number("rocksdb.block-cache-usage");
  out.compaction_bytes = number("rocksdb.estimate-pending-compaction-bytes");
  out.slowed = number("rocksdb.actual-delayed-write-rate") != 0;
  out.stopped = number("rocksdb.is-write-stopped") != 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(directory, ignored), end; at != end; at.increment(ignored)) {
    if (at->path().extension() != ".log") continue;
    const auto size = at->file_size(ignored);
    if (!ignored) out.wal_bytes += size;
  }
  return out;
}

namespace {

// A number of RocksDB's table of compaction statistics: what stands under `column` in the row of sums.
std::optional<double> sum_of(std::string_view table, std::string_view column) {
  std::istringstream lines{std::string(table)};
  std::size_t at = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(cells), {}};
    if (words.empty()) continue;
    if (words[0] == "Level") {
      const auto found = std::find(words.begin(), words.end(), column);
      if (found == words.end()) return std::nullopt;
      at = static_cast<std::size_t>(found - words.begin()) + 1;  // "Size" is two words in a row: 289.16 MB
    } else if (words[0] == "Sum" && at != 0 && at < words.size()) {
      return std::strtod(words[at].c_str(), nullptr);
    }
  }
  return std::nullopt;
}

}  // namespace

Duration RocksKv::upkeep_cpu() const {
  char* table = rocksdb_property_value(db_, "rocksdb.cfstats-no-file-histogram");
  if (table == nullptr) return {};
  const auto seconds = sum_of(table, "CompMergeCPU(sec)");  // flushes are in the row of level 0
  rocksdb_free(table);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds.value_or(0)));
}

void show(const RocksPressure& pressure, const Meters& meters) {
  meters.wal.set(static_cast<double>(pressure.wal_bytes));
  meters.memtables.set(static_cast<double>(pressure.memtable_bytes));
  meters.files.set(static_cast<double>(pressure.table_bytes));
  meters.block_cache.set(static_cast<double>(pressure.block_cache_bytes));
  meters.compaction.set(static_cast<double>(pressure.compaction_bytes));
  meters.stalled.set(pressure.stopped ? 2 : pressure.slowed ? 1 : 0);
  if (pressure.stopped || pressure.slowed) meters.stalled_for.add(1);
}

Status RocksKv::backup(const std::string& directory) {
  rocksdb_backup_engine_options_t* options = rocksdb_backup_engine_options_create(directory.c_str());
  rocksdb_backup_engine_options_set_sync(options, 1);
  RocksError error;
  rocksdb_env_t* env = rocksdb_create_default_env();
  rocksdb_backup_engine_t* engine = rocksdb_backup_engine_open_opts(options, env, error.out());
  if (!error) rocksdb_backup_engine_create_new_backup_flush(engine, db_, 1, error.out());
  if (engine != nullptr) rocksdb_backup_engine_close(engine);
  rocksdb_backup_engine_options_destroy(options);
  rocksdb_env_destroy(env);
  if (error) return error.backup_error("back up into \"" + directory + "\"");
  return {};
}

}  // namespace socle::storage
