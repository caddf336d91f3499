// attack.cpp: cells that answer ready and then write whatever they like into the memory they share with the kernel, or
// take nothing out of it.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <deque>
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

// The two memories as a cell holds them, and its first word.
struct Den {
  const CellBoot& boot;
  const std::uint32_t pairs = boot.workers + 1;
  const Layout layout{pairs, 0};
  Result<Memory> up = Memory::map(boot.up, layout.size(), true);
  Result<Memory> head = Memory::map(boot.down, page, false, true);
  Layout down_layout{};
  Result<Memory> down = Error{Code::internal, ""};

  explicit Den(const CellBoot& given) : boot(given) {
    if (!up || !head) _exit(1);
    down_layout = Layout{pairs, reinterpret_cast<const DownHead*>(head->data())->text};
    down = Memory::map(boot.down, down_layout.size(), false);
    if (!down) _exit(1);
  }
  void wake(std::uint32_t pair) const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(boot.wake_kernel[pair], &one, sizeof one);
  }
  [[nodiscard]] std::byte* mine(std::uint32_t pair) { return up->data() + layout.pair(pair); }
  [[nodiscard]] const std::byte* theirs(std::uint32_t pair) { return down->data() + down_layout.pair(pair); }
  static bool say(Producer& lane, Outgoing& message) {
    const auto room = lane.take(message.measure());
    if (!room) return false;
    message.write(room->at);
    static_cast<void>(lane.push(*room, message.measure()));
    return true;
  }
  void ready(Producer& lane) {
    Outgoing message(Kind::ready);
    say(lane, message);
    wake(pairs - 1);
  }
};

}  // namespace

void attack(const CellBoot& boot) {
  const char* seed = std::getenv("SOCLE_SEED");
  std::mt19937_64 random(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1);
  Den den(boot);
  const std::uint32_t pairs = den.pairs;
  const Layout layout = den.layout;
  // Both must fail: the kernel's memory cannot be written, nor the size of either changed.
  if (Memory::map(boot.down, den.down_layout.size(), true) || ftruncate(boot.up, 0) == 0) _exit(2);
  Slab slab(den.up->data() + layout.slab());
  {
    Producer lane(den.mine(pairs - 1), den.theirs(pairs - 1), slab);
    den.ready(lane);
  }
  const bool garbage = random() % 2 == 0;  // else well-formed rings with senseless messages
  for (std::uint32_t pushed = 1;; ++pushed) {
    const auto pair = static_cast<std::uint32_t>(random() % pairs);
    std::byte* at = den.mine(pair);
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
      part.slots[count % ring_slots].size =
          static_cast<std::uint32_t>(sizeof(Head) + random() % (block_classes[0].size - sizeof(Head)));
      part.pushed = count + 1;
    }
    den.wake(pair);
    if (pushed % 16 == 0) usleep(50);  // a pace, not a wait: the kernel shall read in between
  }
}

void hoard(const CellBoot& boot) {
  Den den(boot);
  Slab slab(den.up->data() + den.layout.slab());
  Producer staging(den.mine(den.pairs - 1), den.theirs(den.pairs - 1), slab);
  den.ready(staging);
  Producer lane(den.mine(0), den.theirs(0), slab);
  for (std::uint64_t number = 1;; ++number) {
    Outgoing question(Kind::limit);
    question.head.number = number;
    if (!Den::say(lane, question)) usleep(50);  // until the kernel has read some
    den.wake(0);
  }
}

void lie(const CellBoot& boot) {
  Den den(boot);
  Slab slab(den.up->data() + den.layout.slab());
  std::deque<Producer> out;
  std::deque<Consumer> in;
  for (std::uint32_t i = 0; i < den.pairs; ++i) {
    out.emplace_back(den.mine(i), den.theirs(i), slab);
    in.emplace_back(den.mine(i), den.theirs(i), den.down->data() + den.down_layout.slab());
  }
  den.ready(out.back());
  Scratch scratch;
  for (;; usleep(100)) {
    for (std::uint32_t i = 0; i < den.pairs; ++i) {
      while (const auto taken = in[i].next()) {
        const auto message = read_message(taken->at, taken->size, scratch, true);
        static_cast<void>(in[i].give_back(taken->block));
        if (!message || message->head.kind != Kind::call) continue;
        Outgoing reply(Kind::reply);
        reply.head.number = message->head.number;
        reply.head.flags = flag_closed;
        reply.head.time = INT64_MAX;
        Den::say(out[i], reply);
        den.wake(i);
      }
    }
  }
}

}  // namespace socle::cell::test
