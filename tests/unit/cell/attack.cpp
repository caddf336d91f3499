// attack.cpp: a cell that answers ready and then writes whatever it likes into the memory it shares with the kernel.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "built_in.hpp"
#include "cell/ring/boot_text.hpp"
#include "cell/ring/lane.hpp"
#include "cell/ring/memory.hpp"
#include "cell/ring/message.hpp"

namespace socle::cell::test {
namespace {

// Plausible heads: what a fuzzer would have to find by luck.
Head random_head(std::mt19937_64& random) {
  Head head;
  auto* bytes = reinterpret_cast<unsigned char*>(&head);
  const bool small = random() % 4 != 0;
  for (size_t i = 0; i < sizeof head; ++i) bytes[i] = small ? 0 : static_cast<unsigned char>(random());
  head.kind = static_cast<Kind>(random() % 22);
  head.number = random() % 3 == 0 ? random() : (random() % 3) << 56 | (random() % 70) << 32 | random() % 40;
  head.acts_for = random() % 3 == 0 ? random() : (random() % 3) << 56 | (random() % 70) << 32 | random() % 40;
  head.status = static_cast<std::int32_t>(random() % 20);
  if (small) {
    for (auto& size : head.sizes) size = static_cast<std::uint32_t>(random() % 200);
    head.meta_count = static_cast<std::uint32_t>(random() % 4);
    head.pair_bytes = static_cast<std::uint32_t>(random() % 100);
  }
  return head;
}

}  // namespace

void attack(const CellBoot& boot) {
  const char* seed = std::getenv("SOCLE_SEED");
  std::mt19937_64 random(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1);
  const std::uint32_t pairs = boot.workers + 1;
  const Layout layout{pairs, 0};
  auto up = Memory::map(boot.up, layout.size(), true);
  auto head = Memory::map(boot.down, page, false, true);
  if (!up || !head) _exit(1);
  const Layout down_layout{pairs, reinterpret_cast<const DownHead*>(head->data())->text};
  auto down = Memory::map(boot.down, down_layout.size(), false);
  if (!down) _exit(1);
  // Both must fail: the kernel's memory cannot be written, nor the size of either changed.
  if (Memory::map(boot.down, down_layout.size(), true) || ftruncate(boot.up, 0) == 0) _exit(2);
  Slab slab(up->data() + layout.slab());
  const auto wake = [&](std::uint32_t pair) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(boot.wake_kernel[pair], &one, sizeof one);
  };
  {
    Producer lane(up->data() + layout.pair(pairs - 1), down->data() + down_layout.pair(pairs - 1), slab);
    Outgoing ready(Kind::ready);
    const auto room = lane.take(ready.measure());
    ready.write(room->at);
    static_cast<void>(lane.push(*room, ready.measure()));
    wake(pairs - 1);
  }
  const bool garbage = random() % 2 == 0;  // else well-formed rings with senseless messages
  for (std::uint32_t pushed = 1;; ++pushed) {
    const auto pair = static_cast<std::uint32_t>(random() % pairs);
    std::byte* at = up->data() + layout.pair(pair);
    auto& part = *reinterpret_cast<ProducerPart*>(at);
    if (garbage) {
      const size_t from = random() % (Layout::blocks_at + 4096);
      for (size_t i = 0; i < 64 && from + i < Layout::stride; ++i) at[from + i] = static_cast<std::byte>(random());
    } else {
      const std::uint32_t count = part.pushed.load();
      const auto block = static_cast<std::uint32_t>(random() % 8);
      const Head message = random_head(random);
      std::memcpy(at + Layout::blocks_at + block_offset(block), &message, sizeof message);
      part.slots[count % ring_slots].block = block;
      part.slots[count % ring_slots].size = 128 + static_cast<std::uint32_t>(random() % 896);
      part.pushed = count + 1;
    }
    wake(pair);
    if (pushed % 16 == 0) usleep(50);  // a pace, not a wait: the kernel shall read in between
  }
}

}  // namespace socle::cell::test
