#include "manifest/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "manifest/yaml.hpp"

namespace socle::manifest {

namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error failure(std::string_view what, const std::filesystem::path& path, int number) {
  const Code code = number == ENOENT || number == ENOTDIR ? Code::not_found
                    : number == EACCES || number == EPERM ? Code::denied
                                                          : Code::unavailable;
  return {code, std::string(what) + " '" + path.string() + "': " + std::generic_category().message(number)};
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

FileLook look_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size,
          std::max(nanoseconds(status.st_mtim), nanoseconds(status.st_ctim))};
}

Result<std::string> read_all(const Descriptor& file, const std::filesystem::path& path, std::size_t limit) {
  std::string text;
  std::array<char, 16'384> chunk{};
  while (true) {
    const auto count = ::read(file.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("read", path, errno);
    if (count == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
    if (text.size() > limit) {
      return Error{Code::too_large,
                   "read '" + path.string() + "': expected at most " + std::to_string(limit) + " bytes, found more"};
    }
  }
}

Status check_regular(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failure("look at", path, errno);
  if (S_ISREG(status.st_mode)) return {};
  return Error{Code::invalid, "open '" + path.string() + "': expected a file, found " +
                                  (S_ISDIR(status.st_mode) ? "a folder" : "something else")};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(path);
  if (file.get() < 0) return failure("open", path, errno);
  if (auto regular = check_regular(file, path); !regular) return std::move(regular).error();
  return read_all(file, path, limit);
}

Result<FileLook> look_at(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return failure("look at", path, errno);
  return look_of(status);
}

}  // namespace socle::manifest
