// line_limit.hpp: how many lines a second one writer that is not trusted may put into the kernel's log. What is dropped
// is counted, and told with the first line of a later second. One
// thread at a time.
#pragma once

#include <cstdint>
#include <utility>

namespace socle::telemetry {

class LineLimit {
 public:
  static constexpr std::uint64_t a_second = 200;

  struct Verdict {
    bool pass;
    std::uint64_t dropped;  // in the last second that had any, told once
  };
  Verdict take(std::int64_t now) {
    std::uint64_t told = 0;
    if (const std::int64_t second = now / 1'000'000'000; second != second_) {
      second_ = second;
      lines_ = 0;
      told = std::exchange(dropped_, 0);
    }
    const bool pass = lines_++ < a_second;
    if (!pass) ++dropped_;
    return {pass, told};
  }

 private:
  std::int64_t second_ = 0;
  std::uint64_t lines_ = 0, dropped_ = 0;
};

}  // namespace socle::telemetry
