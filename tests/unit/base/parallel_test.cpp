#include "base/parallel.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using socle::base::for_each_index;

TEST_CASE("parallel: every index comes once, and all work is done on return", "[base]") {
  for (const std::size_t count : {0, 1, 2, 3, 1000}) {
    std::vector<int> met(count);
    for_each_index(count, [&](std::size_t i) { ++met[i]; });
    CHECK(met == std::vector<int>(count, 1));
  }
}

TEST_CASE("parallel: pieces run side by side where there are cores for it", "[base]") {
  if (std::thread::hardware_concurrency() < 2) return;
  std::atomic<int> met{0};
  for_each_index(2, [&](std::size_t) {
    met.fetch_add(1);
    while (met.load() < 2) std::this_thread::yield();  // one thread alone would stay here
  });
  CHECK(met == 2);
}
