// record.hpp: which plugins have crashed the kernel's process, kept in DATA/crash-record, one a line:
// "PLUGIN VERSION CRASHES". The supervisor counts (the kernel is dead then); the lifecycle reads it at boot, gives a
// plugin that crashed twice the home `cell`, and forgets it when the operator brings another version or decides its
// home. Never both at once. Blocks on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::crash {

inline constexpr uint32_t crashes_before_cell = 2;

class Record {
 public:
  // A missing or unreadable file is an empty record: it is a hint, the manifest is the truth.
  static Record open(const std::filesystem::path& data);

  // Crashes of this version of the plugin.
  [[nodiscard]] uint32_t crashes(std::string_view plugin, std::string_view version) const;
  // One more; its crashes so far.
  uint32_t count(const std::string& plugin, const std::string& version);
  // false: nothing was known of it.
  bool forget(const std::string& plugin);
  Status keep() const;

 private:
  struct Entry {
    std::string version;
    uint32_t crashes = 0;
  };
  explicit Record(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace socle::crash
