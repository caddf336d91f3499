// tenant.hpp: one tenant in memory, and the table that finds it by its id without a lock. About 300 bytes in all
// (docs/design/tenants.md has the measured number), because a node holds 100,000 that mostly sleep.
//
// Workers read the atomics and nothing else. The rest belongs to the registry's lock. What a worker may still be
// looking at is retired, not freed: it goes when every worker has taken a turn.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenants/meters.hpp"
#include "tenants/settings.hpp"

namespace socle::tenants {

// What holds for a tenant after plan, system file and its own settings were laid over each other. Immutable; one object
// serves all tenants of a plan that have no limits of their own.
struct Terms {
  std::string plan;  // "" without one
  std::vector<std::pair<std::string, double>> limits;

  [[nodiscard]] double limit(std::string_view name) const {
    for (const auto& [known, number] : limits) {
      if (known == name) return number;
    }
    return std::numeric_limits<double>::infinity();
  }
};

enum class Standing : uint8_t { active, suspended, deleting };
[[nodiscard]] constexpr std::string_view to_string(Standing standing) {
  constexpr std::string_view names[] = {"active", "suspended", "deleting"};
  return names[static_cast<size_t>(standing)];
}

struct Tenant {
  Tenant(std::string_view name, size_t hashed) : id(name), hash(hashed) {}
  const std::string id;
  const size_t hash;
  std::atomic<Standing> standing{Standing::active};
  std::atomic<const Terms*> terms{nullptr};  // null for the moment in which it is made
  MeterSet meters;

  // -- the registry's lock
  std::shared_ptr<const Terms> kept_terms;
  std::unique_ptr<Settings> own;  // what `socle tenant` said; absent: only the system file knows it
  bool declared = false;          // the system file names it
  bool deleting = false;
};

// Open addressing over atomic pointers. find() from any thread, the others under the registry's lock.
class Table {
 public:
  Table();
  ~Table();  // with its tenants
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  [[nodiscard]] Tenant* find(std::string_view id) const;
  // REQUIRES: no tenant of this id is there. `retired` gets a smaller table that readers may still use.
  Tenant* add(std::string_view id, std::vector<std::shared_ptr<const void>>& retired);
  // Takes it out; the tenant goes to `retired`.
  void remove(Tenant& tenant, std::vector<std::shared_ptr<const void>>& retired);
  [[nodiscard]] size_t size() const { return size_; }
  template <class F>
  void each(F&& visit) const {
    const Slots& slots = *now_.load(std::memory_order_relaxed);
    for (size_t i = 0; i <= slots.mask; ++i) {
      Tenant* t = slots.at[i].load(std::memory_order_relaxed);
      if (t != nullptr && t != gone()) visit(*t);
    }
  }

 private:
  struct Slots {
    explicit Slots(size_t count) : mask(count - 1), at(std::make_unique<std::atomic<Tenant*>[]>(count)) {}
    const size_t mask;
    const std::unique_ptr<std::atomic<Tenant*>[]> at;
  };
  static Tenant* gone();  // in the place of one that was taken out
  void put(const Slots& slots, Tenant& tenant);
  std::atomic<Slots*> now_;
  size_t size_ = 0;
  size_t used_ = 0;  // slots that are not empty, gone() ones too
};

}  // namespace socle::tenants
