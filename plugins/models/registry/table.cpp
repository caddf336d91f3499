#include "registry/table.hpp"

#include <algorithm>

namespace socle::models {

std::string table_key(std::string_view tenant, std::string_view model) {
  std::string key;
  key.reserve(tenant.size() + 1 + model.size());
  return key.append(tenant).append("\n").append(model);
}

Entry* Table::find(std::string_view key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &found->second->entry;
}

std::size_t Table::cost(const Slot& slot) {
  // List node, hash node and bucket, and what the strings own.
  std::size_t bytes = sizeof(Slot) + 2 * sizeof(void*) + 48 + slot.key.capacity() + slot.entry.active.hash.capacity();
  if (slot.entry.more) bytes += sizeof(Entry::More) + slot.entry.more->addressed.capacity() * 128;
  return bytes;
}

Entry* Table::put(std::string_view key, const Head* head, std::uint64_t revision) {
  Entry* entry = find(key);
  if (entry != nullptr && revision < entry->revision) return entry;
  if (entry == nullptr) {
    order_.push_front({std::string(key), {}});
    entries_.emplace(order_.front().key, order_.begin());
    entry = &order_.front().entry;
  } else {
    bytes_ -= cost(order_.front());
  }
  entry->revision = revision;
  entry->active = {};
  // The counts of a canary that goes on stay.
  const bool goes_on = head != nullptr && head->canary && entry->more && entry->more->canary &&
                       entry->more->canary->version == head->canary->version;
  if (!goes_on) entry->more.reset();
  if (entry->more) entry->more->addressed.clear();
  if (head != nullptr) {
    if (const VersionFacts* facts = head->serving_version()) entry->active = {facts->version, facts->hash};
    if (head->canary) entry->extra().canary = head->canary;
  }
  bytes_ += cost(order_.front());
  shrink();
  return entry;
}

void Table::apply(std::string_view key, const Head& head, std::uint64_t revision) {
  if (Fill* fill = fill_of(key)) fill->floor = std::max(fill->floor, revision);
  put(key, &head, revision);
}

Table::Fill* Table::fill_of(std::string_view key) {
  const auto found = fills_.find(std::string(key));
  return found == fills_.end() ? nullptr : &found->second;
}

std::vector<std::function<void()>> Table::end_fill(std::string_view key) {
  const auto found = fills_.find(std::string(key));
  if (found == fills_.end()) return {};
  auto waiters = std::move(found->second.waiters);
  fills_.erase(found);
  return waiters;
}

void Table::shrink() {
  // The entry just used stays, whatever it costs.
  while (bytes_ > budget_ && order_.size() > 1) {
    bytes_ -= cost(order_.back());
    entries_.erase(order_.back().key);
    order_.pop_back();
    ++evicted_;
  }
}

void Table::forget(std::string_view tenant) {
  const std::string of_tenant = table_key(tenant, "");
  for (auto slot = order_.begin(); slot != order_.end();) {
    if (!slot->key.starts_with(of_tenant)) {
      ++slot;
      continue;
    }
    bytes_ -= cost(*slot);
    entries_.erase(slot->key);
    slot = order_.erase(slot);
  }
}

void Table::clear() {
  entries_.clear();
  order_.clear();
  bytes_ = 0;
}

}  // namespace socle::models
