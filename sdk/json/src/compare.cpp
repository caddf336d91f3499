#include "socle/json/compare.hpp"

#include <compare>
#include <cstring>

#include "socle/json/decimal.hpp"
#include "src/digits.hpp"

namespace socle::json {
namespace {

using layout::fold;

bool equal_numbers(View a, View b) {
  if (a.kind() == b.kind() && a.kind() != Kind::number)
    return a.kind() == Kind::integer ? a.as_int64() == b.as_int64() : a.as_uint64() == b.as_uint64();
  return std::is_eq(decimal::compare(a.number_text(), b.number_text()));
}

bool equal_arrays(View a, View b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!equal(a.at(i), b.at(i))) return false;
  return true;
}

bool equal_objects(View a, View b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Key key = a.key_at(i);
    // Most often both name their members in the same order.
    const View other = b.key_at(i).text() == key.text() ? b.value_at(i) : b.find(key);
    if (!other || !equal(a.value_at(i), other)) return false;
  }
  return true;
}

std::uint64_t hash_bytes(std::string_view text, std::uint64_t state) {
  for (std::size_t i = 0; i < text.size(); i += 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, text.data() + i, text.size() - i < 8 ? text.size() - i : 8);
    state = fold(state ^ part, layout::hash_prime);
  }
  return fold(state ^ text.size(), layout::hash_seed);
}

std::uint64_t hash_number(std::string_view text) {
  const decimal::Digits digits(text);
  if (digits.zero()) return layout::hash_seed;
  std::uint64_t state = digits.negative() ? 1 : 2;
  for (std::size_t i = 0; i < digits.count(); ++i) state = fold(state ^ digits[i], layout::hash_prime);
  return fold(state ^ static_cast<std::uint64_t>(digits.point()), layout::hash_seed);
}

}  // namespace

bool equal(View a, View b) {
  if (a.is_number()) return b.is_number() && equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::boolean: return a.as_bool() == b.as_bool();
    case Kind::string: return a.as_string() == b.as_string();
    case Kind::array: return equal_arrays(a, b);
    case Kind::object: return equal_objects(a, b);
    default: return true;
  }
}

std::uint64_t hash(View value) {
  switch (value.kind()) {
    case Kind::boolean: return fold(value.as_bool() ? 3 : 5, layout::hash_prime);
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number: return hash_number(value.number_text());
    case Kind::string: return hash_bytes(value.as_string(), 7);
    case Kind::array: {
      std::uint64_t state = 11;
      for (View element : value.elements()) state = fold(state ^ hash(element), layout::hash_prime);
      return fold(state ^ value.size(), layout::hash_seed);
    }
    case Kind::object: {
      // A sum, so that the order of members does not count.
      std::uint64_t sum = 13;
      for (auto [key, member] : value.members()) sum += fold(hash_bytes(key, 17) ^ hash(member), layout::hash_prime);
      return fold(sum ^ value.size(), layout::hash_seed);
    }
    default: return fold(static_cast<std::uint64_t>(value.kind()), layout::hash_prime);
  }
}

}  // namespace socle::json
