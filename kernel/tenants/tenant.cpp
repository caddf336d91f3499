#include "tenants/tenant.hpp"

#include <functional>

namespace socle::tenants {
namespace {
constexpr size_t first_slots = 64;
size_t hash_of(std::string_view id) { return std::hash<std::string_view>()(id); }
}  // namespace

Table::Table() : now_(new Slots(first_slots)) {}

Table::~Table() {
  each([](Tenant& t) { delete &t; });
  delete now_.load();
}

Tenant* Table::gone() {
  static Tenant mark("", 0);
  return &mark;
}

Tenant* Table::find(std::string_view id) const {
  const Slots& slots = *now_.load(std::memory_order_acquire);
  const size_t hash = hash_of(id);
  for (size_t i = hash;; ++i) {
    Tenant* t = slots.at[i & slots.mask].load(std::memory_order_acquire);
    if (t == nullptr) return nullptr;
    if (t->hash == hash && t->id == id) return t;
  }
}

void Table::put(const Slots& slots, Tenant& tenant) {
  size_t i = tenant.hash;
  while (slots.at[i & slots.mask].load(std::memory_order_relaxed) != nullptr) ++i;
  slots.at[i & slots.mask].store(&tenant, std::memory_order_release);
  ++used_;
}

Tenant* Table::add(std::string_view id, std::vector<std::shared_ptr<const void>>& retired) {
  Slots* slots = now_.load(std::memory_order_relaxed);
  if ((used_ + 1) * 4 > (slots->mask + 1) * 3) {
    size_t count = first_slots;
    while (count < (size_ + 1) * 2) count *= 2;
    auto larger = std::make_unique<Slots>(count);
    used_ = 0;
    each([&](Tenant& t) { put(*larger, t); });
    retired.push_back(std::shared_ptr<const Slots>(slots));
    slots = larger.release();
    now_.store(slots, std::memory_order_release);
  }
  auto* tenant = new Tenant(id, hash_of(id));
  put(*slots, *tenant);
  ++size_;
  return tenant;
}

void Table::remove(Tenant& tenant, std::vector<std::shared_ptr<const void>>& retired) {
  const Slots& slots = *now_.load(std::memory_order_relaxed);
  size_t i = tenant.hash;
  while (slots.at[i & slots.mask].load(std::memory_order_relaxed) != &tenant) ++i;
  slots.at[i & slots.mask].store(gone(), std::memory_order_release);
  --size_;
  retired.push_back(std::shared_ptr<const Tenant>(&tenant));
}

}  // namespace socle::tenants
