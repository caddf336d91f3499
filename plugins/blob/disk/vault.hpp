// vault.hpp: files on the local disk, and the only place that touches it. Everything here blocks: call it on the
// offload pool. No state but the directory's path, so any thread, and several processes at once.
//
//   DIRECTORY/TENANT/ab/abcdef…     whole files, by id
//   DIRECTORY/TENANT/part/abcdef…   what is still arriving
//
// A file appears under its id by a rename after its bytes are on disk, and the rename is on disk when finish() returns.
#pragma once

#include <cstdint>
#include <socle/result.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace socle::blob {

// Of one upload: who holds it is alone with the file until it is destroyed (an advisory lock of the descriptor).
class Part {
 public:
  Part() = default;
  explicit Part(int fd) : fd_(fd) {}
  Part(Part&& other) noexcept;
  Part& operator=(Part&& other) noexcept;
  ~Part();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Stored {
  std::string sha256;  // 64 hex digits
  std::string head;    // the first sniffed_bytes
};

struct Leftover {
  std::string id;
  bool partial = false;
  std::int64_t age_seconds = 0;
};

class Vault {
 public:
  explicit Vault(std::string directory) : directory_(std::move(directory)) {}

  // Opens the upload's file, new or begun, and locks it. Code::conflict: somebody else is writing to it.
  [[nodiscard]] Result<Part> open_part(std::string_view tenant, std::string_view id) const;
  // Makes `bytes` what follows the first `offset` bytes; what was there beyond (of an attempt that was cut off) goes.
  [[nodiscard]] Status append(const Part& part, std::uint64_t offset, std::string_view bytes) const;
  // The checksum and head of the first `size` bytes; cuts what is beyond, and syncs.
  [[nodiscard]] Result<Stored> seal(const Part& part, std::uint64_t size) const;
  // From now on the file is under its id.
  [[nodiscard]] Status finish(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] Result<std::string> read(std::string_view tenant, std::string_view id, std::uint64_t offset,
                                         std::size_t size) const;
  // Whole or partial; absent is fine.
  [[nodiscard]] Status remove(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] Status forget(std::string_view tenant) const;
  [[nodiscard]] Result<std::vector<std::string>> tenants() const;
  // Every file of the tenant, with the time since it was last written to.
  [[nodiscard]] Result<std::vector<Leftover>> list(std::string_view tenant) const;

  // A tenant's folder name: what is not a letter, digit, '-' or '_' is %XX, so that "." and "/" mean nothing.
  [[nodiscard]] static std::string folder_of(std::string_view tenant);
  [[nodiscard]] static std::string tenant_of(std::string_view folder);

 private:
  [[nodiscard]] std::string home(std::string_view tenant) const;
  [[nodiscard]] std::string whole(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] std::string partial(std::string_view tenant, std::string_view id) const;
  const std::string directory_;
};

// Lower-case hexadecimal of 16 random bytes: an id that nobody guesses.
[[nodiscard]] std::string random_id();
[[nodiscard]] bool is_file_id(std::string_view id);

}  // namespace socle::blob
