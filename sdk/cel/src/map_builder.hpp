// map_builder.hpp: maps in an arena. Small ones are looked through, larger ones carry an open-addressing index.
#pragma once

#include "socle/cel/value.hpp"

namespace socle::cel {

inline constexpr std::size_t no_entry = static_cast<std::size_t>(-1);
inline constexpr std::size_t scanned_entries = 6;  // up to here comparing beats hashing
inline constexpr std::size_t free_looks = 16;      // of a search; what is beyond costs a unit each

// The entry whose key equals `key`, or no_entry. `looks`: at how many entries of the index it looked, many when many
// have one hash (whole numbers beyond 2^53 have that of their double).
[[nodiscard]] std::size_t find_entry(const MapEntries& map, const Value& key, std::size_t* looks = nullptr);

class MapBuilder {
 public:
  enum class Added : std::uint8_t { yes, duplicate, no_memory };
  // Room for `capacity` entries; grows when more come.
  MapBuilder(Arena& arena, std::size_t capacity);
  Added add(const Value& key, const Value& value);
  [[nodiscard]] std::size_t size() const { return map_.size; }
  [[nodiscard]] std::size_t looks() const { return looks_; }  // of the last add()
  // The map so far (a snapshot; adding on is allowed only by discarding it). Null when memory ran out.
  [[nodiscard]] Value finish();

 private:
  bool grow(std::size_t capacity);
  void index(std::size_t entry);
  Arena& arena_;
  MapEntries map_;
  Value* keys_ = nullptr;
  Value* values_ = nullptr;
  std::uint32_t* slots_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t looks_ = 0;
};

}  // namespace socle::cel
