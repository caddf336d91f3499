// map_builder.cpp: see the header.
#include "map_builder.hpp"

#include <algorithm>
#include <bit>

namespace socle::cel {

std::size_t find_entry(const MapEntries& map, const Value& key, std::size_t* looks) {
  if (map.mask == 0) {
    for (std::size_t i = 0; i < map.size; ++i)
      if (equal(map.keys[i], key)) return i;
    return no_entry;
  }
  for (auto slot = hash(key) & map.mask;; slot = (slot + 1) & map.mask) {
    const auto entry = map.slots[slot];
    if (entry == 0) return no_entry;
    if (looks != nullptr) ++*looks;
    if (equal(map.keys[entry - 1], key)) return entry - 1;
  }
}

MapBuilder::MapBuilder(Arena& arena, std::size_t capacity) : arena_(arena) {
  if (capacity > 0) grow(capacity);
}

bool MapBuilder::grow(std::size_t capacity) {
  auto* keys = arena_.make<Value>(capacity);
  auto* values = arena_.make<Value>(capacity);
  if (keys == nullptr || values == nullptr) return false;
  std::copy(keys_, keys_ + map_.size, keys);
  std::copy(values_, values_ + map_.size, values);
  keys_ = keys;
  values_ = values;
  map_.keys = keys;
  map_.values = values;
  capacity_ = capacity;
  if (capacity <= scanned_entries) return true;
  const auto slots = std::bit_ceil(capacity * 2);
  slots_ = arena_.make<std::uint32_t>(slots);
  if (slots_ == nullptr) {
    capacity_ = 0;
    return false;
  }
  std::fill(slots_, slots_ + slots, 0);
  map_.slots = slots_;
  map_.mask = static_cast<std::uint32_t>(slots - 1);
  for (std::size_t i = 0; i < map_.size; ++i) index(i);
  return true;
}

void MapBuilder::index(std::size_t entry) {
  auto slot = hash(keys_[entry]) & map_.mask;
  while (slots_[slot] != 0) slot = (slot + 1) & map_.mask;
  slots_[slot] = static_cast<std::uint32_t>(entry + 1);
}

MapBuilder::Added MapBuilder::add(const Value& key, const Value& value) {
  looks_ = 0;
  if (find_entry(map_, key, &looks_) != no_entry) return Added::duplicate;
  if (map_.size == capacity_ && !grow(std::max<std::size_t>(4, capacity_ * 2))) return Added::no_memory;
  keys_[map_.size] = key;
  values_[map_.size] = value;
  ++map_.size;
  if (looks_ > free_looks) map_.looks += static_cast<std::uint32_t>(looks_ - free_looks);
  if (map_.mask != 0) index(map_.size - 1);
  return Added::yes;
}

Value MapBuilder::finish() {
  auto* entries = arena_.make<MapEntries>(1);
  if (entries == nullptr) return {};
  *entries = map_;
  return Value::map(entries);
}

}  // namespace socle::cel
