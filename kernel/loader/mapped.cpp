// loader/mapped.cpp: see mapped.hpp.
#include "loader/mapped.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace socle::loader {
namespace {
bool g_believed = false;  // set before there are threads that ask
}

Result<FileIdentity> identify(const std::filesystem::path& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  struct stat facts {};
  if (error || ::stat(canonical.c_str(), &facts) != 0) {
    return Error{Code::not_found, "identify '" + path.string() + "': " +
                                      (error ? error : std::error_code(errno, std::generic_category())).message()};
  }
  return FileIdentity{canonical.string(), facts.st_dev, facts.st_ino};
}

Result<std::size_t> count_mappings(const FileIdentity& file) {
  std::ifstream maps("/proc/self/maps");
  if (!maps) return Error{Code::unavailable, "read /proc/self/maps: cannot be opened; mount /proc"};
  std::ostringstream device;
  device << std::hex;
  device.width(2);
  device.fill('0');
  device << major(file.device) << ':';
  device.width(2);
  device << minor(file.device);
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    // range permissions offset device inode path
    std::istringstream words(line);
    std::string range, permissions, offset, on_device, path;
    std::uint64_t inode = 0;
    words >> range >> permissions >> offset >> on_device >> inode >> std::ws;
    std::getline(words, path);
    const bool same_path = path == file.path || path == file.path + " (deleted)";
    if (same_path || (inode == file.inode && on_device == device.str())) ++count;
  }
  return count;
}

void believe_pointers() { g_believed = true; }

bool copy_if_readable(const void* from, void* to, std::size_t size) {
  if (size == 0) return true;
  if (g_believed) {
    std::memcpy(to, from, size);
    return true;
  }
  // The kernel checks the address, so garbage gives EFAULT instead of SIGSEGV.
  iovec local{to, size};
  iovec remote{const_cast<void*>(from), size};
  return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace socle::loader
