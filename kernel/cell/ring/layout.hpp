// cell/ring/layout.hpp: what lies where in the two shared memories of a cell. Both have the same shape:
//
//   head (one page) │ text, only in `down` │ pair 0 │ pair 1 │ … │ slab
//   a pair: ProducerPart of the lane this side writes │ ConsumerPart of the lane it reads │ blocks of the lane it
//   writes
//
// So each side writes only its own memory. Everything in the peer's is read once and checked.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace socle::cell {

inline constexpr std::size_t page = 4096;

// Blocks of a lane by size; a message takes the smallest that holds it.
struct BlockClass {
  std::uint32_t first, count, size;
};
inline constexpr std::array<BlockClass, 3> block_classes{BlockClass{0, 256, 1 << 10}, BlockClass{256, 64, 8 << 10},
                                                         BlockClass{320, 8, 72 << 10}};
inline constexpr std::uint32_t block_count = 328;
inline constexpr std::size_t blocks_size = (256U << 10) + (64U * (8U << 10)) + (8U * (72U << 10));

// Longer messages: runs of units of the slab, named by slab_base + first unit. A little over 64 MiB, the largest
// payload.
inline constexpr std::uint32_t slab_base = 1U << 16;
inline constexpr std::uint32_t slab_units = 1056;
inline constexpr std::size_t slab_unit = 64U << 10;
inline constexpr std::size_t slab_size = slab_units * slab_unit;
inline constexpr std::uint32_t slab_leases = 64;  // of one lane at a time

// More than blocks and slab leases together, so neither ring can run over while both sides keep to the rules.
inline constexpr std::uint32_t ring_slots = 512;
static_assert(block_count + slab_leases < ring_slots);

struct Slot {
  std::atomic<std::uint32_t> block, size;
};

struct ProducerPart {
  alignas(64) std::atomic<std::uint32_t> pushed;   // slots filled so far
  std::atomic<std::uint32_t> core;                 // that the last push was made on; a hint, see Worker::expect()
  alignas(64) std::atomic<std::uint32_t> starved;  // 1: wake me when a block comes back
  alignas(64) std::array<Slot, ring_slots> slots;
};

struct ConsumerPart {
  alignas(64) std::atomic<std::uint32_t> sleeps;    // odd: asleep since that many changes
  alignas(64) std::atomic<std::uint32_t> returned;  // blocks given back so far
  alignas(64) std::array<std::atomic<std::uint32_t>, ring_slots> returns;
};

[[nodiscard]] constexpr std::size_t rounded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

// Offsets in one of the two memories.
struct Layout {
  std::uint32_t pairs = 0;
  std::size_t text = 0;  // bytes of text behind the head

  static constexpr std::size_t blocks_at = rounded(sizeof(ProducerPart) + sizeof(ConsumerPart), page);
  static constexpr std::size_t stride = rounded(blocks_at + blocks_size, page);

  [[nodiscard]] constexpr std::size_t pair(std::uint32_t i) const { return page + rounded(text, page) + i * stride; }
  [[nodiscard]] constexpr std::size_t slab() const { return pair(pairs); }
  [[nodiscard]] constexpr std::size_t size() const { return slab() + slab_size; }
};

// Where a block lies, counted from the lane's first.
[[nodiscard]] constexpr std::size_t block_offset(std::uint32_t block) {
  std::size_t at = 0;
  for (const BlockClass& c : block_classes) {
    if (block < c.first + c.count) return at + std::size_t{block - c.first} * c.size;
    at += std::size_t{c.count} * c.size;
  }
  return at;
}

}  // namespace socle::cell
