// loader/store.hpp: where verified libraries lie.
//
//   DATA/store/<sha256>.so      content-addressed, durable, with <sha256>.sig when signed; hashed again when read
//   DATA/gen/<seq>-<hash12>.so  one private copy per generation, what dlopen sees; never a link, never a name twice in
//                               the life of a process, because the dynamic linker answers either with old code
//
// Bytes go from memory (Verified) to disk and never the other way unchecked. Folders are private (0700). One Store per
// data folder, whose lock the kernel holds; calls from several threads are fine, all block on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "loader/verify.hpp"
#include "socle/result.hpp"

namespace socle::loader {

// The file of one generation. Library::close() deletes it once it is unmapped; what a crash leaves, open() deletes.
struct Copy {
  std::filesystem::path path;  // absolute
  std::uint64_t sequence = 0;
  std::string sha256;
};

class Store {
 public:
  // Makes the folders under `data` and deletes leftovers in gen/ and unfinished temporaries in store/.
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& data);

  // Keeps the bytes durably; a stored file that is damaged is replaced.
  [[nodiscard]] Status put(const Verified& verified) const;

  // Runs every check again on stored content: the trust list or the kernel may have changed since. NOT_FOUND when it
  // was never stored, DATA_LOSS when its bytes no longer have their hash.
  [[nodiscard]] Result<Verified> get(const std::string& sha256, const Expected& expected, const Policy& policy) const;

  // Deletes stored libraries (and their signatures) whose hash is not in `needed`.
  [[nodiscard]] Status keep_only(const std::set<std::string>& needed) const;

  // A fresh private copy of the verified bytes for one generation.
  [[nodiscard]] Result<Copy> copy(const Verified& verified) const;

 private:
  explicit Store(std::filesystem::path data) : data_(std::move(data)) {}
  [[nodiscard]] std::filesystem::path file(const std::string& sha256, const char* extension) const;
  std::filesystem::path data_;
};

}  // namespace socle::loader
