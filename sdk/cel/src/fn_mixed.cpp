// fn_mixed.cpp: + - * / of a whole number with a double, as doubles. Not part of the standard library: strict CEL has
// no such overloads; an environment takes them by Options::mixed_numbers.
#include <array>

#include "mixed.hpp"

namespace socle::cel {
namespace {

using Args = const Value*;

double real(const Value& value) {
  if (value.is(Kind::real)) return value.as_double();
  return value.is(Kind::integer) ? static_cast<double>(value.as_int()) : static_cast<double>(value.as_uint());
}
Value add(Context&, Args a) { return Value::real(real(a[0]) + real(a[1])); }
Value subtract(Context&, Args a) { return Value::real(real(a[0]) - real(a[1])); }
Value multiply(Context&, Args a) { return Value::real(real(a[0]) * real(a[1])); }
Value divide(Context&, Args a) { return Value::real(real(a[0]) / real(a[1])); }

}  // namespace

std::span<const Builtin> mixed_functions() {
  static constexpr std::array<Builtin, 16> rows{{
      {"_+_", "(int, double): double", add},
      {"_+_", "(double, int): double", add},
      {"_+_", "(uint, double): double", add},
      {"_+_", "(double, uint): double", add},
      {"_-_", "(int, double): double", subtract},
      {"_-_", "(double, int): double", subtract},
      {"_-_", "(uint, double): double", subtract},
      {"_-_", "(double, uint): double", subtract},
      {"_*_", "(int, double): double", multiply},
      {"_*_", "(double, int): double", multiply},
      {"_*_", "(uint, double): double", multiply},
      {"_*_", "(double, uint): double", multiply},
      {"_/_", "(int, double): double", divide},
      {"_/_", "(double, int): double", divide},
      {"_/_", "(uint, double): double", divide},
      {"_/_", "(double, uint): double", divide},
  }};
  return rows;
}

}  // namespace socle::cel
