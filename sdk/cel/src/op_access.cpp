// op_access.cpp: see the header.
#include "op_access.hpp"

#include <cmath>

#include "decimal.hpp"
#include "operators.hpp"
#include "socle/cel/time.hpp"

namespace socle::cel {
namespace {

// An error of the given kind that tells which path was being read.
Value path_error(Frame& f, const Op& op, ErrorCode code, std::string_view message) {
  auto value = f.context.error(code, message);
  if (f.context.stop != nullptr) return value;
  const auto path = op.path();
  auto& info = const_cast<ErrorInfo&>(value.error_info());
  info.offset = op.offset;
  auto* copy = f.context.arena.make<char>(path.size());
  if (copy == nullptr) return f.context.out_of_memory();
  std::memcpy(copy, path.data(), path.size());
  info.path = {copy, path.size()};
  return value;
}

}  // namespace

OpPtr make_constant(const Value& value, std::uint32_t offset) {
  auto op = std::make_unique<ConstantOp>(value);
  op->offset = offset;
  return op;
}

Coercion coercion_to(const Type& type) {
  switch (type.kind()) {
    case TypeKind::integer: return Coercion::integer;
    case TypeKind::real: return Coercion::real;
    case TypeKind::timestamp: return Coercion::timestamp;
    case TypeKind::duration: return Coercion::duration;
    case TypeKind::date: return Coercion::date;
    case TypeKind::decimal: return Coercion::decimal;
    case TypeKind::wrapper: return coercion_to(type.at(0));
    default: return Coercion::none;
  }
}

Value coerced(Context& c, const Value& value, Coercion coercion) {
  const auto wrong = [&](std::string_view wanted) {
    return c.error(ErrorCode::invalid_argument, shown(value) + " is no " + std::string(wanted));
  };
  const bool read = value.is(Kind::string) && (coercion == Coercion::timestamp || coercion == Coercion::decimal);
  if (read && !charge_reading(c, value.as_string())) return c.stopped();
  switch (coercion) {
    case Coercion::none: return value;
    case Coercion::integer:
      if (value.is(Kind::real) && value.as_double() == std::trunc(value.as_double()) &&
          std::fabs(value.as_double()) < 9.2e18)
        return Value::integer(static_cast<std::int64_t>(value.as_double()));
      return value;
    case Coercion::real:
      if (value.is(Kind::integer)) return Value::real(static_cast<double>(value.as_int()));
      if (value.is(Kind::unsigned_integer)) return Value::real(static_cast<double>(value.as_uint()));
      return value;
    case Coercion::timestamp:
      if (!value.is(Kind::string)) return value;
      if (const auto out = parse_timestamp(value.as_string())) return *out;
      return wrong("timestamp (RFC 3339)");
    case Coercion::duration:
      if (!value.is(Kind::string)) return value;
      if (const auto out = parse_duration(value.as_string())) return *out;
      return wrong("duration");
    case Coercion::date:
      if (!value.is(Kind::string)) return value;
      if (const auto out = parse_date(value.as_string())) return Value::date(*out);
      return wrong("date (2024-12-31)");
    case Coercion::decimal:
      if (value.is(Kind::integer) || value.is(Kind::unsigned_integer)) return to_decimal(value);
      if (value.is(Kind::real))
        if (const auto out = decimal_of(value.as_double())) return *out;
      if (!value.is(Kind::string)) return value;
      if (const auto out = parse_decimal(value.as_string())) return *out;
      return wrong("decimal");
  }
  return value;
}

Value SlotOp::missing(Frame& f) const {
  return path_error(f, *this, ErrorCode::undeclared, "no value is given for '" + name + "'");
}

Value SelectOp::absent(Frame& f) const {
  if (test_only) return Value::boolean(false);
  if (guarded) return Value::error(nullptr);
  if (optional_field) return Value::optional_none();
  if (absent_is_null) return {};
  return path_error(f, *this, ErrorCode::no_such_key, "no such key: '" + name + "'");
}

Value SelectOp::slow(Frame& f, const Value& from) const {
  if (from.is_error()) return from;
  if (from.is(Kind::optional)) {
    if (from.optional_value() == nullptr) return test_only || guarded ? absent(f) : Value::optional_none();
    const auto& inner = *from.optional_value();
    Value found;
    if (inner.is(Kind::map) && inner.find(Value::string(name), found))
      return test_only ? Value::boolean(true) : f.context.some(finish(f, found));
    if (inner.is(Kind::map)) return test_only || guarded ? absent(f) : Value::optional_none();
  } else if (from.is(Kind::map)) {
    Value found;
    if (!from.find(Value::string(name), found)) return absent(f);
    if (test_only) return Value::boolean(true);
    const auto value = finish(f, found);
    return optional_field && !value.is_error() ? f.context.some(value) : value;
  } else if (from.is(Kind::null) && absent_is_null) {
    return test_only || guarded ? absent(f) : Value();
  }
  return path_error(f, *this, ErrorCode::no_such_overload,
                    "'" + std::string(type_name(from)) + "' does not support field selection");
}

Value IndexOp::run(Frame& f) const {
  const Value from = operand->run(f);
  if (from.is_error()) return from;
  const Value at = key->run(f);
  if (at.is_error()) return at;
  const bool chained = from.is(Kind::optional);
  if (!chained && !optional_index) {
    const auto value = index_value(f.context, from, at);
    if (!value.is_error())
      return coercion == Coercion::none ? value : placed(coerced(f.context, value, coercion), offset);
    return f.context.stop != nullptr ? value
                                     : path_error(f, *this, value.error_info().code, value.error_info().message);
  }
  if (chained && from.optional_value() == nullptr) return Value::optional_none();
  const Value& container = chained ? *from.optional_value() : from;
  const auto value = index_value(f.context, container, at);
  if (!value.is_error()) return f.context.some(placed(coerced(f.context, value, coercion), offset));
  if (f.context.stop == nullptr && value.error_info().code == ErrorCode::no_such_key) return Value::optional_none();
  return placed(value, offset);
}

Value ListOp::run(Frame& f) const {
  auto* out = f.context.items(items.size());
  if (out == nullptr) return f.context.stopped();
  std::size_t count = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Value value = items[i]->run(f);
    if (value.is_error()) return value;
    if (i < optionals.size() && optionals[i] != 0) {
      if (!value.is(Kind::optional))
        return placed(f.context.error(ErrorCode::no_such_overload, "an element after ? must be optional"), offset);
      if (value.optional_value() == nullptr) continue;
      value = *value.optional_value();
    }
    out[count++] = value;
  }
  return Value::list(out, count);
}

Value MapOp::run(Frame& f) const {
  if (!f.context.charge(parts.size())) return f.context.stopped();
  MapBuilder builder(f.context.arena, parts.size() / 2);
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
    const Value key = parts[i]->run(f);
    if (key.is_error()) return key;
    Value value = parts[i + 1]->run(f);
    if (value.is_error()) return value;
    if (i / 2 < optionals.size() && optionals[i / 2] != 0) {
      if (!value.is(Kind::optional))
        return placed(f.context.error(ErrorCode::no_such_overload, "an entry after ? must be optional"), offset);
      if (value.optional_value() == nullptr) continue;
      value = *value.optional_value();
    }
    if (!insert_entry(f.context, builder, key, value)) return placed(duplicate_or_stopped(f.context, key), offset);
  }
  const auto map = builder.finish();
  return map.is(Kind::map) ? map : f.context.out_of_memory();
}

std::size_t ListOp::size() const {
  std::size_t total = sizeof *this + items.capacity() * sizeof(OpPtr) + optionals.capacity();
  for (const auto& item : items) total += item->size();
  return total;
}
std::size_t MapOp::size() const {
  std::size_t total = sizeof *this + parts.capacity() * sizeof(OpPtr) + optionals.capacity();
  for (const auto& part : parts) total += part->size();
  return total;
}

}  // namespace socle::cel
