// cells.cpp: see the header. plugins/storage-rocksdb/contract/field.cpp is the other side; a test holds both together.
#include "logic/cells.hpp"

#include "socle/json/compare.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/moment.hpp"

namespace socle::forms {
namespace {

bool fits(FieldType type, json::View value) {
  switch (type) {
    case FieldType::string: return value.is_string();
    case FieldType::integer: return value.is_number() && value.as_int64().has_value();
    case FieldType::number: return value.is_number();
    case FieldType::boolean: return value.is_boolean();
    case FieldType::date: return value.is_string() && json::moment::days(value.as_string()).has_value();
    case FieldType::timestamp: return value.is_string() && json::moment::nanoseconds(value.as_string()).has_value();
    case FieldType::decimal:
      return value.is_number() ? is_decimal(value.number_text()) : value.is_string() && is_decimal(value.as_string());
    default: return true;
  }
}

}  // namespace

bool is_decimal(std::string_view text) { return json::decimal::is_exact(text); }

bool same_text(json::View a, json::View b) {
  if (a.same(b)) return true;
  if (a.kind() != b.kind() || a.is_array() || a.is_object()) return false;
  return a.is_number() ? a.number_text() == b.number_text() : json::equal(a, b);
}

Misfit misfit(FieldType type, json::View value) {
  if (!value.exists() || value.is_null()) return Misfit::none;
  if (!fits(type, value)) return Misfit::format;
  return type == FieldType::string && value.as_string().size() > most_indexed_text ? Misfit::too_long : Misfit::none;
}

}  // namespace socle::forms
