// What the store keeps in memory of tenants' schemas: workers of those they read, the lane of those it writes for. A
// tenant may declare as many collections and indexes as it likes; both are bounded in bytes.
#include <catch2/catch.hpp>

#include <string>

#include "store/read.hpp"
#include "support/memory_kv.hpp"

using namespace socle::storage;

namespace {

// A schema of `collections` with 64 indexes each.
TenantSchema schema_of(std::uint64_t tenant, std::size_t collections) {
  TenantSchema out;
  out.tenant = tenant;
  for (std::size_t c = 0; c < collections; ++c) {
    Collection collection;
    collection.name = "c" + std::to_string(c);
    for (std::size_t i = 0; i < 64; ++i) {
      Index index;
      index.name = "index" + std::to_string(i);
      index.fields.push_back({*FieldPath::parse("/field" + std::to_string(i), ""), FieldType::string, false});
      collection.indexes.push_back(std::move(index));
    }
    out.add(std::move(collection));
  }
  return out;
}

void store_schema(Kv& kv, const std::string& tenant, const TenantSchema& schema) {
  std::string number(value_header);
  put_number(number, schema.tenant);
  REQUIRE(kv.write({{Change::Kind::put, tenant_name_key(tenant), number},
                    {Change::Kind::put, key_of(Space::schema, schema.tenant), stored(schema.encode())}},
                   false));
}

}  // namespace

TEST_CASE("storage schemas: what one holds grows with its indexes", "[storage]") {
  const std::size_t one = schema_of(1, 1).bytes();
  CHECK(one > 64 * (sizeof(Index) + sizeof(IndexField)));
  CHECK(schema_of(1, 10).bytes() > 9 * one);
}

TEST_CASE("storage schemas: a worker keeps 16 MiB of them, whatever tenants declare", "[storage]") {
  MemoryKv kv;
  State state(kv, Settings{});
  SchemaCache cache;
  const TenantSchema large = schema_of(1, 100);
  REQUIRE(large.encode().size() < worker_schema_bytes);
  std::size_t most = 0;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    TenantSchema schema = large;
    schema.tenant = n;
    const std::string name = "t" + std::to_string(n);
    store_schema(kv, name, schema);
    for (int again = 0; again < 3; ++again) {
      const auto found = cache.find(state, name);
      REQUIRE(found);
      REQUIRE(*found);
      CHECK((**found)->collections.size() == 100);
      state.schema_epoch.fetch_add(1);  // somebody declared something: it is read again, and counted once
    }
    most = std::max(most, cache.bytes());
  }
  CHECK(most <= std::size_t{16} << 20);
  CHECK(most >= 3 * large.bytes());  // it keeps some
}

TEST_CASE("storage schemas: one that is too large for a worker is left to the offload pool", "[storage]") {
  MemoryKv kv;
  State state(kv, Settings{});
  SchemaCache cache;
  const TenantSchema large = schema_of(7, 400);
  REQUIRE(large.encode().size() > worker_schema_bytes);
  store_schema(kv, "acme", large);
  const auto found = cache.find(state, "acme");
  REQUIRE(found);
  CHECK_FALSE(*found);
  CHECK(cache.bytes() == 0);
  Call call;
  call.method = Method::usage;
  call.tenant = "acme";
  CHECK_FALSE(read(state, call, Reach::cached, &cache));
  const auto answer = read(state, call, Reach::any, nullptr);
  REQUIRE(answer);
  CHECK(answer->text.find("\"collections\":400") != std::string::npos);
}

TEST_CASE("storage schemas: the lane forgets all of them when they hold too much", "[storage]") {
  MemoryKv kv;
  Tenants tenants(kv);
  const auto held = [&] { return (*tenants.find("t0"))->schema->collections.size(); };
  const auto declare = [&](std::size_t tenant) {
    tenants.put(**tenants.find("t" + std::to_string(tenant)), std::make_shared<TenantSchema>(schema_of(1, 10)));
  };
  declare(0);
  tenants.trim();
  CHECK(held() == 10);
  const std::size_t enough = (std::size_t{17} << 20) / schema_of(1, 10).bytes() + 1;
  REQUIRE(enough < 4096);
  for (std::size_t tenant = 1; tenant <= enough; ++tenant) declare(tenant);
  CHECK(held() == 10);  // in the middle of a group pointers must hold
  tenants.trim();
  CHECK(held() == 0);  // what is stored: nothing
}

TEST_CASE("storage schemas: one tenant that declares again and again, or comes and goes, drops nobody from the lane",
          "[storage]") {
  MemoryKv kv;
  Tenants tenants(kv);
  const auto declare = [&](const char* tenant) {
    tenants.put(**tenants.find(tenant), std::make_shared<TenantSchema>(schema_of(1, 10)));
  };
  declare("quiet");
  const std::size_t enough = (std::size_t{17} << 20) / schema_of(1, 10).bytes() + 1;
  for (std::size_t i = 0; i < enough; ++i) declare("busy");
  for (std::size_t i = 0; i < enough; ++i) {
    declare("gone");
    tenants.forget("gone");
  }
  tenants.trim();
  CHECK((*tenants.find("quiet"))->schema->collections.size() == 10);
}
