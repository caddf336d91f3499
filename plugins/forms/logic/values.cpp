// values.cpp: see the header.
#include "logic/values.hpp"

#include <cmath>

#include "socle/cel/member_names.hpp"

namespace socle::forms {
namespace {

using cel::Kind;
using cel::Value;

// What stands between the quotes of timestamp("…"), date("…"), decimal("…").
std::string inner_text(const Value& value) {
  const auto literal = cel::to_text(value);
  const auto open = literal.find('"');
  const auto close = literal.rfind('"');
  return open == std::string::npos || close <= open ? literal : literal.substr(open + 1, close - open - 1);
}

bool wants_number(const Field* field) {
  if (field == nullptr) return false;
  if (field->type == FieldType::integer || field->type == FieldType::number) return true;
  return field->type == FieldType::decimal && field->schema.find("type").as_string() == "number";
}

Status no_form(const Value& value) {
  return Error{Code::invalid, "a value of kind " + std::string(cel::type_name(value)) + " (" + cel::to_text(value) +
                                  ") has no JSON form"};
}

Status append_list(json::Writer& out, const Value& value) {
  out.begin_array();
  for (std::size_t i = 0; i < value.size(); ++i)
    if (auto status = append_value(out, value.at(i), nullptr); !status) return status;
  out.end_array();
  return {};
}

Status append_map(json::Writer& out, const Value& value) {
  cel::MemberNames names(value);
  out.begin_object();
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto name = names.take(value.key_at(i));
    if (!name) return std::move(name).error();
    out.key(*name);
    if (auto status = append_value(out, value.at(i), nullptr); !status) return status;
  }
  out.end_object();
  return {};
}

}  // namespace

Status append_value(json::Writer& out, const Value& value, const Field* field) {
  switch (value.kind()) {
    case Kind::null: out.null(); return {};
    case Kind::boolean: out.boolean(value.as_bool()); return {};
    case Kind::integer: out.integer(value.as_int()); return {};
    case Kind::unsigned_integer: out.unsigned_integer(value.as_uint()); return {};
    case Kind::real: {
      const double number = value.as_double();
      if (!std::isfinite(number)) return no_form(value);
      // An integer field shows 3, not 3.0.
      if (number == std::trunc(number) && std::fabs(number) < 9e15)
        out.integer(static_cast<std::int64_t>(number));
      else
        out.number(number);
      return {};
    }
    case Kind::string: out.string(value.as_string()); return {};
    case Kind::decimal:
      if (wants_number(field))
        out.number_text(inner_text(value));
      else
        out.string(inner_text(value));
      return {};
    case Kind::timestamp:
    case Kind::duration:
    case Kind::date:
    case Kind::ip:
    case Kind::cidr: out.string(inner_text(value)); return {};
    case Kind::optional:
      if (value.optional_value() != nullptr) return append_value(out, *value.optional_value(), field);
      out.null();
      return {};
    case Kind::list:
      if (!value.is_json()) return append_list(out, value);
      out.value(value.view());
      return {};
    case Kind::map:
      if (!value.is_json()) return append_map(out, value);
      out.value(value.view());
      return {};
    case Kind::bytes:
    case Kind::type:
    case Kind::error: break;
  }
  return no_form(value);
}

bool is_nothing(const Value& value) {
  return value.is(Kind::null) || (value.is(Kind::optional) && value.optional_value() == nullptr);
}
bool is_blank(const Value& value) { return is_nothing(value) || (value.is(Kind::string) && value.as_string().empty()); }

}  // namespace socle::forms
