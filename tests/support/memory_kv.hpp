// memory_kv.hpp: Kv over a std::map, for tests of the store without RocksDB (which is not instrumented): safe for any
// thread under one mutex, cursors over copies, and failing on demand. Its cursors meet all that a remove_range ever
// took, the most that kv.hpp allows.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "store/kv.hpp"

namespace socle::storage {

class MemoryKv final : public Kv {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  // The next writes but so many fail with this, until cleared.
  void fail_writes(std::optional<Error> error, std::size_t but = 0) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
    fails_after_ = writes_ + but;
  }
  void fail_syncs(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    sync_failure_ = std::move(error);
  }
  // Reach::cached finds nothing.
  void set_cold(bool cold) {
    const std::lock_guard lock(mutex_);
    cold_ = cold;
  }
  [[nodiscard]] std::size_t writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }
  [[nodiscard]] std::size_t syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

  Result<Read> get(std::string_view key, std::string& value, Reach reach, const Snapshot* at = nullptr) override {
    const std::lock_guard lock(mutex_);
    if (cold_ && reach == Reach::cached) return Read::not_cached;
    const Map& map = at != nullptr ? static_cast<const Frozen*>(at)->map : *map_;
    const auto found = map.find(key);
    if (found == map.end()) return Read::missing;
    value = found->second;
    return Read::found;
  }

  std::unique_ptr<Cursor> cursor(std::string_view lower, std::string_view upper, Reach reach,
                                 const Snapshot* at = nullptr, bool = false) override {
    const std::lock_guard lock(mutex_);
    const Map& map = at != nullptr ? static_cast<const Frozen*>(at)->walked : *walked_;
    const auto end = upper.empty() ? map.end() : map.lower_bound(upper);
    const auto begin = map.lower_bound(lower);
    const bool any = upper.empty() || lower < upper;
    return std::make_unique<Walk>(any ? Map(begin, end) : Map(), cold_ && reach == Reach::cached);
  }

  std::unique_ptr<Snapshot> snapshot() override {
    const std::lock_guard lock(mutex_);
    auto out = std::make_unique<Frozen>();
    out->map = *map_;
    out->walked = *walked_;
    return out;
  }

  Status write(const std::vector<Change>& changes, bool durable) override {
    const std::lock_guard lock(mutex_);
    if (failure_ && writes_ >= fails_after_) return *failure_;
    ++writes_;
    if (durable) ++syncs_;
    for (const auto& change : changes) {
      switch (change.kind) {
        case Change::Kind::put: (*map_)[change.key] = (*walked_)[change.key] = change.value; break;
        case Change::Kind::remove:
          map_->erase(change.key);
          walked_->erase(change.key);
          break;
        case Change::Kind::remove_range:
          map_->erase(map_->lower_bound(change.key), map_->lower_bound(change.value));
          break;
      }
    }
    return {};
  }
  Status sync() override {
    const std::lock_guard lock(mutex_);
    ++syncs_;
    if (sync_failure_) return *sync_failure_;
    return {};
  }
  Status backup(const std::string&) override { return Error{Code::unsupported, "memory has no backup"}; }

 private:
  struct Frozen final : Snapshot {
    Map map, walked;
  };
  class Walk final : public Cursor {
   public:
    Walk(Map map, bool cold) : map_(std::move(map)), at_(map_.end()), cold_(cold) {}
    void seek(std::string_view key) override { at_ = cold_ ? map_.end() : map_.lower_bound(key); }
    void seek_for_prev(std::string_view key) override {
      at_ = map_.upper_bound(key);
      prev();
    }
    void seek_to_last() override {
      at_ = map_.end();
      prev();
    }
    void next() override { ++at_; }
    void prev() override { at_ = at_ == map_.begin() || cold_ ? map_.end() : std::prev(at_); }
    [[nodiscard]] bool valid() const override { return at_ != map_.end(); }
    [[nodiscard]] std::string_view key() const override { return at_->first; }
    [[nodiscard]] std::string_view value() const override { return at_->second; }
    [[nodiscard]] Status status() const override { return {}; }
    [[nodiscard]] bool not_cached() const override { return cold_; }

   private:
    Map map_;
    Map::iterator at_;
    bool cold_;
  };

  mutable std::mutex mutex_;
  std::unique_ptr<Map> map_ = std::make_unique<Map>();
  std::unique_ptr<Map> walked_ = std::make_unique<Map>();  // what cursors see: map_, and what ranges took
  std::optional<Error> failure_, sync_failure_;
  bool cold_ = false;
  std::size_t writes_ = 0, syncs_ = 0, fails_after_ = 0;
};

}  // namespace socle::storage
