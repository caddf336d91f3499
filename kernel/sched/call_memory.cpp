#include "sched/call_memory.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <vector>

namespace socle::sched {
namespace {

constexpr unsigned size_bits = 40;  // a terabyte
constexpr uint64_t most = (uint64_t{1} << size_bits) - 1;
constexpr uint32_t uses = uint32_t{1} << (64 - size_bits);

uint32_t use_of(uint64_t word) { return static_cast<uint32_t>(word >> size_bits); }
uint64_t size_of(uint64_t word) { return word & most; }

// All counters there are, and those that no thread keeps.
struct Store {
  std::mutex mutex;
  std::deque<CallMemory::Counter> all;
  std::vector<CallMemory::Counter*> free;
};
Store& store() {
  static auto* const the = new Store;  // outlives every thread
  return *the;
}

// What one thread keeps for its next requests.
class Kept {
 public:
  ~Kept() {
    const std::lock_guard lock(store().mutex);
    store().free.insert(store().free.end(), counters_.begin(), counters_.end());
  }
  CallMemory::Counter* take() {
    if (counters_.empty()) refill();
    CallMemory::Counter* counter = counters_.back();
    counters_.pop_back();
    return counter;
  }
  void give(CallMemory::Counter* counter) {
    counters_.push_back(counter);
    if (counters_.size() <= 4 * at_once) return;
    const std::lock_guard lock(store().mutex);
    store().free.insert(store().free.end(), counters_.end() - at_once, counters_.end());
    counters_.resize(counters_.size() - at_once);
  }

 private:
  static constexpr long at_once = 64;
  void refill() {
    const std::lock_guard lock(store().mutex);
    for (long i = 0; i < at_once; ++i) {
      if (store().free.empty()) {
        counters_.push_back(&store().all.emplace_back());
      } else {
        counters_.push_back(store().free.back());
        store().free.pop_back();
      }
    }
  }
  std::vector<CallMemory::Counter*> counters_;
};
thread_local Kept t_kept;

}  // namespace

CallMemory CallMemory::open() {
  CallMemory c;
  c.counter_ = t_kept.take();
  c.use_ = use_of(c.counter_->word.load(std::memory_order_relaxed));
  return c;
}

void CallMemory::close() {
  if (!counts()) return;
  counter_->word.store(uint64_t{(use_ + 1) % uses} << size_bits, std::memory_order_release);
  t_kept.give(counter_);
  *this = {};
}

bool CallMemory::counts() const {
  return counter_ != nullptr && use_of(counter_->word.load(std::memory_order_relaxed)) == use_;
}

uint64_t CallMemory::held() const {
  if (counter_ == nullptr) return 0;
  const uint64_t word = counter_->word.load(std::memory_order_relaxed);
  return use_of(word) == use_ ? size_of(word) : 0;
}

bool CallMemory::fits(uint64_t bytes, uint64_t cap) const {
  return bytes == 0 || (bytes <= cap && held() <= cap - bytes);
}

void CallMemory::change(int64_t by) {
  if (counter_ == nullptr) return;
  uint64_t word = counter_->word.load(std::memory_order_relaxed);
  uint64_t next = 0;
  do {
    if (use_of(word) != use_) return;
    const int64_t size = std::clamp<int64_t>(static_cast<int64_t>(size_of(word)) + by, 0, static_cast<int64_t>(most));
    next = (uint64_t{use_} << size_bits) | static_cast<uint64_t>(size);
  } while (!counter_->word.compare_exchange_weak(word, next, std::memory_order_relaxed));
}

void CallMemory::add(uint64_t bytes) { change(static_cast<int64_t>(std::min(bytes, most))); }
void CallMemory::remove(uint64_t bytes) { change(-static_cast<int64_t>(std::min(bytes, most))); }

}  // namespace socle::sched
