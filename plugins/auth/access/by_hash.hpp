// by_hash.hpp: compiled things by what they were made of, shared by all workers and tenants, the least recently used
// given up first. What is found is right for ever, because the key says it all. Any thread; the lock is held for a
// look-up.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace socle::auth {

template <class T>
class ByHash {
 public:
  explicit ByHash(std::size_t budget) : budget_(budget) {}

  // Null: not there.
  [[nodiscard]] std::shared_ptr<const T> find(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, at->second);
    return at->second->made;
  }
  // One larger than the whole budget is not kept.
  void keep(std::string key, std::shared_ptr<const T> made, std::size_t bytes) {
    bytes += 2 * key.size();
    std::list<Entry> gone;  // destroyed outside of the lock
    const std::lock_guard lock(mutex_);
    if (bytes > budget_ || by_key_.contains(key)) return;
    recent_.push_front({std::move(key), std::move(made), bytes});
    by_key_.emplace(recent_.front().key, recent_.begin());
    bytes_ += bytes;
    while (bytes_ > budget_) {
      bytes_ -= recent_.back().bytes;
      by_key_.erase(recent_.back().key);
      gone.splice(gone.end(), recent_, std::prev(recent_.end()));
    }
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const T> made;
    std::size_t bytes = 0;
  };
  const std::size_t budget_;
  std::mutex mutex_;
  std::list<Entry> recent_;
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace socle::auth
