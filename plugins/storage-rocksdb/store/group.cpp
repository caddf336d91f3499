#include "store/group.hpp"

#include <utility>

namespace socle::storage {

Result<std::optional<std::string>> Group::get(std::string_view key) {
  if (!latest_.empty()) {
    if (const auto at = latest_.find(key); at != latest_.end()) {
      const Change& change = changes_[at->second];
      if (change.kind == Change::Kind::put) return std::optional(change.value);
      return std::optional<std::string>();
    }
  }
  std::string value;
  auto read = kv_.get(key, value, Reach::any);
  if (!read) return std::move(read).error();
  if (*read == Read::found) return std::optional(std::move(value));
  return std::optional<std::string>();
}

void Group::remember(const std::string& key) {
  const auto [at, fresh] = latest_.try_emplace(key, none);
  undo_.push_back({key, at->second});
  at->second = changes_.size();
}

void Group::put(std::string key, std::string value, bool remembered) {
  if (remembered) remember(key);
  changes_.push_back({Change::Kind::put, std::move(key), std::move(value)});
}

void Group::remove(std::string key, bool remembered) {
  if (remembered) remember(key);
  changes_.push_back({Change::Kind::remove, std::move(key), {}});
}

void Group::remove_range(std::string from, std::string to) {
  changes_.push_back({Change::Kind::remove_range, std::move(from), std::move(to)});
}

std::size_t Group::mark() {
  undo_.clear();
  return changes_.size();
}

void Group::rollback(std::size_t mark) {
  for (; !undo_.empty(); undo_.pop_back()) {
    if (undo_.back().before == none) {
      latest_.erase(undo_.back().key);
    } else {
      latest_[undo_.back().key] = undo_.back().before;
    }
  }
  changes_.resize(mark);
}

}  // namespace socle::storage
