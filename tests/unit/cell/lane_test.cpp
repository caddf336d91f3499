// One lane between two threads of one process; what a hostile peer may write.
#include <catch2/catch.hpp>

#include <cstring>
#include <thread>
#include <vector>

#include "cell/ring/lane.hpp"

using namespace socle::cell;

namespace {

// Both memories of one pair, and the two ends of the lane `down`.
struct Ends {
  static constexpr Layout layout{1, 0};
  std::vector<std::byte> down = std::vector<std::byte>(Layout::stride + page), up = down;
  std::vector<std::byte> slab_memory = std::vector<std::byte>(slab_unit * 4 + page);
  std::byte* d = aligned(down);
  std::byte* u = aligned(up);
  Slab slab{aligned(slab_memory)};
  Producer producer{d, u, slab};
  Consumer consumer{u, d, aligned(slab_memory)};

  static std::byte* aligned(std::vector<std::byte>& v) {
    return reinterpret_cast<std::byte*>(rounded(reinterpret_cast<std::uintptr_t>(v.data()), page));
  }
  ConsumerPart& consumer_part() { return *reinterpret_cast<ConsumerPart*>(u + sizeof(ProducerPart)); }
  ProducerPart& producer_part() { return *reinterpret_cast<ProducerPart*>(d); }
};

}  // namespace

TEST_CASE("lane: messages arrive in order and in place", "[cell]") {
  Ends e;
  for (char c = 'a'; c < 'd'; ++c) {
    const auto room = e.producer.take(100);
    REQUIRE(room);
    std::memset(room->at, c, 100);
    CHECK_FALSE(e.producer.push(*room, 100));
  }
  for (char c = 'a'; c < 'd'; ++c) {
    const auto taken = e.consumer.next();
    REQUIRE(taken);
    CHECK(taken->size == 100);
    CHECK(static_cast<char>(taken->at[99]) == c);
  }
  CHECK_FALSE(e.consumer.next());
}

TEST_CASE("lane: blocks come back in any order, so one kept long holds up nobody", "[cell]") {
  Ends e;
  const auto first = e.producer.take(10);
  static_cast<void>(e.producer.push(*first, 10));
  const auto kept = e.consumer.next();
  for (int i = 0; i < 5000; ++i) {
    const auto room = e.producer.take(10);
    REQUIRE(room);
    static_cast<void>(e.producer.push(*room, 10));
    const auto taken = e.consumer.next();
    REQUIRE(taken);
    CHECK_FALSE(e.consumer.give_back(taken->block));
  }
  CHECK(e.producer.outstanding() >= 1);
  static_cast<void>(e.consumer.give_back(kept->block));
  REQUIRE(e.producer.take(10));
  CHECK(e.producer.outstanding() == 1);
}

TEST_CASE("lane: a message takes the smallest class that holds it, and a larger one when that is used up", "[cell]") {
  Ends e;
  CHECK(e.producer.take(1024)->size == 1024);
  CHECK(e.producer.take(1025)->size == 8192);
  CHECK(e.producer.take(8193)->size == 72 * 1024);
  CHECK(e.producer.take(72 * 1024 + 1)->block == slab_base);
  std::size_t size = 1024;
  while (size == 1024) size = e.producer.take(1)->size;
  CHECK(size == 8192);
}

TEST_CASE("lane: the last blocks are for urgent messages", "[cell]") {
  Ends e;
  while (e.producer.take(1)) {}
  const auto room = e.producer.take(1, true);
  REQUIRE(room);
  CHECK(room->size == 1024);
  CHECK_FALSE(e.producer.take(1));
}

TEST_CASE("lane: who waits for room is woken when a block comes back, and only then", "[cell]") {
  Ends e;
  std::vector<std::uint32_t> out;
  while (const auto room = e.producer.take(72 * 1024)) {
    static_cast<void>(e.producer.push(*room, 1));
    out.push_back(e.consumer.next()->block);
  }
  CHECK(e.consumer.give_back(out.back()));
  CHECK(e.producer.take(72 * 1024));
  e.producer.satisfied();
  out.pop_back();
  CHECK_FALSE(e.consumer.give_back(out.back()));
}

TEST_CASE("lane: a sleeper is woken once a sleep", "[cell]") {
  Ends e;
  const auto push = [&e] { return e.producer.push(*e.producer.take(1), 1); };
  CHECK_FALSE(push());
  CHECK_FALSE(e.consumer.sleep());  // something is there
  CHECK(e.consumer.next());
  CHECK(e.consumer.sleep());
  CHECK(push());
  CHECK_FALSE(push());
  e.consumer.wake();
  while (e.consumer.next()) {}
  CHECK_FALSE(push());
  CHECK(e.consumer.next());
  CHECK(e.consumer.sleep());
  CHECK(push());
}

TEST_CASE("lane: 200,000 messages cross two threads whole and in order", "[cell]") {
  Ends e;
  constexpr std::uint64_t most = 200'000;
  std::thread writer([&e] {
    for (std::uint64_t i = 0; i < most;) {
      const auto room = e.producer.take(i % 7 == 0 ? 2000 : 64);
      if (!room) {
        std::this_thread::yield();
        continue;
      }
      std::memcpy(room->at, &i, sizeof i);
      std::memcpy(room->at + 32, &i, sizeof i);
      static_cast<void>(e.producer.push(*room, 64));
      ++i;
    }
  });
  std::uint64_t wrong = 0;
  std::vector<std::uint32_t> kept;
  for (std::uint64_t i = 0; i < most;) {
    const auto taken = e.consumer.next();
    if (!taken) {
      std::this_thread::yield();
      continue;
    }
    std::uint64_t a = 0, b = 0;
    std::memcpy(&a, taken->at, sizeof a);
    std::memcpy(&b, taken->at + 32, sizeof b);
    wrong += a != i || b != i ? 1 : 0;
    kept.push_back(taken->block);
    if (kept.size() == 20) {  // back in another order than they came
      for (; !kept.empty(); kept.pop_back()) static_cast<void>(e.consumer.give_back(kept.back()));
    }
    ++i;
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK_FALSE(e.producer.broken());
  CHECK_FALSE(e.consumer.broken());
}

TEST_CASE("lane: a producer that is lied to about blocks is broken, and gives no room any more", "[cell]") {
  Ends e;
  const auto room = e.producer.take(1);
  static_cast<void>(e.producer.push(*room, 1));
  SECTION("more came back than went out") {
    e.consumer_part().returned = 2;
    CHECK_FALSE(e.producer.take(1));
    CHECK(e.producer.fault() == "it gave back more blocks than it had");
  }
  SECTION("a block that is not out") {
    e.consumer_part().returns[0] = room->block + 1;
    e.consumer_part().returned = 1;
    CHECK_FALSE(e.producer.take(1));
    CHECK(e.producer.fault() == "it gave back a block that it did not have");
  }
  SECTION("a block that does not exist") {
    e.consumer_part().returns[0] = 0xFFFFFFFF;
    e.consumer_part().returned = 1;
    CHECK_FALSE(e.producer.take(1));
    CHECK(e.producer.fault() == "it gave back a block that it did not have");
  }
  SECTION("a count that went back") {
    e.consumer_part().returned = 0xFFFFFFFF;
    CHECK_FALSE(e.producer.take(1));
  }
  CHECK(e.producer.broken());
}

TEST_CASE("lane: a consumer that is lied to about messages is broken, and reads nothing any more", "[cell]") {
  Ends e;
  ProducerPart& part = e.producer_part();
  SECTION("a ring that ran over") {
    part.pushed = ring_slots + 1;
    CHECK_FALSE(e.consumer.next());
    CHECK(e.consumer.fault() == "its ring ran over");
  }
  SECTION("a size that the block has not") {
    part.slots[0].block = 0;
    part.slots[0].size = 1025;
    part.pushed = 1;
    CHECK_FALSE(e.consumer.next());
    CHECK(e.consumer.fault() == "it pushed a message that no block holds");
  }
  SECTION("a block behind the last") {
    part.slots[0].block = block_count;
    part.slots[0].size = 1;
    part.pushed = 1;
    CHECK_FALSE(e.consumer.next());
  }
  SECTION("a run that leaves the slab") {
    part.slots[0].block = slab_base + slab_units - 1;
    part.slots[0].size = slab_unit + 1;
    part.pushed = 1;
    CHECK_FALSE(e.consumer.next());
  }
  CHECK(e.consumer.broken());
  part.pushed = 2;
  CHECK_FALSE(e.consumer.next());
}
