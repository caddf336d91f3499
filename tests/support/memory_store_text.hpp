// memory_store_text.hpp: how the model's methods read stored texts and write records. For memory_store*.cpp alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/memory_store.hpp"

namespace socle::storage {

inline Answer unknown(std::string_view name, std::string_view pointer = "/collection") {
  return Answer(problem_at(Code::not_found, "unknown_collection", pointer,
                           "collection \"" + std::string(name) + "\" is not declared"));
}

inline RecordView view_of(std::string_view id, std::uint64_t version, std::int64_t created, std::int64_t updated,
                          const json::Document& doc) {
  return {id, version, created, updated, doc.root()};
}

inline json::Document parsed(const std::string& text) { return std::move(json::Document::parse(text)).value(); }

inline void write_record(json::Writer& out, const std::string& id, std::uint64_t version, std::int64_t created,
                         std::int64_t updated, json::View doc, const std::vector<FieldPath>& fields) {
  out.begin_object().member("id", id).member("version", version);
  out.member("created_at", format_timestamp(created)).member("updated_at", format_timestamp(updated)).key("doc");
  if (fields.empty()) {
    out.value(doc);
  } else {  // one level is enough for the model
    out.begin_object();
    for (const auto& [key, value] : doc.members())
      for (const auto& field : fields)
        if (field.tokens.size() == 1 && field.tokens[0] == key) out.member(key, value);
    out.end_object();
  }
  out.end_object();
}

}  // namespace socle::storage
