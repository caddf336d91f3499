// json_form.cpp: see the header.
#include "socle/cel/json_form.hpp"

#include <cmath>
#include <set>

#include "decimal.hpp"
#include "network_text.hpp"
#include "socle/cel/time.hpp"
#include "text.hpp"

namespace socle::cel {
namespace {

constexpr double whole_doubles = 0x1p53;  // up to here each whole number has a double of its own

Status no_form(const Value& value) {
  const auto shown = value.is_error() ? std::string() : " (" + to_text(value) + ")";
  return Error{Code::invalid, "a value of kind " + std::string(type_name(value)) + shown + " has no JSON form"};
}

Status append_real(json::Writer& out, const Value& value) {
  const double number = value.as_double();
  if (!std::isfinite(number)) return no_form(value);
  if (number == std::trunc(number) && std::fabs(number) <= whole_doubles)
    out.integer(static_cast<std::int64_t>(number));
  else
    out.number(number);
  return {};
}

Status append_list(json::Writer& out, const Value& list, Decimals decimals) {
  out.begin_array();
  for (std::size_t i = 0; i < list.size(); ++i)
    if (auto status = append_json(out, list.at(i), decimals); !status) return status;
  out.end_array();
  return {};
}

// {1: 'a', '1': 'b'} has no JSON form: two of its keys are the same name, and one of the members would be lost.
Status append_map(json::Writer& out, const Value& map, Decimals decimals) {
  bool texts = false, others = false;
  for (std::size_t i = 0; i < map.size(); ++i) (map.key_at(i).is(Kind::string) ? texts : others) = true;
  std::set<std::string> taken;
  out.begin_object();
  for (std::size_t i = 0; i < map.size(); ++i) {
    const std::string name = key_text(map.key_at(i));
    if (texts && others && !taken.insert(name).second)  // else no two are the same
      return Error{Code::invalid, "a map with two keys that are both \"" + name + "\" in JSON has no JSON form"};
    out.key(name);
    if (auto status = append_json(out, map.at(i), decimals); !status) return status;
  }
  out.end_object();
  return {};
}

}  // namespace

Status append_json(json::Writer& out, const Value& value, Decimals decimals) {
  switch (value.kind()) {
    case Kind::null: out.null(); return {};
    case Kind::boolean: out.boolean(value.as_bool()); return {};
    case Kind::integer: out.integer(value.as_int()); return {};
    case Kind::unsigned_integer: out.unsigned_integer(value.as_uint()); return {};
    case Kind::real: return append_real(out, value);
    case Kind::string: out.string(value.as_string()); return {};
    case Kind::bytes: out.string(base64(value.as_string())); return {};
    case Kind::timestamp: out.string(timestamp_text(value)); return {};
    case Kind::duration: out.string(duration_text(value)); return {};
    case Kind::date: out.string(date_text(value.days())); return {};
    case Kind::decimal:
      if (decimals == Decimals::numbers)
        out.number_text(decimal_text(value));
      else
        out.string(decimal_text(value));
      return {};
    case Kind::ip: out.string(ip_text(value)); return {};
    case Kind::cidr: out.string(cidr_text(value)); return {};
    case Kind::optional:
      if (value.optional_value() != nullptr) return append_json(out, *value.optional_value(), decimals);
      out.null();
      return {};
    case Kind::list:
      if (!value.is_json()) return append_list(out, value, decimals);
      out.value(value.view());
      return {};
    case Kind::map:
      if (!value.is_json()) return append_map(out, value, decimals);
      out.value(value.view());
      return {};
    case Kind::type:
    case Kind::error: break;
  }
  return no_form(value);
}

Result<std::string> to_json(const Value& value, Decimals decimals) {
  std::string text;
  json::Writer out(text);
  if (auto status = append_json(out, value, decimals); !status) return std::move(status).error();
  if (auto status = out.finish(); !status) return std::move(status).error();
  return text;
}

}  // namespace socle::cel
