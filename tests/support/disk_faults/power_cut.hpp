// power_cut.hpp: what a disk holds after the power has gone, by the table of libdisk_faults.so. The writer must be dead
// or at rest. For tests.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "support/disk_faults/disk_faults.h"

namespace socle::testing {

// Cuts `file` to what was synced of the file with the status given: itself, or the one it is a copy of.
inline std::uint64_t cut_to_synced(const std::string& file, const struct stat& original) {
  const auto size = static_cast<std::uint64_t>(original.st_size);
  const auto kept = disk_faults_kept(original.st_dev, original.st_ino, size);
  if (kept < size) std::filesystem::resize_file(file, kept);
  return size - kept;
}

// Copies a flat directory as a power cut would leave it; how many bytes are lost.
inline std::uint64_t copy_after_power_cut(const std::string& from, const std::string& to) {
  std::uint64_t lost = 0;
  std::filesystem::create_directories(to);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    struct stat status {};
    if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &status) != 0) continue;
    const std::string copy = to + "/" + entry.path().filename().string();
    std::filesystem::copy_file(entry.path(), copy);
    lost += cut_to_synced(copy, status);
  }
  return lost;
}

}  // namespace socle::testing
