// file.hpp: reading small files whole, with a bound and, for the watcher, with proof that nobody is still writing.
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

struct StableText {
  std::string text;
  FileLook look;  // hand it to the next read_stable() as `known`
};

// A manifest for the directory watch, only when it is whole. `earlier` is the look of the watcher's last round (it
// decides how far apart rounds are; nothing here sleeps). Answers unavailable ("… is still being written") when there
// was no earlier look, when the file has changed since it or while it was read, or when the text does not end as a
// finished file does: the reader of manifests then also refuses everything that does not parse, so a cut inside a
// line or a bracket never passes. A cut exactly between two lines cannot be told from a shorter file by its content;
// the two equal looks are there for that. A writer who renames a finished file into place is always seen whole.
[[nodiscard]] Result<StableText> read_stable(const std::filesystem::path& path, const std::optional<FileLook>& earlier);

}  // namespace socle::manifest
