#include "cell/ring/lane.hpp"

#include <sched.h>

#include <algorithm>

namespace socle::cell {
namespace {

// What only urgent messages may take, by class.
constexpr std::array<std::size_t, block_classes.size()> reserve{16, 4, 1};

std::size_t class_of(std::uint32_t block) {
  return block < block_classes[1].first ? 0 : block < block_classes[2].first ? 1 : 2;
}

const ProducerPart& producer_part(const std::byte* pair) { return *reinterpret_cast<const ProducerPart*>(pair); }
const ConsumerPart& consumer_part(const std::byte* pair) {
  return *reinterpret_cast<const ConsumerPart*>(pair + sizeof(ProducerPart));
}

}  // namespace

Producer::Producer(std::byte* mine, const std::byte* theirs, Slab& slab)
    : mine_(const_cast<ProducerPart&>(producer_part(mine))),
      theirs_(consumer_part(theirs)),
      blocks_(mine + Layout::blocks_at),
      slab_(slab) {
  for (std::size_t c = 0; c < block_classes.size(); ++c) {
    for (std::uint32_t i = block_classes[c].count; i > 0; --i) free_[c].push_back(block_classes[c].first + i - 1);
  }
}

std::optional<Room> Producer::take_now(std::size_t size, bool urgent) {
  for (std::size_t c = 0; c < block_classes.size(); ++c) {
    if (size > block_classes[c].size || free_[c].size() <= (urgent ? 0 : reserve[c])) continue;
    const std::uint32_t block = free_[c].back();
    free_[c].pop_back();
    leased_.set(block);
    ++out_;
    return Room{block, blocks_ + block_offset(block), block_classes[c].size};
  }
  if (size <= block_classes.back().size || slab_leased_.size() >= slab_leases) return std::nullopt;
  const auto unit = slab_.lease(size);
  if (!unit) return std::nullopt;
  slab_leased_.push_back(*unit);
  ++out_;
  return Room{slab_base + *unit, slab_.at(*unit), rounded(size, slab_unit)};
}

std::optional<Room> Producer::take(std::size_t size, bool urgent) {
  collect();
  if (broken()) return std::nullopt;
  if (auto room = take_now(size, urgent)) return room;
  starved_ = true;
  mine_.starved.store(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // give_back(): returned, fence, starved
  collect();
  return broken() ? std::nullopt : take_now(size, urgent);
}

void Producer::satisfied() {
  if (!starved_) return;
  starved_ = false;
  mine_.starved.store(0, std::memory_order_relaxed);
}

bool Producer::push(const Room& room, std::size_t size) {
  Slot& slot = mine_.slots[pushed_ % ring_slots];
  slot.block.store(room.block, std::memory_order_relaxed);
  slot.size.store(static_cast<std::uint32_t>(size), std::memory_order_relaxed);
  mine_.core.store(static_cast<std::uint32_t>(sched_getcpu()), std::memory_order_relaxed);
  mine_.pushed.store(++pushed_, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // sleep(): sleeps, fence, pushed
  const std::uint32_t sleeps = theirs_.sleeps.load(std::memory_order_relaxed);
  if ((sleeps & 1) == 0 || sleeps == woken_) return false;
  woken_ = sleeps;
  return true;
}

bool Producer::put_back(std::uint32_t block) {
  if (block < block_count) {
    if (!leased_.test(block)) return false;
    leased_.reset(block);
    free_[class_of(block)].push_back(block);
    return true;
  }
  const auto lease = std::find(slab_leased_.begin(), slab_leased_.end(), block - slab_base);
  if (block < slab_base || lease == slab_leased_.end()) return false;
  slab_.release(*lease);
  slab_leased_.erase(lease);
  return true;
}

void Producer::collect() {
  if (broken()) return;
  const std::uint32_t returned = theirs_.returned.load(std::memory_order_acquire);
  if (returned - collected_ > out_) {
    fault_ = "it gave back more blocks than it had";
    return;
  }
  for (; collected_ != returned; ++collected_) {
    if (!put_back(theirs_.returns[collected_ % ring_slots].load(std::memory_order_relaxed))) {
      fault_ = "it gave back a block that it did not have";
      return;
    }
    --out_;
  }
}

Consumer::Consumer(std::byte* mine, const std::byte* theirs, const std::byte* their_slab)
    : mine_(const_cast<ConsumerPart&>(consumer_part(mine))),
      theirs_(producer_part(theirs)),
      blocks_(theirs + Layout::blocks_at),
      slab_(their_slab) {}

std::optional<Taken> Consumer::next() {
  if (broken()) return std::nullopt;
  const std::uint32_t pushed = theirs_.pushed.load(std::memory_order_acquire);
  if (pushed == taken_) return std::nullopt;
  if (pushed - taken_ > ring_slots) {
    fault_ = "its ring ran over";
    return std::nullopt;
  }
  const Slot& slot = theirs_.slots[taken_ % ring_slots];
  const std::uint32_t block = slot.block.load(std::memory_order_relaxed);
  const std::uint32_t size = slot.size.load(std::memory_order_relaxed);
  ++taken_;
  if (block < block_count && size <= block_classes[class_of(block)].size)
    return Taken{block, size, blocks_ + block_offset(block)};
  const std::uint32_t unit = block - slab_base;
  if (block >= slab_base && unit < slab_units && size <= slab_size - unit * slab_unit)
    return Taken{block, size, slab_ + unit * slab_unit};
  fault_ = "it pushed a message that no block holds";
  return std::nullopt;
}

bool Consumer::give_back(std::uint32_t block) {
  mine_.returns[returned_ % ring_slots].store(block, std::memory_order_relaxed);
  mine_.returned.store(++returned_, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // take(): starved, fence, returned
  return theirs_.starved.load(std::memory_order_relaxed) != 0;
}

bool Consumer::sleep() {
  sleeps_ |= 1;
  mine_.sleeps.store(sleeps_, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // push(): pushed, fence, sleeps
  if (theirs_.pushed.load(std::memory_order_relaxed) == taken_ || broken()) return true;
  wake();
  return false;
}

void Consumer::wake() {
  if ((sleeps_ & 1) == 0) return;
  mine_.sleeps.store(++sleeps_, std::memory_order_relaxed);
}

}  // namespace socle::cell
