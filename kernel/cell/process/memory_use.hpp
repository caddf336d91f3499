// memory_use.hpp: what processes hold of the machine's memory, as the machine counts it. Any thread; the machine walks
// the pages of each process for it, so not on a worker and not under a lock.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace socle::cell {

struct MemoryUse {
  std::uint64_t mapped = 0;    // bytes of address space
  std::uint64_t resident = 0;  // bytes in memory
  std::uint64_t share = 0;     // of those: its own, and its part of what it shares with other processes (Pss)
  MemoryUse& operator+=(const MemoryUse& other);
};

// nullopt: it is gone, or this process may not look into it.
[[nodiscard]] std::optional<MemoryUse> memory_use(pid_t pid);
// Of those that can be looked into.
[[nodiscard]] std::map<pid_t, MemoryUse> memory_use(const std::vector<pid_t>& pids);

}  // namespace socle::cell
