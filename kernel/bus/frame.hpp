// frame.hpp: one call on its way through the bus, from dispatch to the callee's answer; and the slab they live in, one
// per worker. A frame's token names worker, slot and use, so that a late, second or forged completion is seen as such.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "bus/timer_wheel.hpp"
#include "socle/abi.h"

namespace socle::bus {

class Context;
class Generation;
struct Job;
class Payload;

enum class TimerKind : uint8_t { deadline, plugin };
struct TimedNode : TimerNode {
  TimerKind kind = TimerKind::plugin;
};

struct Frame : TimedNode {
  enum class State : uint8_t {
    free,
    running,   // handle() is on the stack
    early,     // complete() came while handle() was on the stack; its reply waits in `reply`
    pending,   // handle() returned PENDING, the caller waits; without a callee: it was carried to another worker
    orphaned,  // the caller was answered by deadline or cancellation; the callee still works
    parked,    // not dispatched yet: the route is parked, or the nesting limit queued it
  };
  State state = State::free;
  bool linked = false;
  bool again = false;  // asked again after its provider died
  uint32_t slot = 0;
  uint32_t use = 0;
  uint32_t target = 0;
  uint32_t method = 0;
  Context* context = nullptr;  // owned reference while not free
  Payload* payload = nullptr;  // owned reference while not free
  Generation* callee = nullptr;
  Generation* caller = nullptr;  // nullptr: the kernel
  socle_reply_fn done = nullptr;
  void* user = nullptr;
  socle_reply reply{};
  Job* waiting = nullptr;  // for a place among its tenant's calls in flight
  uint64_t started = 0;    // TSC; 0: not sampled
  Frame* next_in_context = nullptr;
  Frame* prev_in_context = nullptr;
};

class FrameSlab {
 public:
  // Uses count from `first_use`: slabs that follow one another on the staging thread mistake no token of an earlier
  // one.
  explicit FrameSlab(uint32_t first_use = 0) : first_use_(first_use) {}
  // Token layout: worker 8 bits, slot 24 bits, use 32 bits. Use 0 never occurs, so a token is never 0.
  [[nodiscard]] static uint64_t token(uint32_t worker, const Frame& f) {
    return (uint64_t{worker} << 56) | (uint64_t{f.slot} << 32) | f.use;
  }
  [[nodiscard]] static uint32_t worker_of(uint64_t token) { return static_cast<uint32_t>(token >> 56); }

  Frame& take() {
    if (free_.empty()) {
      Frame& made = frames_.emplace_back();
      made.slot = static_cast<uint32_t>(frames_.size() - 1);
      made.use = first_use_;
      free_.push_back(&made);
    }
    Frame& f = *free_.back();
    free_.pop_back();
    if (++f.use == 0) f.use = 1;
    return f;
  }
  void give(Frame& f) {
    f.again = false;
    f.state = Frame::State::free;
    free_.push_back(&f);
  }
  [[nodiscard]] Frame* find(uint64_t token) {
    const size_t slot = (token >> 32) & 0xFFFFFF;
    if (slot >= frames_.size()) return nullptr;
    Frame& f = frames_[slot];
    return f.state != Frame::State::free && f.use == static_cast<uint32_t>(token) ? &f : nullptr;
  }
  template <class Visit>
  void each(Visit&& visit) {
    for (Frame& f : frames_) {
      if (f.state != Frame::State::free) visit(f);
    }
  }
  [[nodiscard]] size_t used() const { return frames_.size() - free_.size(); }

 private:
  const uint32_t first_use_;
  std::deque<Frame> frames_;
  std::vector<Frame*> free_;
};

}  // namespace socle::bus
