// kv.hpp: the ordered key-value store under the document store. RocksDB implements it (rocks_kv.hpp); tests implement
// it over std::map and with faults (tests/support). Reads from any thread at any time; write() and sync() from one
// thread at a time, which is the commit lane.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::storage {

// cached: only what memory holds; a read that would have to wait for the disk says so instead (Read::not_cached,
// Cursor::not_cached()). This is what makes reading on a worker safe.
enum class Reach : std::uint8_t { cached, any };
enum class Read : std::uint8_t { found, missing, not_cached };

struct Change {
  // remove_range: [key, value). get() finds none of it any more, but cursors may (see Cursor), for as long as it takes
  // to compact it: so it is for numbers that are never used again, or the reader knows from where on it is.
  enum class Kind : std::uint8_t { put, remove, remove_range };
  Kind kind = Kind::put;
  std::string key;
  std::string value;
};

// Walks [lower, upper) over one consistent view, which may still hold what a remove_range took. Key and value are valid
// until the next move.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void seek(std::string_view key) = 0;           // to the first key ≥ `key`
  virtual void seek_for_prev(std::string_view key) = 0;  // to the last key ≤ `key`
  virtual void seek_to_last() = 0;
  virtual void next() = 0;
  virtual void prev() = 0;
  [[nodiscard]] virtual bool valid() const = 0;
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  // Why it is not valid any more: the end, or an error, or (Reach::cached) the disk would be needed.
  [[nodiscard]] virtual Status status() const = 0;
  [[nodiscard]] virtual bool not_cached() const = 0;
};

class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

class Kv {
 public:
  virtual ~Kv() = default;
  // data_loss: stored bytes fail their checksum. REQUIRES of all writes: no value is empty.
  virtual Result<Read> get(std::string_view key, std::string& value, Reach reach, const Snapshot* at = nullptr) = 0;
  // `whole`: a walk over everything (verify, backup): checks every checksum and leaves the cache alone.
  virtual std::unique_ptr<Cursor> cursor(std::string_view lower, std::string_view upper, Reach reach,
                                         const Snapshot* at = nullptr, bool whole = false) = 0;
  virtual std::unique_ptr<Snapshot> snapshot() = 0;
  // All changes or none, on disk when `durable`. storage_full, data_loss, or internal; after an error none is visible.
  virtual Status write(const std::vector<Change>& changes, bool durable) = 0;
  // Makes what write() left undurable durable.
  virtual Status sync() = 0;
  // A complete copy of this moment's data into `directory` (created; grows by backup).
  virtual Status backup(const std::string& directory) = 0;
};

}  // namespace socle::storage
