// values.cpp: see the header.
#include "logic/values.hpp"

#include "socle/cel/json_form.hpp"

namespace socle::forms {
namespace {

using cel::Kind;
using cel::Value;

bool wants_number(const Field* field) {
  if (field == nullptr) return false;
  if (field->type == FieldType::integer || field->type == FieldType::number) return true;
  return field->type == FieldType::decimal && field->schema.find("type").as_string() == "number";
}

}  // namespace

Status append_value(json::Writer& out, const Value& value, const Field* field) {
  return cel::append_json(out, value, wants_number(field) ? cel::Decimals::numbers : cel::Decimals::texts);
}

bool is_nothing(const Value& value) {
  return value.is(Kind::null) || (value.is(Kind::optional) && value.optional_value() == nullptr);
}
bool is_blank(const Value& value) { return is_nothing(value) || (value.is(Kind::string) && value.as_string().empty()); }

}  // namespace socle::forms
