#include "crash/restart_policy.hpp"

#include <algorithm>

namespace socle::crash {

std::optional<std::chrono::nanoseconds> RestartPolicy::died(int64_t now) {
  while (!deaths_.empty() && now - deaths_.front() >= terms_.per.count()) deaths_.pop_front();
  if (deaths_.size() >= terms_.count) return std::nullopt;
  deaths_.push_back(now);
  if (deaths_.size() <= terms_.at_once) return std::chrono::nanoseconds(0);
  std::chrono::nanoseconds delay = terms_.least;
  for (size_t i = terms_.at_once + 1; i < deaths_.size() && delay < terms_.most; ++i) delay *= 2;
  return std::min(delay, terms_.most);
}

}  // namespace socle::crash
