// file.hpp: files as the trail needs them: whole reads and writes at an offset, durable replacement. Errors name the
// path and say what the system said. Blocking; never on a worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/result.hpp"

namespace socle::audit {

class File {
 public:
  enum class Mode { read, write, create };
  File() = default;
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~File();
  // not_found when it is not there. create: makes it, 0600.
  static Result<File> open(const std::string& path, Mode mode);
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] const std::string& path() const { return path_; }
  Result<std::uint64_t> size() const;
  // Up to `size` bytes from `offset`; fewer at the end of the file.
  Status read(std::string& out, std::uint64_t offset, std::size_t size) const;
  Status write(std::string_view bytes, std::uint64_t offset) const;
  Status truncate(std::uint64_t size) const;
  Status sync() const;
  // An exclusive lock, held until the file is closed. False: somebody else has it.
  Result<bool> lock() const;

 private:
  int fd_ = -1;
  std::string path_;
};

Status make_directory(const std::string& path);
Status sync_directory(const std::string& path);
Status remove_file(const std::string& path);
// Written beside, synced and renamed, so that it is the old or the new.
Status replace_file(const std::string& path, std::string_view bytes);
Result<std::string> read_whole(const std::string& path, std::size_t most);
// Names of the files in a directory, sorted.
Result<std::vector<std::string>> list_directory(const std::string& path);

}  // namespace socle::audit
