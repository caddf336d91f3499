// values.cpp: see the header.
#include "table/values.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "socle/cel/member_names.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view data) {
  std::string out;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    unsigned bits = 0;
    const auto bytes = std::min<std::size_t>(3, data.size() - i);
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < bytes ? static_cast<unsigned char>(data[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= bytes ? base64_digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// What stands between the quotes of timestamp("…"), duration("…"), date("…"), ip("…").
std::string inner_text(const Value& value) {
  const auto literal = cel::to_text(value);
  const auto open = literal.find('"');
  const auto close = literal.rfind('"');
  return open == std::string::npos || close <= open ? literal : literal.substr(open + 1, close - open - 1);
}

double real_of(const Value& value) {
  if (value.is(Kind::integer)) return static_cast<double>(value.as_int());
  if (value.is(Kind::unsigned_integer)) return static_cast<double>(value.as_uint());
  if (value.is(Kind::decimal)) return std::stod(decimal_digits(value));
  return value.as_double();
}

bool is_number(const Value& value) { return value.kind() >= Kind::integer && value.kind() <= Kind::real; }

bool exact(const Value& value, cel::Int128& digits, std::uint32_t& scale) {
  scale = value.is(Kind::decimal) ? value.scale() : 0;
  if (value.is(Kind::decimal)) digits = value.unscaled();
  if (value.is(Kind::integer)) digits = value.as_int();
  if (value.is(Kind::unsigned_integer)) digits = static_cast<cel::Int128>(value.as_uint());
  return !value.is(Kind::real);
}

}  // namespace

Value copy_value(cel::Arena& arena, const Value& value) {
  switch (value.kind()) {
    case Kind::string:
    case Kind::bytes: return cel::copy_string(arena, value.as_string(), value.kind());
    case Kind::list: {
      std::vector<Value> items;
      for (std::size_t i = 0; i < value.size(); ++i) items.push_back(copy_value(arena, value.at(i)));
      return cel::make_list(arena, items);
    }
    case Kind::map: {
      std::vector<std::pair<Value, Value>> entries;
      for (std::size_t i = 0; i < value.size(); ++i)
        entries.emplace_back(copy_value(arena, value.key_at(i)), copy_value(arena, value.at(i)));
      return cel::make_map(arena, entries);
    }
    default: return value;
  }
}

std::string decimal_digits(const Value& value) {
  auto digits = value.unscaled();
  const bool negative = digits < 0;
  if (negative) digits = -digits;
  std::string out;
  do {
    out += static_cast<char>('0' + static_cast<int>(digits % 10));
    digits /= 10;
  } while (digits != 0);
  while (out.size() <= value.scale()) out += '0';
  std::reverse(out.begin(), out.end());
  if (value.scale() > 0) out.insert(out.size() - value.scale(), 1, '.');
  return negative ? "-" + out : out;
}

std::optional<Value> sum_of(const Value& a, const Value& b) {
  for (const auto* value : {&a, &b})
    if (!is_number(*value) && !value->is(Kind::decimal)) return std::nullopt;
  cel::Int128 x = 0;
  cel::Int128 y = 0;
  std::uint32_t scale_x = 0;
  std::uint32_t scale_y = 0;
  if (!exact(a, x, scale_x) || !exact(b, y, scale_y)) return Value::real(real_of(a) + real_of(b));
  while (scale_x < scale_y) {
    if (__builtin_mul_overflow(x, cel::Int128{10}, &x)) return std::nullopt;
    ++scale_x;
  }
  while (scale_y < scale_x) {
    if (__builtin_mul_overflow(y, cel::Int128{10}, &y)) return std::nullopt;
    ++scale_y;
  }
  cel::Int128 sum = 0;
  if (__builtin_add_overflow(x, y, &sum)) return std::nullopt;
  if (!a.is(Kind::decimal) && !b.is(Kind::decimal) && sum >= INT64_MIN && sum <= INT64_MAX)
    return Value::integer(static_cast<std::int64_t>(sum));
  return Value::decimal(sum, scale_x);
}

Status append_json(json::Writer& out, const Value& value) {
  switch (value.kind()) {
    case Kind::null: out.null(); return {};
    case Kind::boolean: out.boolean(value.as_bool()); return {};
    case Kind::integer: out.integer(value.as_int()); return {};
    case Kind::unsigned_integer: out.unsigned_integer(value.as_uint()); return {};
    case Kind::real:
      if (!std::isfinite(value.as_double()))
        return Error{Code::invalid, cel::to_text(value) + " has no JSON form; the expression should not produce it"};
      out.number(value.as_double());
      return {};
    case Kind::string: out.string(value.as_string()); return {};
    case Kind::bytes: out.string(base64(value.as_string())); return {};
    case Kind::decimal: out.number_text(decimal_digits(value)); return {};
    case Kind::timestamp:
    case Kind::duration:
    case Kind::date:
    case Kind::ip:
    case Kind::cidr: out.string(inner_text(value)); return {};
    case Kind::optional:
      if (value.optional_value() == nullptr) {
        out.null();
        return {};
      }
      return append_json(out, *value.optional_value());
    case Kind::list: {
      if (value.is_json()) {
        out.value(value.view());
        return {};
      }
      out.begin_array();
      for (std::size_t i = 0; i < value.size(); ++i)
        if (auto status = append_json(out, value.at(i)); !status) return status;
      out.end_array();
      return {};
    }
    case Kind::map: {
      if (value.is_json()) {
        out.value(value.view());
        return {};
      }
      cel::MemberNames names(value);
      out.begin_object();
      for (std::size_t i = 0; i < value.size(); ++i) {
        auto name = names.take(value.key_at(i));
        if (!name) return std::move(name).error();
        out.key(*name);
        if (auto status = append_json(out, value.at(i)); !status) return status;
      }
      out.end_object();
      return {};
    }
    case Kind::type:
    case Kind::error: break;
  }
  return Error{Code::invalid, "a value of kind " + std::string(cel::type_name(value)) + " has no JSON form"};
}

Result<std::string> to_json(const Value& value) {
  std::string text;
  json::Writer writer(text);
  if (auto status = append_json(writer, value); !status) return std::move(status).error();
  if (auto status = writer.finish(); !status) return std::move(status).error();
  return text;
}

}  // namespace socle::rules
