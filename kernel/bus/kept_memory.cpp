#include "bus/kept_memory.hpp"

#include "sched/account.hpp"

namespace socle::bus {

bool KeptMemory::add(sched::Account& account, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (given_up_) return false;
  bytes_[&account] += bytes;
  account.keep_memory(bytes);
  return true;
}

bool KeptMemory::remove(sched::Account& account, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto at = bytes_.find(&account);
  if (given_up_ || at == bytes_.end() || at->second < bytes) return false;
  account.keep_memory(-bytes);
  if ((at->second -= bytes) == 0) bytes_.erase(at);
  return true;
}

int64_t KeptMemory::of(sched::Account& account) const {
  const std::lock_guard lock(mutex_);
  const auto at = bytes_.find(&account);
  return at == bytes_.end() ? 0 : at->second;
}

void KeptMemory::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  for (const auto& [account, bytes] : bytes_) {
    account->keep_memory(-bytes);
    account->give_memory(bytes);
  }
  bytes_.clear();
}

}  // namespace socle::bus
