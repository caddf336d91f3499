// record_filter.hpp: from a condition on records to what storage/1 is asked: a predicate tree that the store can answer
// from its indexes and, for what no tree can say, a CEL remainder that it evaluates on the records the tree admits.
// Used by whoever lists records (form filters, access rules, policies); needs no store. Any thread.
//
//   Environment env({.mixed_numbers = true});
//   declare_record(env, schema);                                      // record, its fields, user, tenant, env, now
//   auto condition = env.compile("kind == 'sick' && record.created_by == user.id && to > from");
//   auto query = store_query(env, *condition, {.indexes = {{"kind", "string"}}}, {.user = claims.root()});
//   // filter     {"op":"and","args":[{"op":"eq","field":"/doc/kind",…},{"op":"eq","field":"/created_by",…}]}
//   // remainder  {"cel":"record.to > record.from","record":"/doc","types":{"to":"date","from":"date"}}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "socle/cel/ast.hpp"
#include "socle/cel/environment.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::cel {

// Declares what a condition on records may name: `record` (an object with the schema's fields and what is kept of every
// record: id, version, created_at, updated_at, created_by, updated_by, model_version, which win over fields of the same
// name), the fields by their bare names unless a keyword, a built-in or one of these variables has the name, and
// `user`, `tenant`, `env` (objects) and `now`. A schema that says nothing of its fields (absent, or `true`) makes
// record a map of anything. Code::conflict when a name is taken.
Status declare_record(Environment& environment, json::View schema);

// How the store keeps the records.
struct RecordShape {
  std::string fields_at = "/doc";  // JSON Pointer to a record's fields in its document; "" when they are the document
  // Fields with an index: the store has checked that their values are of its type. Dates, timestamps and decimals are
  // compared by the store only where that is so, because it reads a smaller range of them than CEL does.
  struct Index {
    std::string field;  // "from", "address.city"
    std::string type;   // as storage/1 calls it: "date"
  };
  std::vector<Index> indexes{};
};

// What is known when the question is asked. An absent view: not known, naming it is an error of the condition.
struct KnownValues {
  json::View user{}, tenant{}, env{};
  std::optional<Value> now{};
};

struct StoreQuery {
  bool nothing = false;   // no record can satisfy the condition: there is nothing to ask
  std::string filter;     // storage/1's `filter`, JSON; "": every record
  std::string remainder;  // storage/1's `remainder`, JSON; "": the filter says it all
  std::string cel;        // the remainder's condition alone, over `record`; for whoever adds conditions of his own
};
// Records for which the condition is true, and only those; one for which it errs is not among them. `environment` is
// one with declare_record(), or with a variable `record` of a type of your own. Code::invalid when the condition is no
// condition, or names something that a store does not know (`old`, `action`); Code::too_large when what is left for the
// store is longer than it takes (16 KiB).
Result<StoreQuery> store_query(const Environment& environment, const Ast& condition, const RecordShape& shape,
                               const KnownValues& known);

}  // namespace socle::cel
