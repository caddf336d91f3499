// restart_policy.hpp: when something that died is started again, such as the kernel by its supervisor. The first death
// is answered at once, so that one fault costs milliseconds; what keeps dying waits longer and longer, and is given up
// when it dies too often. Pure: time is an argument. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace socle::crash {

struct RestartTerms {
  std::chrono::nanoseconds least, most;  // back-off: of the first delayed start, doubled up to the second
  uint32_t count;                        // more deaths than this within `per`: given up
  std::chrono::nanoseconds per;
  uint32_t at_once = 1;  // deaths within `per` that are answered without any delay
};

class RestartPolicy {
 public:
  explicit RestartPolicy(const RestartTerms& terms) : terms_(terms) {}

  // It died at `now` (monotonic nanoseconds, not below earlier ones). How long to wait before the next start; nullopt:
  // give up.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> died(int64_t now);
  // It proved itself (or an operator wants it started): earlier deaths do not count any more.
  void forgive() { deaths_.clear(); }
  [[nodiscard]] const RestartTerms& terms() const { return terms_; }

 private:
  RestartTerms terms_;
  std::deque<int64_t> deaths_;  // within terms_.per; at most terms_.count + 1
};

}  // namespace socle::crash
