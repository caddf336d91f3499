// refused_passwords.hpp: passwords that the operator has listed in a file so that nobody sets them. Two forms:
//
//   plain text, a password a line: read once, kept as 64-bit hashes;
//   SHA-1 in hexadecimal, perhaps with :COUNT, ordered by hash, as lists of breached passwords are published: of any
//   size. Nothing of it is kept: a look-up bisects the file, some forty short reads.
//
// The file is read and not mapped: one that is cut short meanwhile is an error of that look-up, where a mapping would
// end the process. Replaced by rename, the old one is used until the next start or swap. open() and contains() wait for
// the disk: staging and offload threads. Immutable; any number of threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::auth {

class RefusedPasswords {
 public:
  static constexpr std::uint64_t largest_plain = std::uint64_t{64} << 20;

  // The error names the file, what was found in it and what was wanted.
  static Result<std::shared_ptr<const RefusedPasswords>> open(const std::string& path);
  ~RefusedPasswords();
  RefusedPasswords(const RefusedPasswords&) = delete;
  RefusedPasswords& operator=(const RefusedPasswords&) = delete;

  // Compared as typed, byte by byte. The error names no path: clients see it.
  [[nodiscard]] Result<bool> contains(std::string_view password) const;

 private:
  struct Line {
    std::uint64_t start = 0, next = 0;
    std::string hash;
  };
  explicit RefusedPasswords(int file) : file_(file) {}
  // What is wrong with the file; "": nothing.
  Result<std::string> take_in();
  Result<std::string> check_order() const;
  Result<std::string> read_plain();
  // The first line that begins at `at` or behind it, of ordered hashes.
  [[nodiscard]] Result<std::optional<Line>> line_from(std::uint64_t at) const;

  int file_;
  std::uint64_t size_ = 0;  // without what is blank at the end
  bool hashes_ = false;
  std::vector<std::uint64_t> plain_;  // sorted
};

}  // namespace socle::auth
