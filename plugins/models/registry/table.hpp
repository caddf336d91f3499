// table.hpp: what one worker knows of models: which version of (tenant, model) is served, and that one is absent. A
// bounded table, least recently used out first; no lock, because each worker has its own. Publishing reaches every
// worker's table through apply() before it answers, so what stands here is true at any moment.
//
// A fill (a read of storage because an entry is missing) may be under way while a newer head arrives: the fill keeps
// the revision it must reach, and what is older is not taken but read again.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/head.hpp"
#include "version/canary.hpp"

namespace socle::models {

// A version as it is addressed at run time.
struct Served {
  std::string version, hash;
};

struct Entry {
  std::uint64_t revision = 0;  // of the head; 0: there is none
  Served active{};             // version "": nothing is active
  // What few entries have.
  struct More {
    std::optional<CanaryFacts> canary;
    Tally stable_calls, canary_calls;
    std::vector<std::pair<std::string, Served>> addressed;  // by selector, a few
  };
  std::unique_ptr<More> more{};
  More& extra() {
    if (!more) more = std::make_unique<More>();
    return *more;
  }
};

// The key of (tenant, "rules/loan"): ids hold no line feed.
[[nodiscard]] std::string table_key(std::string_view tenant, std::string_view model);

class Table {
 public:
  explicit Table(std::size_t budget) : budget_(budget) {}

  // nullptr: not known. The pointer is good until the next put() or apply().
  Entry* find(std::string_view key);
  // The entry of a head read or received; older ones than the one here are ignored. `head` nullptr: absent.
  Entry* put(std::string_view key, const Head* head, std::uint64_t revision);
  // As put(), for a publish: also tells a fill under way.
  void apply(std::string_view key, const Head& head, std::uint64_t revision);

  // -- fills: one at a time for a key
  struct Fill {
    std::uint64_t floor = 0;
    std::vector<std::function<void()>> waiters;
  };
  Fill* fill_of(std::string_view key);
  void begin_fill(std::string_view key) { fills_.emplace(std::string(key), Fill{}); }
  // Ends it; the waiters are to be woken by the caller.
  std::vector<std::function<void()>> end_fill(std::string_view key);

  // Everything of a tenant, absent models too.
  void forget(std::string_view tenant);
  void clear();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  struct Slot {
    std::string key;
    Entry entry;
  };
  using Order = std::list<Slot>;
  void shrink();
  [[nodiscard]] static std::size_t cost(const Slot& slot);
  Order order_;  // most recently used first
  std::unordered_map<std::string_view, Order::iterator> entries_;
  std::unordered_map<std::string, Fill> fills_;
  std::size_t budget_;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace socle::models
