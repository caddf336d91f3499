#include "file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace socle::audit {
namespace {

Error failure(const std::string& what, const std::string& path) {
  const int why = errno;
  const Code code = why == ENOENT                    ? Code::not_found
                    : why == ENOSPC || why == EDQUOT ? Code::storage_full
                    : why == EACCES || why == EPERM  ? Code::denied
                                                     : Code::internal;
  return {code, what + " " + path + ": " + std::strerror(why)};
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> File::open(const std::string& path, Mode mode) {
  const int flags = mode == Mode::read ? O_RDONLY : mode == Mode::write ? O_RDWR : O_RDWR | O_CREAT;
  File out;
  out.path_ = path;
  out.fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (out.fd_ < 0) return failure("open", path);
  return out;
}

Result<std::uint64_t> File::size() const {
  struct stat facts {};
  if (fstat(fd_, &facts) != 0) return failure("look at", path_);
  return static_cast<std::uint64_t>(facts.st_size);
}

Status File::read(std::string& out, std::uint64_t offset, std::size_t size) const {
  out.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd_, out.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("read", path_);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return {};
}

Status File::write(std::string_view bytes, std::uint64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Status File::truncate(std::uint64_t size) const {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return failure("cut", path_);
  return {};
}

Status File::sync() const {
  if (::fdatasync(fd_) != 0) return failure("sync", path_);
  return {};
}

Result<bool> File::lock() const {
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK || errno == EINTR) return false;
  return failure("lock", path_);
}

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failure("make", path);
  return {};
}

Status sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failure("open", path);
  const bool synced = ::fsync(fd) == 0;
  const Error error = synced ? Error{} : failure("sync", path);
  ::close(fd);
  return synced ? Status() : Status(error);
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("remove", path);
  return {};
}

Status replace_file(const std::string& path, std::string_view bytes) {
  const std::string beside = path + ".new";
  auto file = File::open(beside, File::Mode::create);
  if (!file) return std::move(file).error();
  if (auto cut = file->truncate(0); !cut) return cut;
  if (auto written = file->write(bytes, 0); !written) return written;
  if (auto synced = file->sync(); !synced) return synced;
  if (::rename(beside.c_str(), path.c_str()) != 0) return failure("rename", beside);
  return sync_directory(path.substr(0, path.rfind('/')));
}

Result<std::string> read_whole(const std::string& path, std::size_t most) {
  auto file = File::open(path, File::Mode::read);
  if (!file) return std::move(file).error();
  std::string out;
  if (auto read = file->read(out, 0, most + 1); !read) return std::move(read).error();
  return out;
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  DIR* dir = ::opendir(path.c_str());
  if (dir == nullptr) return failure("open", path);
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
  }
  ::closedir(dir);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace socle::audit
