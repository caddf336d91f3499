#include "cell/process/memory_use.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace socle::cell {

MemoryUse& MemoryUse::operator+=(const MemoryUse& other) {
  mapped += other.mapped;
  resident += other.resident;
  share += other.share;
  return *this;
}

std::optional<MemoryUse> memory_use(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  MemoryUse use;
  std::uint64_t pages = 0;
  if (!(std::ifstream(folder + "/statm") >> pages)) return std::nullopt;
  use.mapped = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream rollup(folder + "/smaps_rollup");
  bool has_resident = false, has_share = false;
  for (std::string key, line; rollup >> key && std::getline(rollup, line);) {
    if (key != "Rss:" && key != "Pss:") continue;
    (key == "Rss:" ? use.resident : use.share) = std::strtoull(line.c_str(), nullptr, 10) * 1024;
    (key == "Rss:" ? has_resident : has_share) = true;
  }
  if (!has_resident || !has_share) return std::nullopt;
  return use;
}

std::map<pid_t, MemoryUse> memory_use(const std::vector<pid_t>& pids) {
  std::map<pid_t, MemoryUse> out;
  for (const pid_t pid : pids) {
    if (const auto use = memory_use(pid)) out.emplace(pid, *use);
  }
  return out;
}

}  // namespace socle::cell
