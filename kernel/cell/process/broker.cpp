#include "cell/process/broker.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace socle::cell {
namespace {

namespace fs = std::filesystem;

// What the C library and OpenSSL read on their own, and nothing that tells of this machine's users or services.
constexpr const char* common[] = {"/proc/sys/vm/overcommit_memory",
                                  "/etc/ssl/openssl.cnf",
                                  "/etc/localtime",
                                  "/usr/share/zoneinfo",
                                  "/dev/null",
                                  "/dev/urandom",
                                  "/sys/devices/system/cpu/online"};
// What names are resolved and certificates checked with.
constexpr const char* for_network[] = {
    "/etc/resolv.conf", "/etc/hosts",           "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/ssl/certs",   "/etc/ssl/openssl.cnf", "/usr/lib/ssl",       "/usr/share/ca-certificates"};

std::string canonical(const std::string& path) {
  std::error_code error;
  const fs::path found = fs::canonical(path, error);
  return error ? path : found.string();
}

bool at_or_below(const std::string& path, const std::vector<std::string>& roots) {
  return std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
    return path.starts_with(root) && (path.size() == root.size() || root.ends_with('/') || path[root.size()] == '/');
  });
}

// Where the name really leads; "" when the folder it would lie in does not exist.
std::string resolved(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  if (!error) return whole.string();
  const fs::path folder = fs::canonical(fs::path(path).parent_path(), error);
  if (error) return {};
  const fs::path name = fs::path(path).filename();
  return name.empty() || name == ".." || name == "." ? std::string() : (folder / name).string();
}

}  // namespace

Broker::Broker(const Sandbox& sandbox, std::string library) {
  readable_.push_back(canonical(library));
  for (const char* path : common) readable_.push_back(canonical(path));
  if (sandbox.network) {
    for (const char* path : for_network) readable_.push_back(canonical(path));
  }
  for (const std::string& path : sandbox.read) readable_.push_back(canonical(path));
  for (const std::string& path : sandbox.write) writable_.push_back(canonical(path));
}

base::Fd Broker::open(const std::string& path, int flags, mode_t mode, pid_t pid, int& error) const {
  error = EACCES;
  if (path.empty() || path.front() != '/') return {};
  if (path == "/proc/self/maps") {
    base::Fd maps(::open(("/proc/" + std::to_string(pid) + "/maps").c_str(), O_RDONLY | O_CLOEXEC));
    error = maps.valid() ? 0 : errno;
    return maps;
  }
  const std::string real = resolved(path);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  if (real.empty() || !(at_or_below(real, writable_) || (!writes && at_or_below(real, readable_)))) return {};
  constexpr int kept = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_NONBLOCK;
  // Neither a link nor a pipe that took the name's place meanwhile is followed or waited for.
  base::Fd fd(::open(real.c_str(), (flags & kept) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode & 0777));
  if (!fd.valid()) {
    error = errno;
    return {};
  }
  struct stat facts {};
  const bool plain = fstat(fd.get(), &facts) == 0 && !S_ISFIFO(facts.st_mode) && !S_ISSOCK(facts.st_mode);
  std::error_code unknown;
  if (!plain || fs::read_symlink("/proc/self/fd/" + std::to_string(fd.get()), unknown).string() != real) return {};
  if ((flags & O_NONBLOCK) == 0) fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
  error = 0;
  return fd;
}

}  // namespace socle::cell
