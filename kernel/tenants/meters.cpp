#include "tenants/meters.hpp"

#include <memory>
#include <utility>

namespace socle::tenants {
namespace {
constexpr auto relaxed = std::memory_order_relaxed;
}

uint16_t MeterNames::number(std::string_view name) {
  const auto among = [&](uint16_t from, uint16_t to) -> uint16_t {
    for (uint16_t i = from; i < to; ++i) {
      if (names_[i] == name) return static_cast<uint16_t>(i + 1);
    }
    return none;
  };
  const uint16_t known = count_.load(std::memory_order_acquire);
  if (const uint16_t found = among(0, known); found != none) return found;
  const std::lock_guard lock(mutex_);
  const uint16_t count = count_.load(relaxed);
  if (const uint16_t found = among(known, count); found != none || count == most) return found;
  names_[count] = name;
  count_.store(static_cast<uint16_t>(count + 1), std::memory_order_release);
  return static_cast<uint16_t>(count + 1);
}

MeterSet::~MeterSet() {
  for (Block* b = first_.load(); b != nullptr;) delete std::exchange(b, b->next.load());
}

// Finds the meter's place or takes the first free one. Places are never given back, so a name has exactly one: who
// loses the race for a free place looks at it again.
MeterSet::Meter& MeterSet::meter(uint16_t name) {
  for (std::atomic<Block*>* link = &first_;;) {
    Block* block = link->load(std::memory_order_acquire);
    if (block == nullptr) {
      auto fresh = std::make_unique<Block>();
      if (link->compare_exchange_strong(block, fresh.get(), std::memory_order_acq_rel)) block = fresh.release();
    }
    for (Meter& m : block->meters) {
      uint16_t taken = m.name.load(relaxed);
      if (taken == MeterNames::none && m.name.compare_exchange_strong(taken, name, relaxed)) return m;
      if (taken == name) return m;
    }
    link = &block->next;
  }
}

void MeterSet::add(uint16_t name, double amount, int64_t now) {
  Meter& m = meter(name);
  const auto minute = static_cast<uint32_t>(now / window);
  uint32_t seen = m.minute.load(relaxed);
  // Whoever turns the minute moves the sum; what others add meanwhile lands on one side or the other, never nowhere.
  if (seen != minute && m.minute.compare_exchange_strong(seen, minute, relaxed)) {
    const double sum = m.current.exchange(0, relaxed);
    m.before.store(seen + 1 == minute ? sum : 0, relaxed);
  }
  m.current.fetch_add(amount, relaxed);
  m.total.fetch_add(amount, relaxed);
}

bool MeterSet::set(uint16_t name, double level) {
  Meter& m = meter(name);
  m.stock.store(true, relaxed);
  return m.current.exchange(level, relaxed) != level;
}

std::vector<MeterReading> MeterSet::read(int64_t now) const {
  std::vector<MeterReading> out;
  const auto minute = static_cast<uint32_t>(now / window);
  const double left = 1 - static_cast<double>(now % window) / static_cast<double>(window);
  for (const Block* b = first_.load(std::memory_order_acquire); b != nullptr;
       b = b->next.load(std::memory_order_acquire)) {
    for (const Meter& m : b->meters) {
      if (m.name.load(relaxed) == MeterNames::none) continue;
      MeterReading r{m.name.load(relaxed), m.stock.load(relaxed), m.current.load(relaxed), m.total.load(relaxed)};
      if (!r.stock) {
        const uint32_t age = minute - m.minute.load(relaxed);
        const double current = r.now;
        r.now = age == 0 ? current + m.before.load(relaxed) * left : age == 1 ? current * left : 0;
      }
      out.push_back(r);
    }
  }
  return out;
}

}  // namespace socle::tenants
