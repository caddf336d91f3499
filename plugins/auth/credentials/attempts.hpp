// attempts.hpp: how often somebody may guess. A bucket per (who, from where), per who and per address: each guess takes
// one from every bucket before it is judged, so that guesses side by side cannot outrun the count, and a right one
// gives them back. Buckets fill up again with time. Bounded, least recently used out first, and only a guess that was
// let through makes one: what an address can push out is what its own bucket allows. Shared by all workers, because a
// guesser chooses the worker: hence a mutex, held for one look-up, and never on the path of a verified request.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace socle::auth {

class Attempts {
 public:
  using Time = std::chrono::nanoseconds;  // of the host's monotonic clock
  struct Bucket {
    std::string key;
    double burst = 5;   // guesses at once
    Time refill_for{};  // until one more is allowed
  };
  explicit Attempts(std::size_t most = 65'536) : most_(most) {}

  // Nothing: taken from all of them. Else how long until each has one again; nothing was taken, none was made.
  [[nodiscard]] std::optional<Time> take(const std::vector<Bucket>& buckets, Time now);
  void give_back(const std::vector<Bucket>& buckets, Time now);
  [[nodiscard]] std::size_t size();

 private:
  struct Level {
    std::string key;
    double used = 0;
    Time at{};
  };
  using Order = std::list<Level>;
  // As of now; null: nothing was taken lately.
  Level* find(const Bucket& bucket, Time now);
  void add(const Bucket& bucket, Time now);

  std::mutex mutex_;
  Order order_;  // most recently used first
  std::unordered_map<std::string_view, Order::iterator> levels_;
  std::size_t most_;
};

// The address as far as one sender controls it: all of IPv4, the first half of IPv6.
[[nodiscard]] std::string sender(std::string_view peer);

}  // namespace socle::auth
