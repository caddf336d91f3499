// cell/ring/memory.hpp: one shared memory: a memfd that nobody can shrink or grow (a mapping over a shrunk file would
// raise SIGBUS in the kernel), and this process's mapping of it. Pages exist once touched.
#pragma once

#include <cstddef>

#include "base/file.hpp"
#include "socle/result.hpp"

namespace socle::cell {

class Memory {
 public:
  // Makes and maps it. unavailable: no descriptors or memory.
  static Result<Memory> create(const char* name, std::size_t size);
  // Maps a memfd of another process; invalid unless it is sealed in size and has exactly `size` bytes (`at_least`: or
  // more). `fd` is borrowed.
  static Result<Memory> map(int fd, std::size_t size, bool writable, bool at_least = false);

  Memory() = default;
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;
  ~Memory();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] int fd() const { return fd_.get(); }  // -1 for map()
  // A descriptor of it through which nobody can map it writable.
  [[nodiscard]] Result<base::Fd> read_only() const;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  base::Fd fd_;
};

}  // namespace socle::cell
