// rocks_error.hpp: RocksDB's C API reports a failure as a malloc()ed text whose first words name the kind; this turns
// it into an Error that says what an operator should do. For rocks_*.cpp only.
#pragma once

#include <rocksdb/c.h>

#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::storage {

// Collects the error of one call: RocksError e; rocksdb_x(..., e.out()); if (e) return e.error("read a document");
class RocksError {
 public:
  RocksError() = default;
  RocksError(const RocksError&) = delete;
  RocksError& operator=(const RocksError&) = delete;
  ~RocksError() { rocksdb_free(text_); }
  char** out() { return &text_; }
  explicit operator bool() const { return text_ != nullptr; }
  [[nodiscard]] std::string_view text() const { return text_ == nullptr ? std::string_view{} : text_; }
  // A read with Reach::cached met something that is not in memory.
  [[nodiscard]] bool not_cached() const { return text().starts_with("Result incomplete"); }

  [[nodiscard]] Error error(std::string_view operation) const {
    const std::string what = std::string(operation) + ": " + std::string(text());
    if (full()) {
      return {Code::storage_full,
              what +
                  "; nothing stored was lost and reading goes on: free space on the data directory's disk, writing "
                  "then resumes by itself"};
    }
    if (corrupt()) {
      return {
          Code::data_loss,
          what + "; writing has stopped: check the disk, then restore the latest backup into an empty data directory"};
    }
    if (has("lock hold by current process") || has("While lock file")) {
      return {Code::unavailable, what + "; another process serves this data directory: stop it, or name another one"};
    }
    if (text().starts_with("IO error")) {
      return {Code::internal,
              what +
                  "; nothing acknowledged is lost and reading goes on, but what the disk refused cannot "
                  "be repeated in this process: check the disk, then restart the kernel"};
    }
    return {Code::internal, what};
  }
  // Of the making, reading or restoring of a backup: the store that is served has no part in it.
  [[nodiscard]] Error backup_error(std::string_view operation) const {
    constexpr std::string_view untouched = "; the store that is served is untouched: ";
    const std::string what = std::string(operation) + ": " + std::string(text()) + std::string(untouched);
    if (full()) return {Code::storage_full, what + "free space where the backup lies, or name another directory"};
    if (corrupt()) return {Code::data_loss, what + "this backup cannot be used, take another one"};
    if (text().starts_with("IO error"))
      return {Code::invalid, what + "name a directory that can be written to and read"};
    return {Code::internal, what + "try again, or name another directory"};
  }

 private:
  [[nodiscard]] bool has(std::string_view part) const { return text().find(part) != std::string_view::npos; }
  [[nodiscard]] bool full() const {
    return has("No space left") || has("Disk quota exceeded") || has("File too large") || has("Space limit reached");
  }
  [[nodiscard]] bool corrupt() const {
    return text().starts_with("Corruption") || has("checksum mismatch") || has("Corruption:");
  }

  char* text_ = nullptr;
};

}  // namespace socle::storage
