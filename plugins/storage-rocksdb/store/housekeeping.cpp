// housekeeping.cpp: the end of life of feed entries and idempotency records, in bounded slices between groups.
// Commit lane only.
#include <algorithm>

#include "store/committer.hpp"

namespace socle::storage {
namespace {

constexpr std::int64_t slot_ms = 10 * 60 * 1000;
constexpr std::int64_t pause_ms = 60 * 1000;
constexpr std::size_t slice_keys = 1000;

}  // namespace

bool Committer::background(std::int64_t now_ms) {
  now_ms_ = now_ms;
  if (stopped()) return false;
  tenants_.trim();
  return build_slice() || trim_slice() || expire_slice();
}

// Feed entries go slot by slot: whole tenants' ranges below the first commit of the oldest slot that stays.
bool Committer::trim_slice() {
  if (now_ms_ < next_trim_ms_) return false;
  next_trim_ms_ = now_ms_ + pause_ms;
  const auto oldest_kept =
      static_cast<std::uint64_t>(std::max<std::int64_t>((now_ms_ - state_.settings.feed_ms) / slot_ms, 0));
  const std::string slots = key_of(Space::slot);
  const auto first = state_.kv.cursor(slots, slot_key(Space::slot, oldest_kept), Reach::any);
  first->seek(slots);
  if (!first->valid()) return false;  // nothing old enough
  std::uint64_t floor = commit_ + 1;
  const auto kept = state_.kv.cursor(slot_key(Space::slot, oldest_kept), after_prefix(slots), Reach::any);
  kept->seek(slot_key(Space::slot, oldest_kept));
  if (kept->valid()) floor = Reader(kept->value().substr(value_header.size())).number();
  Group group(state_.kv);
  const std::string touched = key_of(Space::touched);
  const auto cursor = state_.kv.cursor(touched, slot_key(Space::touched, oldest_kept), Reach::any);
  std::size_t seen = 0;
  for (cursor->seek(touched); cursor->valid() && seen < slice_keys; cursor->next(), ++seen) {
    Reader key(cursor->key().substr(touched.size()));
    key.big_endian();
    const std::uint64_t tenant = key.ordered_number();
    group.remove_range(feed_key(tenant, 0), feed_key(tenant, floor));
    group.remove(std::string(cursor->key()), false);
  }
  if (seen < slice_keys) {
    for (; first->valid(); first->next()) group.remove(std::string(first->key()), false);
  } else {
    next_trim_ms_ = now_ms_;
  }
  std::string value(value_header);
  put_number(value, floor);
  group.put(meta_key("floor"), std::move(value), false);
  // Readers must not miss entries silently: the floor is raised before the entries are gone.
  state_.floor.store(floor, std::memory_order_release);
  return static_cast<bool>(write_group(group, false, false));
}

bool Committer::expire_slice() {
  if (now_ms_ < next_expire_ms_) return false;
  const std::string space = key_of(Space::idempotency);
  const auto cursor = state_.kv.cursor(space, after_prefix(space), Reach::any);
  Group group(state_.kv);
  std::size_t seen = 0;
  for (cursor->seek(expire_from_.empty() ? space : expire_from_); cursor->valid() && seen < slice_keys;
       cursor->next(), ++seen) {
    Reader in(cursor->value().substr(value_header.size()));
    const auto time = static_cast<std::int64_t>(in.number());
    if (time + state_.settings.feed_ms <= now_ms_) group.remove(std::string(cursor->key()), false);
  }
  expire_from_ = cursor->valid() ? std::string(cursor->key()) : std::string();
  if (!cursor->valid()) next_expire_ms_ = now_ms_ + pause_ms;
  if (group.empty()) return !expire_from_.empty();
  return static_cast<bool>(write_group(group, false, false));
}

}  // namespace socle::storage
