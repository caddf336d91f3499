// file.hpp: reading small files whole, with a bound, and seeing whether a file has changed.
// Blocking; staging thread, offload pool or CLI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "socle/result.hpp"

namespace socle::manifest {

// Errors: not_found, denied, too_large, unavailable (any other failure), invalid (not a regular file).
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

// What a watcher saw of a file; two equal looks mean that nobody wrote between them.
struct FileLook {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_at = 0;  // ns, the later of mtime and ctime: a copy that keeps mtime still moves ctime
  friend bool operator==(const FileLook&, const FileLook&) = default;
};
[[nodiscard]] Result<FileLook> look_at(const std::filesystem::path& path);

}  // namespace socle::manifest
