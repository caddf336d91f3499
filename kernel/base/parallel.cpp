// base/parallel.cpp: see parallel.hpp.
#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace socle::base {

void for_each_index(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take_turns = [&] {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  };
  std::vector<std::thread> others;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  try {
    while (others.size() + 1 < std::min(cores, count)) others.emplace_back(take_turns);
  } catch (const std::system_error&) {  // a limit of processes: slower, and the same
  }
  take_turns();
  for (std::thread& other : others) other.join();
}

}  // namespace socle::base
