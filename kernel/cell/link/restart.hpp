// cell/link/restart.hpp: when a dead cell may start again, from the manifest's `restart:`. The first death in a while
// costs nothing; each further one within the window doubles the pause; more than `most` in the window pause it for the
// window's whole length, so that a plugin that cannot live costs next to nothing and still comes back by itself.
// Times are nanoseconds of the monotonic clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace socle::cell {

class Restart {
 public:
  struct Policy {
    std::int64_t first = 100'000'000, last = 10'000'000'000;  // pauses
    std::size_t most = 5;
    std::int64_t window = 60'000'000'000;
  };
  explicit Restart(Policy policy) : policy_(policy) {}

  // It died at `now`: how long to wait before it starts again.
  std::int64_t pause_after(std::int64_t now) {
    while (!deaths_.empty() && deaths_.front() <= now - policy_.window) deaths_.pop_front();
    deaths_.push_back(now);
    if (deaths_.size() > policy_.most) return policy_.window;
    if (deaths_.size() == 1) return 0;
    const std::size_t doublings = std::min<std::size_t>(deaths_.size() - 2, 30);
    return std::min(policy_.last, policy_.first << doublings);
  }
  [[nodiscard]] std::size_t recent() const { return deaths_.size(); }

 private:
  Policy policy_;
  std::deque<std::int64_t> deaths_;
};

}  // namespace socle::cell
