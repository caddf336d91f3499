// base/file.cpp: see file.hpp. Plain system calls, so that each failure carries its errno text.
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <vector>

namespace socle::base {
namespace {

Error failure(const std::filesystem::path& path, std::string_view doing, int number) {
  Code code = Code::internal;
  if (number == ENOENT || number == ENOTDIR) code = Code::not_found;
  if (number == EACCES || number == EPERM || number == EROFS) code = Code::denied;
  if (number == ENOSPC || number == EDQUOT) code = Code::storage_full;
  if (number == EEXIST) code = Code::conflict;
  return Error{code, std::string(doing) + " '" + path.string() + "': " + std::generic_category().message(number)};
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

// Creates path exclusively, writes and, if asked, syncs it; removes it again on any failure.
Status write_new(const std::filesystem::path& path, std::string_view bytes, unsigned mode, bool durable) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd.valid()) return failure(path, "create", errno);
  int number = write_all(fd.get(), bytes);
  if (number == 0 && durable && ::fsync(fd.get()) != 0) number = errno;
  if (number == 0) return {};
  ::unlink(path.c_str());
  return failure(path, "write", number);
}

}  // namespace

void Fd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_size) {
  // O_NONBLOCK: opening a FIFO that nobody writes must not hang before its type is seen.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return failure(path, "open", errno);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return failure(path, "stat", errno);
  if (!S_ISREG(facts.st_mode)) return Error{Code::invalid, "read '" + path.string() + "': not a regular file"};
  const auto too_large = [&] {
    return Error{Code::too_large,
                 "read '" + path.string() + "': larger than the allowed " + std::to_string(max_size) + " bytes"};
  };
  if (static_cast<std::uint64_t>(facts.st_size) > max_size) return too_large();
  std::string bytes(static_cast<std::size_t>(facts.st_size) + 1, '\0');  // + 1: the read that meets the end
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) bytes.resize(std::min(bytes.size() * 2, max_size + 1));
    const ssize_t got = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(path, "read", errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > max_size) return too_large();
  }
  bytes.resize(size);
  return bytes;
}

bool holds(const std::filesystem::path& path, std::string_view bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  if (static_cast<std::uint64_t>(facts.st_size) != bytes.size()) return false;
  std::vector<char> piece(std::min<std::size_t>(bytes.size() + 1, 128U << 10));
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 && bytes.empty();
    if (!bytes.starts_with(std::string_view(piece.data(), static_cast<std::size_t>(got)))) return false;
    bytes.remove_prefix(static_cast<std::size_t>(got));
  }
}

Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  static std::atomic<std::uint64_t> counter{0};
  std::filesystem::path temporary = path;
  temporary += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
  ::unlink(temporary.c_str());  // of a process that had our number and was killed: in a container they come again
  if (auto wrote = write_new(temporary, bytes, mode, true); !wrote) return wrote;
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return failure(path, "rename a temporary file to", number);
  }
  return sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

Status create_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  return write_new(path, bytes, mode, false);
}

bool is_being_written(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return false;
  // A read lease is given only while nobody writes. Should a writer come before it is back, the default signal would
  // end the process; this one is ignored by default.
  ::fcntl(fd.get(), F_SETSIG, SIGURG);
  const bool refused = ::fcntl(fd.get(), F_SETLEASE, F_RDLCK) != 0;
  const int why = errno;
  if (!refused) ::fcntl(fd.get(), F_SETLEASE, F_UNLCK);
  return refused && why == EAGAIN;
}

Status sync_folder(const std::filesystem::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return failure(folder, "open the folder", errno);
  if (::fsync(fd.get()) != 0) return failure(folder, "sync the folder", errno);
  return {};
}

}  // namespace socle::base
