// loader/mapped.hpp: the truth about what is mapped, from the process map. dlclose() answers 0 while a library stays.
// Any thread; reads /proc/self/maps, some 0.1 ms.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "socle/result.hpp"

namespace socle::loader {

// A file's identity, taken while it exists.
struct FileIdentity {
  std::string path;  // canonical
  dev_t device = 0;
  ino_t inode = 0;
};
[[nodiscard]] Result<FileIdentity> identify(const std::filesystem::path& path);

// Number of mappings of the file, by path (also one since deleted) or by device and inode.
[[nodiscard]] Result<std::size_t> count_mappings(const FileIdentity& file);

// Copies `size` bytes at `from`, which may be any garbage, into `to`; false when they are not readable.
// After believe_pointers() it reads without asking: for a process that holds one plugin alone and whose sandbox refuses
// the question (a cell), where a bad pointer hurts nobody else. Once, before anything is loaded.
void believe_pointers();
[[nodiscard]] bool copy_if_readable(const void* from, void* to, std::size_t size);

}  // namespace socle::loader
