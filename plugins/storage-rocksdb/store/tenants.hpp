// tenants.hpp: what the commit lane keeps in memory of the tenants it has lately written for: number, schema, counters.
// All of it is derived from the database and is dropped whole when a batch fails or the cache is full. Lane only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "contract/schema.hpp"
#include "store/group.hpp"

namespace socle::storage {

struct Counter {
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
};
[[nodiscard]] std::string encode_counter(const Counter& counter);
Result<Counter> decode_counter(std::string_view value);

// The schema of a tenant as stored; an empty one with tenant 0 when it has never written.
Result<SchemaPtr> load_schema(Kv& kv, std::string_view tenant, Reach reach, bool& not_cached);

struct Tenant {
  std::string name;
  SchemaPtr schema;  // tenant 0: unknown to the store so far
  std::map<std::uint64_t, Counter> counters;
  std::int64_t bytes = 0, documents = 0;  // of all counters
  std::uint64_t touched_slot = 0;         // last time slot that has a touched entry
  [[nodiscard]] std::uint64_t number() const { return schema->tenant; }
};

class Tenants {
 public:
  explicit Tenants(Kv& kv) : kv_(kv) {}
  Result<Tenant*> find(std::string_view name);
  void forget(std::string_view name) { tenants_.erase(std::string(name)); }
  void forget_all() { tenants_.clear(); }
  // Between groups only: pointers of find() end here.
  void trim() {
    if (tenants_.size() > max_kept) tenants_.clear();
  }

 private:
  static constexpr std::size_t max_kept = 4096;
  Kv& kv_;
  std::unordered_map<std::string, Tenant> tenants_;
};

}  // namespace socle::storage
