// fn_optional.cpp: optional values. or() and orValue() are evaluated lazily by the compiler; their rows are for the
// checker and for calls with both sides at hand.
#include "library.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

bool is_zero(const Value& value) {
  switch (value.kind()) {
    case Kind::null: return true;
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer: return value.as_uint() == 0;
    case Kind::real: return value.as_double() == 0;
    case Kind::string:
    case Kind::bytes: return value.as_string().empty();
    case Kind::list:
    case Kind::map: return value.size() == 0;
    case Kind::duration: return value.seconds() == 0 && value.nanos() == 0;
    case Kind::timestamp: return value.seconds() == 0 && value.nanos() == 0;
    case Kind::decimal: return value.unscaled() == 0;
    case Kind::optional: return value.optional_value() == nullptr;
    default: return false;
  }
}

Value none(Context&, Args) { return Value::optional_none(); }
Value of(Context& c, Args a) { return c.some(a[0]); }
Value of_non_zero(Context& c, Args a) { return is_zero(a[0]) ? Value::optional_none() : c.some(a[0]); }
Value has_value(Context&, Args a) { return Value::boolean(a[0].optional_value() != nullptr); }
Value value(Context& c, Args a) {
  return a[0].optional_value() != nullptr ? *a[0].optional_value()
                                          : c.error(ErrorCode::invalid_argument, "optional.none() has no value");
}
Value either(Context&, Args a) { return a[0].optional_value() != nullptr ? a[0] : a[1]; }
Value or_value(Context&, Args a) { return a[0].optional_value() != nullptr ? *a[0].optional_value() : a[1]; }
Value unwrap(Context& c, Args a) {
  auto* items = c.items(a[0].size());
  if (items == nullptr) return c.stopped();
  std::size_t count = 0;
  for (std::size_t i = 0; i < a[0].size(); ++i) {
    const auto item = a[0].at(i);
    if (!item.is(Kind::optional)) return c.error(ErrorCode::no_such_overload, "unwrap wants a list of optionals");
    if (item.optional_value() != nullptr) items[count++] = *item.optional_value();
  }
  return Value::list(items, count);
}

constexpr Builtin table[] = {
    {"optional.none", "(): optional_type(A)", none},
    {"optional.of", "(A): optional_type(A)", of},
    {"optional.ofNonZeroValue", "(A): optional_type(A)", of_non_zero},
    {"optional.unwrap", "(list(optional_type(A))): list(A)", unwrap},
    {"unwrapOpt", "list(optional_type(A)).(): list(A)", unwrap},
    {"hasValue", "optional_type(A).(): bool", has_value},
    {"value", "optional_type(A).(): A", value},
    {"or", "optional_type(A).(optional_type(A)): optional_type(A)", either},
    {"orValue", "optional_type(A).(A): A", or_value},
};

}  // namespace

std::span<const Builtin> optional_functions() { return table; }

}  // namespace socle::cel
