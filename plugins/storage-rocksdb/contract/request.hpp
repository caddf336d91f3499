// request.hpp: the requests of storage/1 as values, parsed and checked on the caller's thread before anything waits for
// the commit lane. Views borrow the request's document. docs/storage.md is the contract.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/predicate.hpp"
#include "contract/remainder.hpp"

namespace socle::storage {

inline constexpr std::size_t max_operations = 1000;
inline constexpr std::size_t max_id = 255;
inline constexpr std::size_t max_outbox = 100;
inline constexpr std::size_t max_limit = 1000;
inline constexpr std::size_t max_order = 8;
// What a page of documents or outbox entries may hold of them, as stored, unless its first alone is more.
inline constexpr std::size_t max_page_bytes = std::size_t{8} << 20;

struct Operation {
  enum class Kind : std::uint8_t { put, remove, check };
  enum class Expect : std::uint8_t { any, absent, present, version };
  Kind kind = Kind::put;
  Expect expect = Expect::any;
  std::uint64_t version = 0;  // Expect::version
  std::string_view collection;
  std::string id;      // generated when a put gives none
  bool fresh = false;  // generated: no document can have it, so none is looked for
  json::View doc;      // put
  std::string text;    // put: the document as stored
};

struct OutboxEntry {
  std::string_view topic;
  std::string text;
};

// What the writer says this is, for the audit trail: {"operation", "target"?}.
struct AuditNote {
  std::string operation, target;
};

struct WriteRequest {
  std::vector<Operation> operations;  // none: the outbox alone
  std::vector<OutboxEntry> outbox;
  AuditNote audit;
  std::string idempotency_key;  // "": none
  std::string fingerprint;
  std::optional<bool> durable;  // "durability": "sync" | "async"
};

// Makes UUIDv7 ids (RFC 9562): time first, so that new documents go to the end of their collection.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual std::string next_id() = 0;
};

struct WriteLimits {
  std::size_t document_bytes = std::size_t{1} << 20;
  std::size_t request_bytes = std::size_t{4} << 20;
};
// `context_key`: the caller's idempotency key, used when the request asks for one and names none.
Outcome<WriteRequest> parse_write(json::View request, std::string_view context_key, const WriteLimits& limits,
                                  IdSource& ids);

struct OrderField {
  FieldPath path;
  FieldType type = FieldType::string;
  bool descending = false;
};
enum class Count : std::uint8_t { none, estimated, exact };

struct QueryRequest {
  Predicate filter;
  RemainderPtr remainder;         // nullptr: none
  json::View remainder_values;    // the request's remainder, with what it gives for user, tenant, now, env
  std::vector<OrderField> order;  // without the id that breaks ties
  bool id_descending = false;     // the direction in which ids break ties
  std::size_t limit = 50;
  std::string cursor;       // as given; "" for the first page
  std::uint64_t shape = 0;  // hash of filter and order: a cursor belongs to one
  Count count = Count::none;
  std::vector<FieldPath> fields;  // empty: the whole document
  bool explain = false;
  bool partial = false;  // a page may end at the scan limit
};
// `remainder`: the request's, when somebody has compiled it already.
Outcome<QueryRequest> parse_query(json::View request, const Collection& collection, RemainderPtr remainder = nullptr);

// An array of at most `most` document paths under `pointer`.
Outcome<std::vector<FieldPath>> parse_fields(json::View fields, const std::string& pointer);
Verdict check_id(std::string_view id, const std::string& pointer);

}  // namespace socle::storage
