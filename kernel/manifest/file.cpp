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

Result<FileLook> look_at(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failure("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return Error{Code::invalid, "open '" + path.string() + "': expected a file, found " +
                                    (S_ISDIR(status.st_mode) ? "a folder" : "something else")};
  }
  return look_of(status);
}

Error still_written(const std::filesystem::path& path, std::string_view why) {
  return {Code::unavailable, "'" + path.string() + "' is still being written: " + std::string(why)};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(path);
  if (file.get() < 0) return failure("open", path, errno);
  if (auto look = look_at(file, path); !look) return std::move(look).error();
  return read_all(file, path, limit);
}

Result<FileLook> look_at(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return failure("look at", path, errno);
  return look_of(status);
}

Result<StableText> read_stable(const std::filesystem::path& path, const std::optional<FileLook>& earlier) {
  const Descriptor file(path);
  if (file.get() < 0) return failure("open", path, errno);
  const auto before = look_at(file, path);
  if (!before) return before.error();
  if (!earlier) return still_written(path, "it was not seen before");
  if (*before != *earlier) return still_written(path, "it has changed since the last look");
  auto text = read_all(file, path, max_text_bytes);
  if (!text) return std::move(text).error();
  const auto after = look_at(path);  // by path: a file renamed over it meanwhile shows
  if (!after) return after.error();
  if (*after != *before || text->size() != static_cast<std::size_t>(before->size)) {
    return still_written(path, "it changed while it was read");
  }
  if (!ends_whole(*text)) return still_written(path, "its last line has no line end");
  return StableText{std::move(*text), *after};
}

}  // namespace socle::manifest
