// timer_wheel.hpp: the deadlines and timers of one worker. A hashed wheel (Varghese and Lauck, SOSP 1987, scheme 6):
// slots of one tick, each an intrusive list; an entry further away than one turn stays in its slot until its time.
// Insert and remove are O(1) and touch no allocator, so a deadline per pending call costs little. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace socle::bus {

struct TimerNode {
  TimerNode* prev = nullptr;  // nullptr: not in a wheel
  TimerNode* next = nullptr;
  int64_t expiry = 0;
  [[nodiscard]] bool armed() const { return prev != nullptr; }
};

class TimerWheel {
 public:
  static constexpr int64_t tick = 1'000'000;  // 1 ms
  static constexpr size_t slots = 4096;       // a turn is 4.1 s

  explicit TimerWheel(int64_t now) : hand_(now / tick) {
    for (TimerNode& head : heads_) head.prev = head.next = &head;
  }
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // REQUIRES: !node.armed(). Fires at the first advance() at or after expiry, at most a tick late.
  void insert(TimerNode& node, int64_t expiry) {
    node.expiry = expiry;
    int64_t due = (expiry + tick - 1) / tick;
    if (due <= hand_) due = hand_ + 1;
    TimerNode& head = heads_[static_cast<size_t>(due) % slots];
    node.prev = head.prev;
    node.next = &head;
    head.prev->next = &node;
    head.prev = &node;
    mark(static_cast<size_t>(due) % slots);
    ++size_;
  }

  void remove(TimerNode& node) {
    if (!node.armed()) return;
    node.prev->next = node.next;
    node.next->prev = node.prev;
    node.prev = node.next = nullptr;
    --size_;
  }

  // Calls fire(node) for every entry that is due, each already removed; fire may insert and remove.
  template <class Fire>
  void advance(int64_t now, Fire&& fire) {
    const int64_t to = now / tick;
    if (size_ == 0 || to <= hand_) {
      hand_ = to > hand_ ? to : hand_;
      return;
    }
    int64_t from = hand_ + 1;
    if (to - from >= static_cast<int64_t>(slots)) from = to - static_cast<int64_t>(slots) + 1;
    for (int64_t at = from; at <= to; ++at) {
      hand_ = at;
      TimerNode& head = heads_[static_cast<size_t>(at) % slots];
      if (head.next == &head) {
        unmark(static_cast<size_t>(at) % slots);
        continue;
      }
      // Entries of later turns stay, so walk a list cut off from the head: fire() may change the slot.
      TimerNode cut;
      cut.next = head.next;
      cut.prev = head.prev;
      cut.next->prev = &cut;
      cut.prev->next = &cut;
      head.prev = head.next = &head;
      while (cut.next != &cut) {
        TimerNode& node = *cut.next;
        remove(node);
        if (node.expiry <= now) {
          fire(node);
        } else {
          insert(node, node.expiry);
        }
      }
    }
    hand_ = to;
  }

  // Nanoseconds until something may be due, for a poll's time-out: 0 now, max() never. May be early, never late.
  [[nodiscard]] int64_t wait(int64_t now) const {
    if (size_ == 0) return std::numeric_limits<int64_t>::max();
    for (size_t step = 1; step <= slots;) {
      const size_t slot = (static_cast<size_t>(hand_) + step) % slots;
      if (slot % 64 == 0 && bits_[slot / 64] == 0) {
        step += 64;
        continue;
      }
      if (((bits_[slot / 64] >> (slot % 64)) & 1) != 0) {
        const int64_t at = (hand_ + static_cast<int64_t>(step)) * tick;
        return at > now ? at - now : 0;
      }
      ++step;
    }
    return static_cast<int64_t>(slots) * tick;
  }

  [[nodiscard]] size_t size() const { return size_; }

 private:
  void mark(size_t slot) { bits_[slot / 64] |= uint64_t{1} << (slot % 64); }
  void unmark(size_t slot) { bits_[slot / 64] &= ~(uint64_t{1} << (slot % 64)); }

  std::array<TimerNode, slots> heads_;
  std::array<uint64_t, slots / 64> bits_{};
  int64_t hand_;
  size_t size_ = 0;
};

}  // namespace socle::bus
