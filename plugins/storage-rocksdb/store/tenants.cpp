#include "store/tenants.hpp"

#include "contract/bytes.hpp"
#include "contract/key.hpp"

namespace socle::storage {

std::string encode_counter(const Counter& counter) {
  std::string out(value_header);
  put_number(out, static_cast<std::uint64_t>(counter.documents));
  put_number(out, static_cast<std::uint64_t>(counter.bytes));
  return out;
}

Result<Counter> decode_counter(std::string_view value) {
  auto payload = payload_of(value, "a counter");
  if (!payload) return std::move(payload).error();
  Reader in(*payload);
  Counter out;
  out.documents = static_cast<std::int64_t>(in.number());
  out.bytes = static_cast<std::int64_t>(in.number());
  if (!in.ok()) return Error{Code::data_loss, "a collection's counter is damaged: run verify, then restore"};
  return out;
}

Result<SchemaPtr> load_schema(Kv& kv, std::string_view tenant, Reach reach, bool& not_cached) {
  static const auto none = std::make_shared<const TenantSchema>();
  std::string value;
  for (std::uint64_t missed = 0;;) {
    auto read = kv.get(tenant_name_key(tenant), value, reach);
    if (!read) return std::move(read).error();
    not_cached = *read == Read::not_cached;
    if (*read != Read::found) return none;
    auto name = payload_of(value, "a tenant's number");
    if (!name) return std::move(name).error();
    const std::uint64_t number = Reader(*name).number();
    read = kv.get(key_of(Space::schema, number), value, reach);
    if (!read) return std::move(read).error();
    not_cached = *read == Read::not_cached || (reach == Reach::cached && value.size() > worker_schema_bytes);
    if (not_cached) return none;
    if (*read == Read::found) break;
    // Erased between the two: the name is gone by now, or another tenant's.
    if (missed == number) {
      return Error{Code::data_loss, "tenant \"" + std::string(tenant) + "\" has a number but no schema: run verify"};
    }
    missed = number;
  }
  auto payload = payload_of(value, "a tenant's schema");
  if (!payload) return std::move(payload).error();
  auto schema = TenantSchema::decode(*payload);
  if (!schema) return std::move(schema).error();
  return std::make_shared<const TenantSchema>(std::move(*schema));
}

Result<Tenant*> Tenants::find(std::string_view name) {
  if (const auto at = tenants_.find(std::string(name)); at != tenants_.end()) return &at->second;
  Tenant tenant;
  tenant.name = name;
  bool not_cached = false;
  auto schema = load_schema(kv_, name, Reach::any, not_cached);
  if (!schema) return std::move(schema).error();
  tenant.schema = std::move(*schema);
  if (tenant.number() != 0) {
    const std::string prefix = key_of(Space::counter, tenant.number());
    const auto cursor = kv_.cursor(prefix, after_prefix(prefix), Reach::any);
    for (cursor->seek(prefix); cursor->valid(); cursor->next()) {
      auto counter = decode_counter(cursor->value());
      if (!counter) return std::move(counter).error();
      Reader key(cursor->key().substr(prefix.size()));
      tenant.bytes += counter->bytes;
      tenant.documents += counter->documents;
      tenant.counters[key.ordered_number()] = *counter;
    }
    if (auto ended = cursor->status(); !ended) return std::move(ended).error();
  }
  bytes_ += tenant.schema->bytes();
  return &tenants_.emplace(tenant.name, std::move(tenant)).first->second;
}

}  // namespace socle::storage
