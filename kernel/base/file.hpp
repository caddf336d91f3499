// base/file.hpp: files as the kernel needs them: read whole with a cap, replaced whole or not at all. Used by every
// part that keeps something on disk. Any thread; every call blocks on the disk, so never from a worker's request path.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "socle/result.hpp"

namespace socle::base {

// Owns one file descriptor; -1 owns none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

// The whole file. Refused: more than max_size bytes (also when it grows meanwhile), anything but a regular file.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_size);

// Whether `path` is a readable regular file of exactly these bytes. Reads it piece by piece.
[[nodiscard]] bool holds(const std::filesystem::path& path, std::string_view bytes);

// Replaces `path` durably: temporary file beside it, fsync, rename, fsync of the folder. After an error the old file is
// untouched and no temporary is left; after success the bytes survive a power cut. Readers see old or new, never half.
[[nodiscard]] Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

// Creates `path` anew (an existing one is an error) with its own inode, not durable. On an error nothing is left
// behind.
[[nodiscard]] Status create_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode);

// Whether somebody has the file open for writing, as a copy under way does. False also where the system does not tell:
// the file is another user's and this process may not lease it, or the file system knows no leases.
[[nodiscard]] bool is_being_written(const std::filesystem::path& path);

// Makes the entries of a folder (names, not contents) durable.
[[nodiscard]] Status sync_folder(const std::filesystem::path& folder);

}  // namespace socle::base
