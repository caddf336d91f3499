// verify.hpp: is the trail in a directory what was written? Reads every byte of it, changes nothing, needs no kernel
// and may run beside one. Blocking.
#pragma once

#include <optional>
#include <string>

#include "socle/audit/digest.hpp"

namespace socle::audit {

struct Finding {
  std::string file;  // relative to the directory
  std::uint64_t offset = 0;
  std::uint64_t sequence = 0;  // 0: not of an entry
  std::string what, expected, found;
};

struct Report {
  std::optional<Finding> finding;     // the first bad thing; nothing: all is as it was written
  std::uint64_t first = 0, last = 0;  // sequences that were checked
  std::uint64_t segments = 0, bytes = 0, erased = 0;
  std::uint64_t unsigned_entries = 0;  // after the head: written in the moment before a crash, or since we looked
  std::uint64_t unfinished_bytes = 0;  // after those: cut off at the next start, their events are still in storage
  Digest key{}, chain{};
  std::string signed_at;  // UTC
};

// `key`: the public key that must have signed; nothing: DIRECTORY/key.pub, which proves less, as who can change the
// trail may have changed it too.
[[nodiscard]] Report verify_trail(const std::string& directory, const std::optional<Digest>& key = std::nullopt);

}  // namespace socle::audit
