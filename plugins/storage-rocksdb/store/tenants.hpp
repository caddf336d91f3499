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

// A schema that is larger than this as stored is "not cached": a worker would be busy with it longer than its turn, and
// keeps none of that size. Some 8,000 indexes.
inline constexpr std::size_t worker_schema_bytes = std::size_t{256} << 10;
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
  void forget(std::string_view name) {
    const auto at = tenants_.find(std::string(name));
    if (at == tenants_.end()) return;
    bytes_ -= at->second.schema->bytes();
    tenants_.erase(at);
  }
  void forget_all() {
    tenants_.clear();
    bytes_ = 0;
  }
  // Takes the place of the tenant's schema. REQUIRES: `tenant` is one of find().
  void put(Tenant& tenant, SchemaPtr schema) {
    bytes_ -= tenant.schema->bytes();
    bytes_ += schema->bytes();
    tenant.schema = std::move(schema);
  }
  // Between groups only: pointers of find() end here.
  void trim() {
    if (tenants_.size() > max_kept || bytes_ > max_bytes) forget_all();
  }

 private:
  static constexpr std::size_t max_kept = 4096;
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;
  Kv& kv_;
  std::size_t bytes_ = 0;  // of the schemas in tenants_
  std::unordered_map<std::string, Tenant> tenants_;
};

}  // namespace socle::storage
