// key.hpp: where everything lies. One ordered key space, no column family per tenant: a space letter, the tenant's
// number, the collection's number, then the thing's own order. docs/design/storage.md draws the table. Any thread.
//
// Every stored value begins with a format byte and the id of the key it is encrypted with (0: none), so that formats
// and encryption can change value by value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "contract/schema.hpp"

namespace socle::storage {

enum class Space : char {
  counter = 'c',      // tenant, collection -> documents, bytes
  document = 'd',     // tenant, collection, id -> record
  feed = 'f',         // tenant, commit -> changes of one write
  touched = 'g',      // time slot, tenant -> this tenant has feed entries of that slot
  index = 'i',        // tenant, collection, index, fields [, id] -> id if unique
  idempotency = 'k',  // tenant, key -> fingerprint, time, first answer
  meta = 'm',         // store-wide: format, counters, tenant names
  outbox = 'o',       // tenant, topic -> last entry removed; tenant, topic, commit, number -> entry
  schema = 's',       // tenant -> TenantSchema
  slot = 't',         // time slot -> first commit of it
};

[[nodiscard]] std::string key_of(Space space);
[[nodiscard]] std::string key_of(Space space, std::uint64_t tenant);
[[nodiscard]] std::string key_of(Space space, std::uint64_t tenant, std::uint64_t collection);
[[nodiscard]] std::string document_key(std::uint64_t tenant, std::uint64_t collection, std::string_view id);
[[nodiscard]] std::string index_prefix(std::uint64_t tenant, std::uint64_t collection, std::uint64_t index);
[[nodiscard]] std::string feed_key(std::uint64_t tenant, std::uint64_t commit);
[[nodiscard]] std::string idempotency_key(std::uint64_t tenant, std::string_view key);
[[nodiscard]] std::string outbox_prefix(std::uint64_t tenant, std::string_view topic);
[[nodiscard]] std::string slot_key(Space space, std::uint64_t slot);
[[nodiscard]] std::string tenant_name_key(std::string_view tenant);
[[nodiscard]] std::string meta_key(std::string_view name);

inline constexpr std::string_view value_header{"\x01\x00", 2};
[[nodiscard]] std::string stored(std::string_view payload);
// The payload of a stored value; data_loss when its format or key is unknown.
Result<std::string_view> payload_of(std::string_view value, std::string_view what);

// A record as stored: version, times, the document's JSON text.
struct StoredRecord {
  std::uint64_t version = 0;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::string_view text;  // borrows the stored bytes
};
[[nodiscard]] std::string encode_record(const StoredRecord& record);
Result<StoredRecord> decode_record(std::string_view value);

// What an index says about a record: the entry's key, and its value.
struct IndexEntry {
  std::string key;
  std::string value;
  bool enforced = false;  // unique and no field missing: the key alone must be free
};
Outcome<IndexEntry> index_entry(std::uint64_t tenant, std::uint64_t collection, const Index& index,
                                const RecordView& record);
// The end of an entry's key: the id, so that entries of equal fields lie in id order, in the direction of the last
// field.
void put_entry_tail(std::string& key, const Index& index, std::string_view id);
// The id of an index entry, from its value (unique) or the tail of its key.
Result<std::string> id_of_entry(const Index& index, std::string_view key, std::size_t prefix_size,
                                std::string_view value);
// How many bytes of `rest` the first `count` encoded fields of an index take; nothing when damaged.
std::optional<std::size_t> fields_size(const std::vector<IndexField>& fields, std::size_t count, std::string_view rest);

}  // namespace socle::storage
