// index.hpp: SEGMENT.index, by which entries of a tenant, a trace or a target are found without reading the segment. A
// block of 1 KiB for each 64 KiB of the segment: where its records begin and a Bloom filter of their keys. A block is
// written when the first record of the next one has been; what follows the last block is read as it is.
//
//   0 u32 offset of its first record   4 u32 offset after its last   8 u64 first sequence   16 u32 records, u32 zero
//   24 filter of 992 bytes   1016 first 8 bytes of SHA-256 of what is before
//
// Derived from the segment: losing it costs a scan at the next start.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "socle/audit/record.hpp"

namespace socle::audit {

inline constexpr std::size_t index_block = 1024;
inline constexpr std::uint64_t block_span = 64 * 1024;

[[nodiscard]] std::uint64_t key_of_tenant(std::uint64_t tag);
[[nodiscard]] std::uint64_t key_of_trace(std::string_view trace);
[[nodiscard]] std::uint64_t key_of_target(std::string_view target);

class Block {
 public:
  std::uint32_t first = 0, end = 0, count = 0;
  std::uint64_t sequence = 0;
  // A record at `offset` belongs to this block?
  [[nodiscard]] bool holds(std::uint64_t offset) const {
    return count == 0 || offset / block_span == first / block_span;
  }
  void add(std::uint64_t offset, const Record& record, std::string_view trace, std::string_view target);
  // As payloads have it; what cannot be read has no keys but the tenant's.
  void add(std::uint64_t offset, const Record& record, std::string_view payload);
  [[nodiscard]] bool may_have(std::uint64_t key) const;
  // Everything `other` has is here too.
  [[nodiscard]] bool covers(const Block& other) const;
  [[nodiscard]] std::string encode() const;
  // Nothing: its own checksum disagrees.
  [[nodiscard]] static std::optional<Block> decode(std::string_view bytes);

 private:
  static constexpr std::size_t filter_bytes = 992;
  void put(std::uint64_t key);
  std::array<unsigned char, filter_bytes> filter_{};
};

}  // namespace socle::audit
