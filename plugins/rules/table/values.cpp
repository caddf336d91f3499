// values.cpp: see the header.
#include "table/values.hpp"

#include <utility>
#include <vector>

#include "socle/cel/json_form.hpp"

namespace socle::rules {
namespace {

using cel::Kind;
using cel::Value;

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

std::string decimal_digits(const Value& value) { return cel::to_json(value).value(); }

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

}  // namespace socle::rules
