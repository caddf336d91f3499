// compare.cpp: equality, order and hash of values. Depth is bounded: values are built by bounded programs or come from
// documents of bounded depth.
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "decimal.hpp"
#include "parts_alike.hpp"
#include "socle/cel/value.hpp"

namespace socle::cel {
namespace {

bool is_numeric(Kind kind) { return kind >= Kind::integer && kind <= Kind::real; }

template <class T>
Order order_of(const T& a, const T& b) {
  return a < b ? Order::less : b < a ? Order::greater : Order::equal;
}

// Integers against doubles: outside the integer's range the sign decides, inside both are compared as doubles, as
// cel-spec's reference does. Beyond 2^53 neighbouring integers are one double.
Order int_with_double(std::int64_t a, double b) {
  if (std::isnan(b)) return Order::unordered;
  return order_of(static_cast<double>(a), b);
}
Order uint_with_double(std::uint64_t a, double b) {
  if (std::isnan(b)) return Order::unordered;
  return order_of(static_cast<double>(a), b);
}
Order flip(Order order) {
  return order == Order::less ? Order::greater : order == Order::greater ? Order::less : order;
}

Order compare_numbers(const Value& a, const Value& b) {
  if (a.kind() == b.kind()) {
    if (a.is(Kind::integer)) return order_of(a.as_int(), b.as_int());
    if (a.is(Kind::unsigned_integer)) return order_of(a.as_uint(), b.as_uint());
    if (std::isnan(a.as_double()) || std::isnan(b.as_double())) return Order::unordered;
    return order_of(a.as_double(), b.as_double());
  }
  if (a.is(Kind::real)) return flip(compare_numbers(b, a));
  if (b.is(Kind::real))
    return a.is(Kind::integer) ? int_with_double(a.as_int(), b.as_double())
                               : uint_with_double(a.as_uint(), b.as_double());
  if (a.is(Kind::unsigned_integer)) return flip(compare_numbers(b, a));
  if (a.as_int() < 0) return Order::less;
  return order_of(static_cast<std::uint64_t>(a.as_int()), b.as_uint());
}

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

// Integers beyond 2^53 hash as the double they would be compared as.
std::uint64_t hash_number(const Value& value) {
  constexpr double exact = 9007199254740992.0;
  const double d = value.is(Kind::real)      ? value.as_double()
                   : value.is(Kind::integer) ? static_cast<double>(value.as_int())
                                             : static_cast<double>(value.as_uint());
  if (d == std::trunc(d) && std::fabs(d) <= exact) return mix(static_cast<std::uint64_t>(static_cast<std::int64_t>(d)));
  return mix(std::bit_cast<std::uint64_t>(d));
}

}  // namespace

bool equal(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) {
    if (is_numeric(a.kind()) && is_numeric(b.kind())) return compare_numbers(a, b) == Order::equal;
    if (a.is(Kind::decimal) || b.is(Kind::decimal)) return compare_decimals(a, b) == Order::equal;
    return false;
  }
  switch (a.kind()) {
    case Kind::null: return true;
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::real: return compare_numbers(a, b) == Order::equal;
    case Kind::boolean:
    case Kind::date: return a.as_uint() == b.as_uint();
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return a.as_string() == b.as_string();
    case Kind::timestamp:
    case Kind::duration: return a.seconds() == b.seconds() && a.nanos() == b.nanos();
    case Kind::decimal: return compare_decimals(a, b) == Order::equal;
    case Kind::list:
    case Kind::map:
    case Kind::optional: return parts_alike<equal>(a, b);
    case Kind::ip:
    case Kind::cidr:
      return a.address_high() == b.address_high() && a.address_low() == b.address_low() && a.family() == b.family() &&
             a.prefix() == b.prefix();
    case Kind::error: return false;
  }
  return false;
}

Order compare(const Value& a, const Value& b) {
  if (is_numeric(a.kind()) && is_numeric(b.kind())) return compare_numbers(a, b);
  if (a.is(Kind::decimal) || b.is(Kind::decimal)) return compare_decimals(a, b);
  if (a.kind() != b.kind()) return Order::incomparable;
  switch (a.kind()) {
    case Kind::boolean: return order_of(a.as_bool(), b.as_bool());
    case Kind::string:
    case Kind::bytes: return order_of(a.as_string(), b.as_string());
    case Kind::date: return order_of(a.days(), b.days());
    case Kind::timestamp:
    case Kind::duration: {
      const auto order = order_of(a.seconds(), b.seconds());
      return order != Order::equal ? order : order_of(a.nanos(), b.nanos());
    }
    default: return Order::incomparable;
  }
}

std::uint64_t hash(const Value& value) {
  const auto salt = static_cast<std::uint64_t>(value.kind()) << 56;
  switch (value.kind()) {
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::real: return hash_number(value);
    case Kind::decimal: return hash_decimal(value);
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return json::layout::hash_key(value.as_string()) ^ salt;
    case Kind::list: {
      std::uint64_t sum = salt;
      for (std::size_t i = 0, n = value.size(); i < n; ++i) sum = mix(sum * 31 + hash(value.at(i)));
      return sum;
    }
    case Kind::map: {
      std::uint64_t sum = salt;
      for (std::size_t i = 0, n = value.size(); i < n; ++i)
        sum += mix(hash(value.key_at(i)) * 3 + hash(value.at(i)));  // order must not matter
      return sum;
    }
    case Kind::optional: return value.optional_value() == nullptr ? salt : mix(hash(*value.optional_value()) ^ salt);
    case Kind::timestamp:
    case Kind::duration: return mix(value.as_uint() ^ value.nanos() ^ salt);
    case Kind::ip:
    case Kind::cidr: return mix(value.address_high() ^ mix(value.address_low()) ^ value.family() ^ salt);
    default: return mix(value.as_uint() ^ salt);
  }
}

std::string_view type_name(const Value& value) {
  constexpr std::array<std::string_view, 18> names{"null_type",
                                                   "bool",
                                                   "int",
                                                   "uint",
                                                   "double",
                                                   "string",
                                                   "bytes",
                                                   "google.protobuf.Timestamp",
                                                   "google.protobuf.Duration",
                                                   "date",
                                                   "decimal",
                                                   "list",
                                                   "map",
                                                   "type",
                                                   "optional_type",
                                                   "net.IP",
                                                   "net.CIDR",
                                                   "error"};
  return names[static_cast<std::size_t>(value.kind())];
}

}  // namespace socle::cel
