// kept_memory.hpp: what a generation keeps for tenants beyond requests (memory_hold() of abi.h), so that its end is the
// end of the charge, also when the plugin never gave it back. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace socle::sched {
class Account;
}

namespace socle::bus {

class KeptMemory {
 public:
  KeptMemory() = default;
  KeptMemory(const KeptMemory&) = delete;
  KeptMemory& operator=(const KeptMemory&) = delete;
  ~KeptMemory() { give_up(); }

  // Both false: the generation is given up and is charged for nothing any more.
  [[nodiscard]] bool add(sched::Account& account, int64_t bytes);
  [[nodiscard]] bool remove(sched::Account& account, int64_t bytes);
  [[nodiscard]] int64_t of(sched::Account& account) const;
  // All that is still kept is the tenants' again.
  void give_up();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<sched::Account*, int64_t> bytes_;  // under mutex_, as below
  bool given_up_ = false;
};

}  // namespace socle::bus
