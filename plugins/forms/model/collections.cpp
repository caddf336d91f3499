// collections.cpp: `index` and `unique` of a model as declarations of storage/1.
#include <array>
#include <set>

#include "model/body.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

using json::View;

constexpr std::array<std::string_view, 7> storage_types{"string", "integer",   "number", "boolean",
                                                        "date",   "timestamp", "decimal"};

struct IndexField {
  std::string field;  // as storage/1 names it
  std::string type;
  bool descending = false;
};

class IndexReader {
 public:
  IndexReader(Form::Body& body, Diagnostics& diagnostics, json::Writer& out)
      : body_(body), diagnostics_(diagnostics), out_(out) {}

  void run(std::string_view key, bool unique) {
    const auto list = body_.source.root().find(key);
    const auto pointer = "/" + std::string(key);
    if (!list.exists()) return;
    if (!list.is_array()) {
      diagnostics_.error(pointer, "bad_value", "'" + std::string(key) + "' is a list; found " + shown(list));
      return;
    }
    std::size_t i = 0;
    for (const auto item : list.elements()) one(item, below(pointer, i++), unique);
  }

  // What finds the records that name a deleted one: the index that `index: [FIELD]` declares, which may stand there
  // too.
  void referring() {
    for (const auto& logic : body_.logic) {
      if (logic.on_delete == OnDelete::keep) continue;
      const auto& found = body_.fields[logic.field];
      const std::vector<IndexField> fields{{"/doc" + found.pointer, "string"}};
      if (names_.contains(name_of(fields, false))) continue;
      body_.shape.indexes.push_back({found.path, "string"});
      add(fields, below(below("/logic", found.path), "on_delete"), false);
    }
  }

 private:
  void one(View item, const std::string& pointer, bool unique) {
    std::vector<IndexField> fields;
    if (item.is_array()) {
      std::size_t i = 0;
      for (const auto part : item.elements()) field(part, below(pointer, i++), fields);
      if (item.empty()) diagnostics_.error(pointer, "bad_value", "an index has at least one field");
    } else {
      field(item, pointer, fields);
    }
    if (!fields.empty()) add(fields, pointer, unique);
  }

  void add(const std::vector<IndexField>& fields, const std::string& pointer, bool unique) {
    if (++count_ == 64) diagnostics_.error(pointer, "too_many_indexes", "a form has at most 63 indexes");
    const auto name = name_of(fields, unique);
    if (!names_.insert(name).second) {
      diagnostics_.error(pointer, "duplicate", "this index is declared twice; remove one");
      return;
    }
    out_.begin_object().member("name", name).key("fields").begin_array();
    for (const auto& one : fields) {
      out_.begin_object().member("field", one.field).member("type", one.type);
      if (one.descending) out_.member("order", "desc");
      out_.end_object();
    }
    out_.end_array();
    if (unique) out_.member("unique", true);
    out_.end_object();
  }

  void field(View part, const std::string& pointer, std::vector<IndexField>& out) {
    std::string_view path = part.as_string();
    IndexField made;
    auto at = pointer;
    std::string_view type;
    if (part.is_object()) {
      only(part, {"field", "order", "type"}, pointer, diagnostics_);
      path = part.find("field").as_string();
      at = below(pointer, "field");
      const auto order = part.find("order").as_string();
      if (part.find("order").exists() && order != "ordered" && order != "asc" && order != "desc")
        diagnostics_.error(below(pointer, "order"), "bad_value",
                           "order is ordered, asc or desc; found " + shown(part.find("order")));
      made.descending = order == "desc";
      type = part.find("type").as_string();
      bool known = !part.find("type").exists();
      for (const auto one : storage_types) known = known || one == type;
      if (!known)
        diagnostics_.error(below(pointer, "type"), "bad_value",
                           "a type of an index is string, integer, number, boolean, date, timestamp or decimal");
    }
    if (path.empty()) {
      diagnostics_.error(pointer, "bad_value", "an index names a field: kind, or {field: from, order: ordered}");
      return;
    }
    const auto index = body_.fields.find(path);
    if (index == Field::none) {
      const auto meta = meta_named(path);
      if (!meta || *meta == Meta::id) {
        diagnostics_.error(at, "unknown_field", body_.fields.unknown(path));
        return;
      }
      const bool own = *meta == Meta::version || *meta == Meta::created_at || *meta == Meta::updated_at;
      made.field = own ? std::string(path) : "/" + std::string(path);
      made.type = !own ? "string" : *meta == Meta::version ? "integer" : "timestamp";
      out.push_back(std::move(made));
      return;
    }
    const auto& found = body_.fields[index];
    made.type = type.empty() ? std::string(storage_type(found.type)) : std::string(type);
    if (found.table != Field::none || made.type.empty()) {
      diagnostics_.error(
          at, "not_indexable",
          "'" + std::string(path) + "' cannot be indexed: a field of one type outside of sub-tables can");
      return;
    }
    made.field = "/doc" + found.pointer;
    body_.shape.indexes.push_back({found.path, made.type});
    out.push_back(std::move(made));
  }

  // Stable for equal content, so that a model that is published again finds its index; storage allows 64 characters of
  // a small alphabet, so anything else is hashed.
  static std::string name_of(const std::vector<IndexField>& fields, bool unique) {
    std::string text = unique ? "u" : "i";
    bool simple = true;
    for (const auto& one : fields) {
      text += ':';
      const auto path = one.field.starts_with("/doc/") ? one.field.substr(5) : one.field;
      for (const char c : path) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        simple = simple && (letter || c == '/');
        text += c == '/' ? '.' : c;
      }
      if (one.descending) text += "-desc";
      text += "-" + one.type;
    }
    if (simple && text.size() <= 64) return text;
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return std::string(unique ? "u:" : "i:") + std::to_string(hash);
  }

  Form::Body& body_;
  Diagnostics& diagnostics_;
  json::Writer& out_;
  std::set<std::string> names_;
  std::size_t count_ = 0;
};

}  // namespace

void compile_collections(Form::Body& body, Diagnostics& diagnostics) {
  json::Writer out(body.collections);
  out.begin_array().begin_object().member("collection", collection_of(body.name)).key("indexes").begin_array();
  IndexReader reader(body, diagnostics, out);
  reader.run("index", false);
  reader.run("unique", true);
  reader.referring();
  out.end_array().end_object();
  if (body.has_sequences)
    out.begin_object().member("collection", sequence_collection).key("indexes").begin_array().end_array().end_object();
  if (body.has_on_delete)
    out.begin_object().member("collection", guard_collection).key("indexes").begin_array().end_array().end_object();
  out.begin_object().member("collection", draft_collection).key("indexes").begin_array().begin_object();
  out.member("name", "own").key("fields").begin_array();
  for (const auto* field : {"/owner", "/form"})
    out.begin_object().member("field", field).member("type", "string").end_object();
  out.end_array().end_object().end_array().end_object();
  out.end_array();
}

}  // namespace socle::forms
