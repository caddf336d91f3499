// texts.hpp: records as storage/1 keeps them and as tenants see them. A stored document is
//   {"created_by","updated_by","model_version","doc",["rules"]}
// in collection f:FORM; id, version and times are the store's own. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logic/evaluation.hpp"
#include "socle/json/view.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {

// Of an item of storage/1 ({id, version, created_at, updated_at, doc}); borrows its document.
[[nodiscard]] RecordFacts facts_of(json::View item);
[[nodiscard]] inline json::View doc_of(json::View item) { return item.find("doc").find("doc"); }

// The members of a record as tenants see it: {id, version, model_version, …, doc, rules?}, braces left to the caller,
// so that more can be added.
void write_members(json::Writer& out, json::View item);

// One "put" of a write. `doc` and `rules` are JSON texts; `rules` may be "".
struct Put {
  std::string_view form, id;  // id "": storage makes one
  std::string expect;         // JSON: a version, or "\"absent\""
  std::string_view created_by, updated_by, model_version;
  std::string_view doc, rules;
};
void append_put(std::string& out, const Put& put);
// `expect` as in Put.
void append_delete(std::string& out, std::string_view form, std::string_view id, std::string_view expect);
// That a record is there when the write happens.
void append_present(std::string& out, std::string_view form, std::string_view id);
// That a record is named by one more reference with on_delete; whoever deletes it has read the version of before.
void append_guard(std::string& out, std::string_view form, std::string_view id);
// With the record its guard goes. `version`: as it was read; 0: there was none.
void append_guard_end(std::string& out, std::string_view form, std::string_view id, std::uint64_t version);
[[nodiscard]] std::string guard_of(std::string_view form, std::string_view id);
void append_draft_end(std::string& out, std::string_view id);
void append_counter(std::string& out, std::string_view id, std::uint64_t number, std::uint64_t version);

// To a "get" or "query" of storage/1: that only these are wanted. `fields`: JSON; "": all.
void append_fields(std::string& out, std::string_view fields);

// What If-Match asks of a record of this version ("": nothing was asked): true, go on.
[[nodiscard]] bool matches(std::string_view if_match, std::uint64_t version);

// UUIDs only: anything else is no id of ours and needs no look-up.
[[nodiscard]] bool is_record_id(std::string_view id);

}  // namespace socle::forms
