// value_index.cpp: see the header.
#include "value_index.hpp"

#include <algorithm>
#include <bit>

#include "map_builder.hpp"
#include "operators.hpp"
#include "parts_alike.hpp"

namespace socle::cel {
namespace {

constexpr std::size_t slots_step = 8000;  // cleared at once

bool equals_nothing(const Value& value) { return value.is(Kind::real) && value.as_double() != value.as_double(); }

}  // namespace

bool equal_in_kind(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  const bool has_parts = a.is(Kind::list) || a.is(Kind::map) || a.is(Kind::optional);
  return has_parts ? parts_alike<equal_in_kind>(a, b) : equal(a, b);
}

ValueIndex::ValueIndex(Context& c, std::size_t capacity) : c_(c) {
  values_ = c.arena.make<Value>(capacity);
  const bool scanned = capacity <= scanned_entries;
  const auto slots = scanned ? 0 : std::bit_ceil(capacity * 2);
  if (!scanned) slots_ = c.arena.make<std::uint32_t>(slots);
  if (values_ == nullptr || (!scanned && slots_ == nullptr)) {
    (void)c.out_of_memory();
    return;
  }
  if (scanned) return;
  for (std::size_t from = 0; from < slots; from += slots_step) {
    const auto count = std::min(slots_step, slots - from);
    if (!c.charge(count / 4)) return;
    std::fill_n(slots_ + from, count, 0);
  }
  mask_ = slots - 1;
}

bool ValueIndex::find(const Value& item, Alike alike) {
  if (slots_ == nullptr)
    return std::any_of(values_, values_ + size_, [&](const Value& kept) { return alike(kept, item); });
  if (equals_nothing(item)) return false;
  std::size_t looks = 0;
  for (auto slot = hash(item) & mask_; slots_[slot] != 0; slot = (slot + 1) & mask_) {
    if (++looks > free_looks && !(c_.charge(1) && charge_deep(c_, item))) return false;
    if (alike(values_[slots_[slot] - 1], item)) return true;
  }
  return false;
}

void ValueIndex::keep(const Value& item) {
  values_[size_++] = item;
  if (slots_ == nullptr || equals_nothing(item)) return;
  auto slot = hash(item) & mask_;
  while (slots_[slot] != 0) slot = (slot + 1) & mask_;
  slots_[slot] = static_cast<std::uint32_t>(size_);
}

}  // namespace socle::cel
