// cell/ring/lane.hpp: one direction between one kernel worker and the cell. One producer, one consumer, no lock:
//
//   producer: take() a block ─▶ write the message into it ─▶ push()          collect() what came back ◀┐
//   consumer:                                          next() ─▶ read, in place or by copying ─▶ give_back(), any order
//
// Waiting: a consumer that finds nothing calls sleep(), and the next push() tells its producer to write the consumer's
// eventfd, once. A producer that finds no block is `starved`, and give_back() tells to wake it.
//
// Nothing in the peer's memory is believed: counts may not run ahead by more than the ring holds, a block must exist
// and hold the size, what is given back must be out. The first offence makes the lane broken() for good: it then
// behaves as empty and full. Nothing is read back from this side's own memory, which a hostile peer might write, too.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cell/ring/layout.hpp"
#include "cell/ring/slab.hpp"

namespace socle::cell {

struct Room {
  std::uint32_t block;
  std::byte* at;
  std::size_t size;
};

class Producer {
 public:
  Producer(std::byte* mine, const std::byte* theirs, Slab& slab);

  // Room for `size` bytes. nullopt: none now. The last blocks of each size are for `urgent` messages.
  std::optional<Room> take(std::size_t size, bool urgent = false);
  // Hands a message of `size` bytes to the consumer; true: write its eventfd.
  [[nodiscard]] bool push(const Room& room, std::size_t size);
  // No message waits for room any more: give_back() need not wake this side.
  void satisfied();
  // Messages this could ever hold.
  [[nodiscard]] static bool fits(std::size_t size) { return size <= slab_size; }

  [[nodiscard]] bool broken() const { return !fault_.empty(); }
  [[nodiscard]] std::string_view fault() const { return fault_; }
  [[nodiscard]] std::size_t outstanding() const { return out_; }

 private:
  void collect();
  bool put_back(std::uint32_t block);
  std::optional<Room> take_now(std::size_t size, bool urgent);

  ProducerPart& mine_;
  const ConsumerPart& theirs_;
  std::byte* blocks_;
  Slab& slab_;
  std::uint32_t pushed_ = 0, collected_ = 0, woken_ = 0;
  std::array<std::vector<std::uint32_t>, block_classes.size()>
      free_;  // the last used is used first: its pages are warm
  std::bitset<block_count> leased_;
  std::vector<std::uint32_t> slab_leased_;
  std::size_t out_ = 0;
  bool starved_ = false;
  std::string_view fault_;
};

struct Taken {
  std::uint32_t block;
  std::uint32_t size;
  const std::byte* at;
};

class Consumer {
 public:
  Consumer(std::byte* mine, const std::byte* theirs, const std::byte* their_slab);

  // The next message, or nullopt when there is none.
  std::optional<Taken> next();
  // true: the producer waits for room; write its eventfd.
  [[nodiscard]] bool give_back(std::uint32_t block);
  // Declares that nobody looks any more until the eventfd is written. false: something has come meanwhile, go on.
  [[nodiscard]] bool sleep();
  // Takes that back: this side looks again.
  void wake();
  // Where the producer last ran, as it says.
  [[nodiscard]] std::uint32_t core_of_producer() const { return theirs_.core.load(std::memory_order_relaxed); }

  [[nodiscard]] bool broken() const { return !fault_.empty(); }
  [[nodiscard]] std::string_view fault() const { return fault_; }

 private:
  ConsumerPart& mine_;
  const ProducerPart& theirs_;
  const std::byte* blocks_;
  const std::byte* slab_;
  std::uint32_t taken_ = 0, returned_ = 0, sleeps_ = 0;
  std::string_view fault_;
};

}  // namespace socle::cell
