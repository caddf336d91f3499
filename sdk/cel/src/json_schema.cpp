// json_schema.cpp: see the header.
#include "socle/cel/json_schema.hpp"

#include <utility>

#include "socle/json/pointer.hpp"

namespace socle::cel {
namespace {

using json::View;

constexpr int max_depth = 32;
constexpr std::size_t max_fields = 2000;

class Declaring {
 public:
  Declaring(Environment& environment, View root) : environment_(environment), root_(root) {}

  SchemaType of(const std::string& name, View schema, int depth) {
    SchemaType out;
    for (int hops = 0; schema.find("$ref").is_string() && hops < 16; ++hops) {
      const auto reference = schema.find("$ref").as_string();
      if (!reference.starts_with('#')) return out;
      const auto found = json::resolve(root_, reference.substr(1));
      if (!found) return out;
      schema = *found;
    }
    if (!schema.is_object() || depth > max_depth) return out;
    if (schema.find("anyOf").exists() || schema.find("oneOf").exists() || schema.find("allOf").exists()) return out;
    out.bounds.max_items = schema.find("maxItems").as_uint64();
    out.bounds.max_length = schema.find("maxLength").as_uint64();
    const auto type = schema.find("type");
    if (type.is_string()) out.type = typed(name, type.as_string(), schema, depth, out);
    if (!type.exists()) out.type = enumerated(schema);
    if (!type.exists() && schema.find("properties").is_object()) out.type = object(name, schema, depth);
    return out;
  }

 private:
  Type typed(const std::string& name, std::string_view type, View schema, int depth, SchemaType& out) {
    if (type == "integer") return TypeKind::integer;
    if (type == "number") return TypeKind::real;
    if (type == "boolean") return TypeKind::boolean;
    if (type == "null") return TypeKind::null_type;
    if (type == "string") {
      const auto format = schema.find("format").as_string();
      if (!out.bounds.max_length && (format == "date" || format == "date-time")) out.bounds.max_length = 40;
      return format == "date"        ? Type(TypeKind::date)
             : format == "date-time" ? Type(TypeKind::timestamp)
                                     : Type(TypeKind::string);
    }
    if (type == "array") {
      const auto items = of(name + "[]", schema.find("items"), depth + 1);
      out.element_bounds = items.bounds;
      return Type::list_of(items.type);
    }
    return type == "object" ? object(name, schema, depth) : Type();
  }
  static Type enumerated(View schema) {
    const auto values = schema.find("enum");
    const auto single = schema.find("const");
    if (single.is_string()) return TypeKind::string;
    if (!values.is_array() || values.empty()) return {};
    for (const auto value : values.elements())
      if (!value.is_string()) return {};
    return TypeKind::string;
  }
  Type object(const std::string& name, View schema, int depth) {
    const auto properties = schema.find("properties");
    if (!properties.is_object() || properties.empty()) {
      const auto values = schema.find("additionalProperties");
      auto value = values.is_object() ? of(name + ".*", values, depth + 1).type : Type();
      return Type::map_of(TypeKind::string, std::move(value));
    }
    ObjectType record;
    record.name = name;
    record.named = false;  // "input.address" in an expression is the field
    const auto others = schema.find("additionalProperties");
    record.open = !(others.is_boolean() && !others.as_bool());
    for (const auto [key, value] : properties.members()) {
      if (++fields_ > max_fields) break;
      auto field = of(name + "." + std::string(key), value, depth + 1);
      record.fields.push_back({std::string(key), field.type, field.bounds, field.element_bounds});
    }
    // Declared twice only when a schema refers to itself; then the first declaration stands.
    (void)environment_.declare_object(std::move(record));
    return Type::object(name);
  }

  Environment& environment_;
  View root_;
  std::size_t fields_ = 0;
};

}  // namespace

SchemaType declare_schema(Environment& environment, const std::string& name, View schema, View root) {
  return Declaring(environment, root).of(name, schema, 0);
}

}  // namespace socle::cel
