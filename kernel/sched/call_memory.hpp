// call_memory.hpp: what one request holds in this process at a time: its arenas, and the payloads and coroutine frames
// that were made while it was worked on. A CallMemory names one use of a counter; once the request has ended the
// counter counts for another, and what still names the old use (a payload that was handed on) counts for nobody.
//
// Any thread. Counters are never freed, so a name may be kept for ever.
#pragma once

#include <atomic>
#include <cstdint>

namespace socle::sched {

class CallMemory {
 public:
  CallMemory() = default;  // of no request: counts nothing

  // A request begins, or has ended; close() may be called on another thread than open().
  [[nodiscard]] static CallMemory open();
  void close();

  // Whether so much more stays within `cap`. Nothing always does, whatever was forced over it: a refusal has its words.
  [[nodiscard]] bool fits(uint64_t bytes, uint64_t cap) const;
  void add(uint64_t bytes);
  void remove(uint64_t bytes);
  [[nodiscard]] uint64_t held() const;
  [[nodiscard]] bool counts() const;  // it has not ended
  [[nodiscard]] bool operator==(const CallMemory&) const = default;

  // The use in the upper bits, the bytes in the lower ones: both change in one step.
  struct Counter {
    std::atomic<uint64_t> word{0};
  };

 private:
  void change(int64_t by);
  Counter* counter_ = nullptr;
  uint32_t use_ = 0;
};

}  // namespace socle::sched
