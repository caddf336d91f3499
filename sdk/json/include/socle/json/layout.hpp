// layout.hpp: the bytes of a flat document (application/x-socle-doc), as views read and builders write them. For the
// library and its inline readers; users want view.hpp. docs/design/json.md draws the picture. Little-endian only.
//
// A document is 8-byte aligned and position-independent: a header, then payloads. A value is one 64-bit word,
//
//     bits 0-31   at       where its payload starts, in units of 8 bytes from the document's first byte
//     bits 32-35  tag      below
//     bits 36-63  length   bytes of a string or number text, elements of an array, members of an object
//
// and its payload
//     boolean            none; `at` is 0 or 1
//     integer … number   8 bytes (int64, uint64 or double bits), then the number's text, zero-padded to 8
//     string             UTF-8, zero-padded to 8
//     array              `length` words
//     object             `length` pairs {key word, value word} in document order; `length` key hashes (uint32), padded
//                        to 8; then an index unless `length` ≤ scan_limit:
//                          tag object         open addressing: slots(length) entries of 1 byte (length ≤ 255) or 4,
//                                             holding member number + 1, 0 = free; padded to 8
//                          tag object_sorted  `length` member numbers (uint32) sorted by key bytes, padded to 8
// Payloads lie in post-order (key, then its value's payload, …, then the object's own table) with no gap, so each
// position can be predicted: this is what verify() checks, and why nothing can overlap, repeat or form a cycle.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace socle::json::layout {

static_assert(std::endian::native == std::endian::little, "flat documents are little-endian");

enum class Tag : std::uint8_t {
  absent = 0,
  null = 1,
  boolean = 2,
  integer = 3,
  unsigned_integer = 4,
  number = 5,
  string = 6,
  array = 7,
  object = 8,
  object_sorted = 9,
};

struct Header {
  char magic[4];          // "sdoc"
  std::uint16_t version;  // of this layout
  std::uint16_t zero;
  std::uint64_t size;  // bytes of the whole document, header included
  std::uint64_t root;  // word
};
inline constexpr char magic[4] = {'s', 'd', 'o', 'c'};
inline constexpr std::uint16_t version = 1;
static_assert(sizeof(Header) == 24);

inline constexpr std::size_t max_length = (std::size_t{1} << 28) - 1;  // what the length field holds
inline constexpr std::size_t scan_limit = 8;                           // larger objects carry an index
inline constexpr std::size_t probe_limit = 64;  // an index that needs a longer probe is a sorted one instead
inline constexpr unsigned max_depth = 1024;     // containers inside one another, in any document

constexpr std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }
constexpr std::uint64_t word(Tag tag, std::size_t at_bytes, std::size_t length) {
  return (at_bytes >> 3) | (std::uint64_t{static_cast<std::uint8_t>(tag)} << 32) | (std::uint64_t{length} << 36);
}
constexpr Tag tag_of(std::uint64_t word) { return static_cast<Tag>((word >> 32) & 15); }
constexpr std::size_t at_of(std::uint64_t word) { return (word & 0xffffffffu) << 3; }
constexpr std::size_t length_of(std::uint64_t word) { return word >> 36; }

constexpr std::size_t slots(std::size_t length) { return std::bit_ceil(length * 2); }
constexpr bool narrow(std::size_t length) { return length <= 255; }
constexpr std::size_t index_size(Tag tag, std::size_t length) {
  if (length <= scan_limit) return 0;
  if (tag == Tag::object_sorted) return padded(length * 4);
  return padded(narrow(length) ? slots(length) : slots(length) * 4);
}

inline std::uint64_t load64(const char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, 8);
  return value;
}
inline std::uint32_t load32(const char* from) {
  std::uint32_t value;
  std::memcpy(&value, from, 4);
  return value;
}

// One step of the key hash: the two halves of a 64 x 64 bit product folded together, as in wyhash.
__extension__ using Wide = unsigned __int128;
constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
inline constexpr std::uint64_t hash_seed = 0x9e3779b97f4a7c15u;
inline constexpr std::uint64_t hash_prime = 0xa0761d6478bd642fu;
constexpr std::uint32_t hash_end(std::uint64_t state, std::size_t size) {
  return static_cast<std::uint32_t>(fold(state ^ size, 0xe7037ed1a0b428dbu) >> 7);
}

// Hash of a key whose bytes are zero-padded to a multiple of 8, as they are inside a document.
inline std::uint32_t hash_padded(const char* bytes, std::size_t size) {
  std::uint64_t state = hash_seed;
  for (std::size_t i = 0; i < size; i += 8) state = fold(state ^ load64(bytes + i), hash_prime);
  return hash_end(state, size);
}

// The same hash of bytes anywhere. Part of the format: never changes within a layout version.
constexpr std::uint32_t hash_key(std::string_view key) {
  std::uint64_t state = hash_seed;
  for (std::size_t i = 0; i < key.size(); i += 8) {
    std::uint64_t part = 0;
    const std::size_t rest = key.size() - i;
    if (!std::is_constant_evaluated() && rest >= 8) {
      part = load64(key.data() + i);
    } else {
      for (std::size_t j = 0; j < 8 && j < rest; ++j)
        part |= std::uint64_t{static_cast<unsigned char>(key[i + j])} << (8 * j);
    }
    state = fold(state ^ part, hash_prime);
  }
  return hash_end(state, key.size());
}

}  // namespace socle::json::layout
