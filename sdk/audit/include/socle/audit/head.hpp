// head.hpp: where the trail ends, signed. 256 bytes in the file `head`:
//
//    0 "SOCLEAH1"   8 u64 last sequence   16 u64 segment it lies in   24 u64 offset of its end   32 u64 first sequence
//   kept   40 i64 UTC ns   48 chain at the end   80 chain before the first kept entry   112 public key
//   144 u64 store, commit, number of the last absorbed event   168 zero   192 Ed25519 signature over bytes 0 to 192
//
// The key lies beside it: `key` (32 raw bytes, 0600) and `key.pub` (32 raw bytes, to be kept elsewhere by who wants to
// check). Blocking; no thread of its own.
#pragma once

#include <memory>
#include <string>

#include "socle/audit/record.hpp"

namespace socle::audit {

inline constexpr std::size_t head_size = 256;

struct Head {
  std::uint64_t sequence = 0;  // 0: no entry yet
  std::uint64_t segment = 1;   // named by its first sequence
  std::uint64_t offset = 0;
  std::uint64_t first = 1;
  std::int64_t time_ns = 0;
  Digest chain{}, anchor{};
  Origin origin;
};

class Key {
 public:
  // Reads DIRECTORY/key, or makes both files when neither is there.
  static Result<Key> open_or_make(const std::string& directory);
  [[nodiscard]] const Digest& public_key() const { return public_; }
  [[nodiscard]] std::string sign(const Head& head) const;  // the file's bytes; "" when OpenSSL fails

 private:
  Digest secret_{}, public_{};
};

// The public key that belongs to a secret one.
Result<Digest> public_of(const Digest& secret);
// data_loss: not a head, or not signed by `key`.
Result<Head> read_head(std::string_view bytes, const Digest& key);
// The file `key.pub`, or another one of 32 raw bytes or 64 hex digits.
Result<Digest> read_public_key(const std::string& path);

}  // namespace socle::audit
