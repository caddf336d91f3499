#include "cell/ring/memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace socle::cell {
namespace {

constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

Error failed(const std::string& what) {
  return {Code::unavailable, "shared memory of a cell: " + what + ": " + std::strerror(errno)};
}

}  // namespace

Result<Memory> Memory::create(const char* name, std::size_t size) {
  Memory made;
  made.fd_.reset(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!made.fd_.valid()) return failed("memfd_create");
  if (ftruncate(made.fd(), static_cast<off_t>(size)) != 0) return failed("set its size to " + std::to_string(size));
  if (fcntl(made.fd(), F_ADD_SEALS, size_seals) != 0) return failed("seal its size");
  auto mapped = map(made.fd(), size, true);
  if (!mapped) return std::move(mapped).error();
  mapped->fd_ = std::move(made.fd_);
  return mapped;
}

Result<Memory> Memory::map(int fd, std::size_t size, bool writable, bool at_least) {
  struct stat facts {};
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || fstat(fd, &facts) != 0) return failed("look at it");
  const auto found = static_cast<std::size_t>(facts.st_size);
  if ((seals & F_SEAL_SHRINK) == 0 || (seals & F_SEAL_GROW) == 0 || found < size || (found > size && !at_least)) {
    return Error{Code::invalid, "shared memory of a cell: found " + std::to_string(facts.st_size) +
                                    " bytes and seals " + std::to_string(seals) + "; wanted " + std::to_string(size) +
                                    " bytes, sealed in size"};
  }
  void* at = mmap(nullptr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return failed("map " + std::to_string(size) + " bytes");
  Memory mapped;
  mapped.data_ = static_cast<std::byte*>(at);
  mapped.size_ = size;
  return mapped;
}

Memory::Memory(Memory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), fd_(std::move(other.fd_)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(fd_, other.fd_);
  return *this;
}

Memory::~Memory() {
  if (data_ != nullptr) munmap(data_, size_);
}

Result<base::Fd> Memory::read_only() const {
  base::Fd fd(::open(("/proc/self/fd/" + std::to_string(fd_.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return failed("open it read-only");
  return fd;
}

}  // namespace socle::cell
