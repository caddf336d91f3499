// memory_store_text.hpp: how the model's methods read stored texts and write records. For memory_store*.cpp alone.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "socle/json/pointer.hpp"
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

// What the pointers lead to, or through: an object on the way keeps its other members to itself, anything else is given
// whole.
inline void write_parts(json::Writer& out, json::View object, const std::vector<FieldPath>& fields,
                        const std::string& place) {
  out.begin_object();
  for (const auto& [key, value] : object.members()) {
    std::string here = place + "/";
    json::append_escaped(here, key);
    const auto named = [&](const FieldPath& field) { return field.text == here; };
    const auto below = [&](const FieldPath& field) { return field.text.starts_with(here + "/"); };
    const bool whole = std::any_of(fields.begin(), fields.end(), named);
    if (!whole && std::none_of(fields.begin(), fields.end(), below)) continue;
    out.key(key);
    if (whole || !value.is_object())
      out.value(value);
    else
      write_parts(out, value, fields, here);
  }
  out.end_object();
}

inline void write_record(json::Writer& out, const std::string& id, std::uint64_t version, std::int64_t created,
                         std::int64_t updated, json::View doc, const std::vector<FieldPath>& fields) {
  out.begin_object().member("id", id).member("version", version);
  out.member("created_at", format_timestamp(created)).member("updated_at", format_timestamp(updated)).key("doc");
  if (fields.empty()) {
    out.value(doc);
  } else {
    write_parts(out, doc, fields, "");
  }
  out.end_object();
}

}  // namespace socle::storage
