// fn_conversion.cpp: conversions between kinds, type(), dyn(), size(), base64.
#include <algorithm>
#include <cmath>

#include "filled.hpp"
#include "library.hpp"
#include "numbers.hpp"
#include "operators.hpp"
#include "points.hpp"
#include "text.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

Value range(Context& c, std::string_view wanted) {
  return c.error(ErrorCode::range, "value is outside the range of " + std::string(wanted));
}
Value same(Context&, Args a) { return a[0]; }
Value unreadable(Context& c, Args a, std::string_view wanted) {
  return c.error(ErrorCode::invalid_argument, "'" + shortened(a[0].as_string()) + "' is no " + std::string(wanted));
}

Value int_of_uint(Context& c, Args a) {
  return a[0].as_uint() > INT64_MAX ? range(c, "int") : Value::integer(static_cast<std::int64_t>(a[0].as_uint()));
}
// The ends of the range themselves are refused: which int they mean depends on rounding.
Value int_of_double(Context& c, Args a) {
  const double d = a[0].as_double();
  if (!(d > -9223372036854775808.0 && d < 9223372036854775808.0)) return range(c, "int");
  return Value::integer(static_cast<std::int64_t>(d));
}
Value int_of_string(Context& c, Args a) {
  const auto value = parse_integer<std::int64_t>(a[0].as_string());
  return value ? Value::integer(*value) : unreadable(c, a, "int");
}
Value uint_of_int(Context& c, Args a) {
  return a[0].as_int() < 0 ? range(c, "uint") : Value::unsigned_integer(static_cast<std::uint64_t>(a[0].as_int()));
}
Value uint_of_double(Context& c, Args a) {
  const double d = a[0].as_double();
  if (!(d > -1.0 && d < 18446744073709551616.0)) return range(c, "uint");
  return d < 0 ? range(c, "uint") : Value::unsigned_integer(static_cast<std::uint64_t>(d));
}
Value uint_of_string(Context& c, Args a) {
  const auto value = parse_integer<std::uint64_t>(a[0].as_string());
  return value ? Value::unsigned_integer(*value) : unreadable(c, a, "uint");
}
Value double_of_int(Context&, Args a) { return Value::real(static_cast<double>(a[0].as_int())); }
Value double_of_uint(Context&, Args a) { return Value::real(static_cast<double>(a[0].as_uint())); }
Value double_of_string(Context& c, Args a) {
  if (!charge_reading(c, a[0].as_string().substr(0, longest_number_text))) return c.stopped();
  const auto value = parse_double(a[0].as_string());
  return value ? Value::real(*value) : unreadable(c, a, "double");
}
Value bool_of_string(Context& c, Args a) {
  const auto text = a[0].as_string();
  for (const auto* word : {"1", "t", "true", "TRUE", "True"})
    if (text == word) return Value::boolean(true);
  for (const auto* word : {"0", "f", "false", "FALSE", "False"})
    if (text == word) return Value::boolean(false);
  return unreadable(c, a, "bool; wanted true or false");
}
Value string_of_bytes(Context& c, Args a) {
  const auto data = a[0].as_string();
  bool valid = true;
  std::size_t at = 0;
  std::size_t end = 0;
  // Where a step ends within a character, the next one goes on behind it.
  const bool paid = in_steps(c, data, [&](std::string_view piece) {
    for (end += piece.size(); valid && at < end;) {
      const auto length = point_length(data, at);
      valid = length > 0;
      at += length;
    }
    return valid;
  });
  if (!paid) return c.stopped();
  return valid ? Value::string(data) : c.error(ErrorCode::invalid_argument, "bytes are not valid UTF-8");
}
Value bytes_of_string(Context&, Args a) { return Value::bytes(a[0].as_string()); }
Value type_of(Context&, Args a) { return Value::type(type_name(a[0])); }

Value size_of_string(Context& c, Args a) {
  const auto points = points_of(c, a[0].as_string());
  return points ? Value::integer(static_cast<std::int64_t>(*points)) : c.stopped();
}
Value size_of_bytes(Context&, Args a) { return Value::integer(static_cast<std::int64_t>(a[0].as_string().size())); }
Value size_of_items(Context&, Args a) { return Value::integer(static_cast<std::int64_t>(a[0].size())); }

// In steps of as many bytes as make whole groups of both sides, so that only the last one is padded.
constexpr std::size_t groups = std::size_t{12} << 10;
Value encode(Context& c, Args a) {
  const auto data = a[0].as_string();
  FilledText out(c, (data.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < data.size(); at += groups)
    if (!c.charge_text(std::min(groups, data.size() - at)) || !out.put(base64(data.substr(at, groups))))
      return c.stopped();
  return out.finish();
}
Value decode(Context& c, Args a) {
  const auto text = a[0].as_string();
  FilledText out(c, text.size() / 4 * 3 + 3);
  for (std::size_t at = 0; at < text.size(); at += groups) {
    const auto step = text.substr(at, groups);
    if (!c.charge_text(step.size())) return c.stopped();
    const bool last = at + groups >= text.size();
    const auto data = last || step.back() != '=' ? from_base64(step) : std::nullopt;
    if (!data) return unreadable(c, a, "base64");
    if (!out.put(*data)) return c.stopped();
  }
  return out.finish(Kind::bytes);
}

constexpr Builtin table[] = {
    {"dyn", "(A): dyn", same},
    {"type", "(A): type(A)", type_of},
    {"bool", "(bool): bool", same},
    {"bool", "(string): bool", bool_of_string},
    {"int", "(int): int", same},
    {"int", "(uint): int", int_of_uint},
    {"int", "(double): int", int_of_double},
    {"int", "(string): int", int_of_string},
    {"uint", "(uint): uint", same},
    {"uint", "(int): uint", uint_of_int},
    {"uint", "(double): uint", uint_of_double},
    {"uint", "(string): uint", uint_of_string},
    {"double", "(double): double", same},
    {"double", "(int): double", double_of_int},
    {"double", "(uint): double", double_of_uint},
    {"double", "(string): double", double_of_string},
    {"string", "(string): string", same},
    {"string", "(bool): string", [](Context& c, Args a) { return c.text(a[0].as_bool() ? "true" : "false"); }},
    {"string", "(int): string", [](Context& c, Args a) { return c.text(std::to_string(a[0].as_int())); }},
    {"string", "(uint): string", [](Context& c, Args a) { return c.text(std::to_string(a[0].as_uint())); }},
    {"string", "(double): string", [](Context& c, Args a) { return c.text(double_text(a[0].as_double())); }},
    {"string", "(bytes): string", string_of_bytes},
    {"bytes", "(bytes): bytes", same},
    {"bytes", "(string): bytes", bytes_of_string},
    {"size", "(string): int", size_of_string},
    {"size", "(bytes): int", size_of_bytes},
    {"size", "(list(A)): int", size_of_items},
    {"size", "(map(A, B)): int", size_of_items},
    {"size", "string.(): int", size_of_string},
    {"size", "bytes.(): int", size_of_bytes},
    {"size", "list(A).(): int", size_of_items},
    {"size", "map(A, B).(): int", size_of_items},
    {"base64.encode", "(bytes): string", encode},
    {"base64.decode", "(string): bytes", decode},
};

}  // namespace

std::span<const Builtin> conversion_functions() { return table; }

}  // namespace socle::cel
