// field.cpp: see the header.
#include "model/field.hpp"

#include "socle/cel/time.hpp"
#include "socle/json/nearest.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {

using json::View;

std::string_view to_string(FieldType type) {
  switch (type) {
    case FieldType::any: return "any";
    case FieldType::string: return "string";
    case FieldType::integer: return "integer";
    case FieldType::number: return "number";
    case FieldType::boolean: return "boolean";
    case FieldType::date: return "date";
    case FieldType::timestamp: return "date-time";
    case FieldType::decimal: return "decimal";
    case FieldType::object: return "object";
    case FieldType::list: return "list";
    case FieldType::table: return "table";
  }
  return "any";
}

std::string_view storage_type(FieldType type) {
  switch (type) {
    case FieldType::string: return "string";
    case FieldType::integer: return "integer";
    case FieldType::number: return "number";
    case FieldType::boolean: return "boolean";
    case FieldType::date: return "date";
    case FieldType::timestamp: return "timestamp";
    case FieldType::decimal: return "decimal";
    default: return {};
  }
}

class CatalogueBuilder {
 public:
  CatalogueBuilder(View root, Catalogue& out, Diagnostics& diagnostics)
      : root_(root), out_(out), diagnostics_(diagnostics) {}

  void run(const std::string& pointer) {
    const View schema = followed(root_, pointer).schema;
    out_.open_ = is_open(schema);
    members(schema, followed(root_, pointer).pointer, Field::none, Field::none, 0);
  }

 private:
  static constexpr int max_depth = 16;

  struct Place {
    View schema;
    std::string pointer;
  };
  // Local references are followed; what they lead to says what the field is.
  Place followed(View schema, std::string pointer) const {
    for (int hops = 0; schema.find("$ref").is_string() && hops < 16; ++hops) {
      const auto reference = schema.find("$ref").as_string();
      if (!reference.starts_with('#')) break;
      const auto found = json::resolve(root_, reference.substr(1));
      if (!found) break;
      schema = *found;
      pointer = "/schema" + std::string(reference.substr(1));
    }
    return {schema, std::move(pointer)};
  }
  static bool is_open(View schema) {
    const auto others = schema.find("additionalProperties");
    return !(others.is_boolean() && !others.as_bool());
  }
  static bool is_union(View schema) {
    return schema.find("anyOf").exists() || schema.find("allOf").exists() ||
           (schema.find("oneOf").exists() && !schema.find("oneOf").at(0).find("const").exists());
  }
  // The one type besides null.
  static std::string_view type_name(View schema) {
    const auto type = schema.find("type");
    if (type.is_string()) return type.as_string();
    std::string_view single;
    for (const auto one : type.elements()) {
      if (one.as_string() == "null") continue;
      if (!single.empty()) return {};
      single = one.as_string();
    }
    return single;
  }
  static FieldType enumerated(View schema) {
    const auto all_strings = [](View list, bool constants) {
      for (const auto one : list.elements())
        if (!(constants ? one.find("const") : one).is_string()) return false;
      return !list.empty();
    };
    if (schema.find("const").is_string() || all_strings(schema.find("enum"), false) ||
        all_strings(schema.find("oneOf"), true))
      return FieldType::string;
    return schema.find("const").is_boolean() ? FieldType::boolean : FieldType::any;
  }
  FieldType type_of(View schema) const {
    if (is_union(schema)) return FieldType::any;
    const auto name = type_name(schema);
    const auto format = schema.find("format").as_string();
    if (format == "decimal" && (name == "string" || name == "number" || name.empty())) return FieldType::decimal;
    if (name == "string")
      return format == "date" ? FieldType::date : format == "date-time" ? FieldType::timestamp : FieldType::string;
    if (name == "integer") return FieldType::integer;
    if (name == "number") return FieldType::number;
    if (name == "boolean") return FieldType::boolean;
    if (name == "array") return FieldType::list;
    const bool properties = schema.find("properties").is_object() && !schema.find("properties").empty();
    if (properties && (name == "object" || name.empty())) return FieldType::object;
    return name.empty() && !schema.find("type").exists() ? enumerated(schema) : FieldType::any;
  }

  void labels(Field& field, View schema, const std::string& pointer) {
    const auto texts = schema.find("labels");
    for (const auto value : schema.find("enum").elements()) {
      const auto key = value.is_string() ? std::string(value.as_string()) : json::to_text(value);
      field.labels.push_back(
          {json::to_text(value), words_of(texts.find(key), below(below(pointer, "labels"), key), diagnostics_)});
      if (field.labels.back().words.empty()) field.labels.back().words = {key, key};
    }
    std::size_t i = 0;
    for (const auto one : schema.find("oneOf").elements()) {
      const auto at = below(below(below(pointer, "oneOf"), i++), "title");
      if (one.find("const").exists())
        field.labels.push_back({json::to_text(one.find("const")), words_of(one.find("title"), at, diagnostics_)});
    }
    for (const auto& [key, value] : texts.members()) {
      bool known = false;
      for (const auto option : schema.find("enum").elements())
        known = known || key == (option.is_string() ? std::string(option.as_string()) : json::to_text(option));
      if (!known)
        diagnostics_.error(below(below(pointer, "labels"), key), "unknown_value",
                           "'" + std::string(key) + "' is no value of this field's enum");
    }
  }

  void zone(Field& field, View schema, const std::string& pointer) {
    const auto given = schema.find("zone");
    if (!given.exists()) return;
    if (field.type != FieldType::timestamp)
      diagnostics_.error(pointer, "bad_value", "a zone is for a field of type string with format date-time");
    else if (!cel::zone_offset(given.as_string(), 0))
      diagnostics_.error(pointer, "unknown_value",
                         "there is no time zone " + shown(given) + "; wanted for example Europe/Paris, +02:00 or UTC");
    else
      field.zone = given.as_string();
  }

  void members(View schema, const std::string& pointer, std::uint32_t parent, std::uint32_t table, int depth) {
    const auto required = schema.find("required");
    for (const auto& [name, value] : schema.find("properties").members()) {
      if (out_.fields_.size() >= most_fields) {
        if (!told_) diagnostics_.error(pointer, "too_many_fields", "a form has at most 4000 fields");
        told_ = true;
        return;
      }
      bool must = false;
      for (const auto one : required.elements()) must = must || one.as_string() == name;
      add(name, value, below(below(pointer, "properties"), name), parent, table, must, depth);
    }
  }

  void add(std::string_view name, View declared, const std::string& declared_at, std::uint32_t parent,
           std::uint32_t table, bool required, int depth) {
    const auto [schema, pointer] = followed(declared, declared_at);
    const bool row_member = parent != Field::none && parent == table;
    Field field;
    field.name = name;
    field.parent = parent;
    field.table = table;
    field.required = required;
    if (parent != Field::none) {
      const auto& above = out_.fields_[parent];
      field.path = above.path + (row_member ? "[]." : ".") + std::string(name);
      field.pointer = below(row_member ? above.pointer + "/*" : above.pointer, name);
      if (!row_member) field.tokens = above.tokens;
    } else {
      field.path = name;
      field.pointer = below("", name);
    }
    field.tokens.emplace_back(name);
    field.schema_pointer = pointer;
    field.schema = schema;
    field.type = schema.is_object() && depth < max_depth ? type_of(schema) : FieldType::any;
    field.read_only = declared.find("readOnly").as_bool() || schema.find("readOnly").as_bool();
    field.fallback = declared.find("default").exists() ? declared.find("default") : schema.find("default");
    const bool own_title = declared.find("title").exists();
    field.title = words_of(own_title ? declared.find("title") : schema.find("title"),
                           below(own_title ? declared_at : pointer, "title"), diagnostics_);
    if (field.title.empty()) field.title = {std::string(name), std::string(name)};
    field.bounds.max_items = schema.find("maxItems").as_uint64();
    field.bounds.max_length = schema.find("maxLength").as_uint64();
    labels(field, schema, pointer);
    zone(field, schema, below(pointer, "zone"));
    const auto items = followed(schema.find("items"), below(pointer, "items"));
    if (field.type == FieldType::list && items.schema.is_object()) {
      field.element = type_of(items.schema);
      if (field.element == FieldType::object && table == Field::none) field.type = FieldType::table;
    }
    const auto type = field.type;
    const auto index = static_cast<std::uint32_t>(out_.fields_.size());
    out_.by_path_.emplace(field.path, index);
    out_.fields_.push_back(std::move(field));
    if (parent == Field::none)
      out_.top_.push_back(index);
    else
      out_.fields_[parent].children.push_back(index);
    if (type == FieldType::object) members(schema, pointer, index, table, depth + 1);
    if (type == FieldType::table) members(items.schema, items.pointer, index, index, depth + 1);
  }

  View root_;
  Catalogue& out_;
  Diagnostics& diagnostics_;
  bool told_ = false;
};

Catalogue Catalogue::build(View schema, const std::string& pointer, Diagnostics& diagnostics) {
  Catalogue out;
  CatalogueBuilder(schema, out, diagnostics).run(pointer);
  return out;
}

std::uint32_t Catalogue::find(std::string_view path) const {
  const auto at = by_path_.find(path);
  return at == by_path_.end() ? Field::none : at->second;
}

std::string Catalogue::unknown(std::string_view path) const {
  std::vector<std::string_view> paths;
  paths.reserve(fields_.size());
  for (const auto& field : fields_) paths.emplace_back(field.path);
  const std::string near(json::nearest(path, paths));
  return "there is no field '" + std::string(path.substr(0, 100)) + "'" +
         (near.empty() ? "; declare it in the schema" : "; did you mean '" + near + "'?");
}

}  // namespace socle::forms
