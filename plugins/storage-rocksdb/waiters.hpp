// waiters.hpp: the long polls of one worker: who waits for a tenant's next commit. Only `waiting` is read by others.
#pragma once

#include <socle/plugin.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace socle::storage {

// One poll, in its coroutine's frame: woken once, by a commit, its time-out, the drain or the end of its caller,
// whichever is first.
struct Waiter {
  explicit Waiter(Context caller) : context(caller) {}
  const Context context;
  Completion<bool> woken;
  bool done = false;
  void wake() {
    if (!std::exchange(done, true)) woken.set_here(true);
  }
};

class Waiters {
 public:
  static constexpr std::uint32_t most = 4096;  // a worker
  [[nodiscard]] bool full() const { return waiting_.load(std::memory_order_relaxed) >= most; }
  // For the lane, after a commit: a waiter that it does not see has registered later and reads what was committed.
  [[nodiscard]] bool any() const { return waiting_.load(std::memory_order_seq_cst) > 0; }

  void add(std::string_view tenant, Waiter& waiter) {
    by_tenant_[std::string(tenant)].push_back(&waiter);
    if (waiting_.fetch_add(1, std::memory_order_seq_cst) == 0) look_again();
  }
  void remove(std::string_view tenant, Waiter& waiter) {
    const auto at = by_tenant_.find(std::string(tenant));
    std::erase(at->second, &waiter);
    if (at->second.empty()) by_tenant_.erase(at);
    if (waiting_.fetch_sub(1, std::memory_order_relaxed) == 1) look_ = Timer();
  }
  void wake(std::string_view tenant) {
    const auto at = by_tenant_.find(std::string(tenant));
    if (at != by_tenant_.end()) std::for_each(at->second.begin(), at->second.end(), [](Waiter* w) { w->wake(); });
  }
  void wake_all() {
    for (auto& [tenant, waiters] : by_tenant_)
      std::for_each(waiters.begin(), waiters.end(), [](Waiter* w) { w->wake(); });
  }

 private:
  // Nothing announces that a caller has gone, so as long as anybody waits the contexts are looked at.
  static constexpr Duration look_every = std::chrono::milliseconds(100);
  void look_again() {
    look_ = Timer(look_every, [this] {
      for (auto& [tenant, waiters] : by_tenant_)
        std::for_each(waiters.begin(), waiters.end(), [](Waiter* w) {
          if (w->context.cancelled()) w->wake();
        });
      look_again();
    });
  }

  Timer look_;
  std::unordered_map<std::string, std::vector<Waiter*>> by_tenant_;
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace socle::storage
