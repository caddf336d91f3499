// What the machine says of a process's memory.
#include <catch2/catch.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "cell/process/memory_use.hpp"

using socle::cell::memory_use;
using socle::cell::MemoryUse;

namespace {
constexpr pid_t nobody = 4'194'305;  // above the largest pid that Linux gives
}

TEST_CASE("memory use: a process that takes memory has more by that", "[cell]") {
  constexpr std::size_t size = 32 << 20;
  const auto before = memory_use(getpid());
  REQUIRE(before);
  CHECK(before->share > 0);
  CHECK(before->share <= before->resident);
  CHECK(before->resident < before->mapped);
  void* more = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(more != MAP_FAILED);
  std::memset(more, 1, size);
  const auto after = memory_use(getpid());
  munmap(more, size);
  REQUIRE(after);
  constexpr std::size_t most_of_it = size - (4 << 20);  // the machine may take other pages away meanwhile
  CHECK(after->share >= before->share + most_of_it);
  CHECK(after->resident >= before->resident + most_of_it);
  CHECK(after->mapped >= before->mapped + size);
}

TEST_CASE("memory use: of a process that is not there nothing is known, rather than 0", "[cell]") {
  CHECK_FALSE(memory_use(nobody));
  CHECK_FALSE(memory_use(0));
  const auto known = memory_use(std::vector<pid_t>{nobody, getpid()});
  CHECK(known.size() == 1);
  CHECK(known.contains(getpid()));
}

TEST_CASE("memory use: several processes together have the sum", "[cell]") {
  MemoryUse sum{1, 2, 3};
  sum += MemoryUse{10, 20, 30};
  CHECK(sum.mapped == 11);
  CHECK(sum.resident == 22);
  CHECK(sum.share == 33);
}
