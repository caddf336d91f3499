// parts_alike.hpp: two values of one kind that has parts are equal if their parts are, in the sense of `Alike`.
#pragma once

#include "socle/cel/value.hpp"

namespace socle::cel {

// REQUIRES: a and b are of one kind, which is list, map or optional.
template <bool (*Alike)(const Value&, const Value&)>
[[nodiscard]] bool parts_alike(const Value& a, const Value& b) {
  if (a.is(Kind::optional)) {
    const auto* x = a.optional_value();
    const auto* y = b.optional_value();
    return x == nullptr || y == nullptr ? x == y : Alike(*x, *y);
  }
  const auto size = a.size();
  if (size != b.size()) return false;
  Value other;
  for (std::size_t i = 0; i < size; ++i) {
    if (a.is(Kind::list) ? !Alike(a.at(i), b.at(i)) : !b.find(a.key_at(i), other) || !Alike(a.at(i), other))
      return false;
  }
  return true;
}

}  // namespace socle::cel
