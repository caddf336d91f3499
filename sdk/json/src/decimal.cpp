#include "socle/json/decimal.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "src/digits.hpp"
#include "src/number.hpp"

namespace socle::json::decimal {
namespace {

constexpr std::size_t max_digits = 1000;  // of what is_multiple works out with a divisor beyond 64 bits

std::strong_ordering compare_magnitudes(const Digits& a, const Digits& b) {
  if (a.zero() || b.zero()) return !a.zero() <=> !b.zero();
  if (a.point() != b.point()) return a.point() <=> b.point();
  for (std::size_t i = 0; i < a.count() && i < b.count(); ++i)
    if (a[i] != b[i]) return a[i] <=> b[i];
  return a.count() <=> b.count();
}

std::optional<std::uint64_t> magnitude(const Digits& digits) {
  if (digits.zero()) return 0;
  if (digits.last_place() < 0 || digits.point() > 20) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(digits.point()); ++i) {
    const std::uint64_t digit = i < digits.count() ? digits[i] : 0;
    if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, digit, &value)) return std::nullopt;
  }
  return value;
}

std::uint64_t multiply_modulo(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  return static_cast<std::uint64_t>(static_cast<layout::Wide>(a) * b % modulus);
}

// digits × 10^zeros mod divisor, the power by repeated squaring.
std::uint64_t remainder(const Digits& value, std::uint64_t zeros, std::uint64_t divisor) {
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < value.count(); ++i)
    rest = static_cast<std::uint64_t>((static_cast<layout::Wide>(rest) * 10 + value[i]) % divisor);
  for (std::uint64_t base = 10 % divisor; zeros != 0; zeros >>= 1) {
    if (zeros & 1) rest = multiply_modulo(rest, base, divisor);
    base = multiply_modulo(base, base, divisor);
  }
  return rest;
}

// A natural number in 32-bit limbs, the lowest first, just large enough for remainders by a long divisor.
class Natural {
 public:
  void append_digit(std::uint32_t digit) {
    std::uint64_t carry = digit;
    for (auto& limb : limbs_) {
      carry += std::uint64_t{limb} * 10;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs_.push_back(static_cast<std::uint32_t>(carry));
  }
  // REQUIRES: *this < 10 * divisor
  void reduce(const Natural& divisor) {
    while (!(*this < divisor)) subtract(divisor);
  }
  [[nodiscard]] bool zero() const { return limbs_.empty(); }

 private:
  bool operator<(const Natural& other) const {
    if (limbs_.size() != other.limbs_.size()) return limbs_.size() < other.limbs_.size();
    return std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(), other.limbs_.rend());
  }
  void subtract(const Natural& other) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      const std::uint64_t take = borrow + (i < other.limbs_.size() ? other.limbs_[i] : 0);
      borrow = limbs_[i] < take;
      limbs_[i] = static_cast<std::uint32_t>(limbs_[i] - take);
    }
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }
  std::vector<std::uint32_t> limbs_;
};

// Factors 2 and 5 of a divisor of n digits number at most 4 n, so zeros beyond that decide nothing.
bool divides_long(const Digits& value, std::uint64_t zeros, const Digits& divisor) {
  Natural by;
  for (std::size_t i = 0; i < divisor.count(); ++i) by.append_digit(divisor[i]);
  Natural rest;
  const std::uint64_t steps = value.count() + std::min<std::uint64_t>(zeros, divisor.count() * 4);
  for (std::uint64_t i = 0; i < steps; ++i) {
    rest.append_digit(i < value.count() ? value[i] : 0);
    rest.reduce(by);
  }
  return rest.zero();
}

}  // namespace

bool is_number(std::string_view text) { return whole_number(text).has_value(); }

bool is_exact(std::string_view text) {
  if (!is_number(text)) return false;
  const Digits digits(text);
  return digits.zero() ||
         (digits.count() <= most_digits && digits.point() <= most_exponent && digits.point() >= -most_exponent);
}

std::strong_ordering compare(std::string_view a, std::string_view b) {
  const Digits x(a);
  const Digits y(b);
  const bool x_below = x.negative() && !x.zero();
  const bool y_below = y.negative() && !y.zero();
  if (x_below != y_below) return y_below <=> x_below;
  return x_below ? compare_magnitudes(y, x) : compare_magnitudes(x, y);
}

bool is_integer(std::string_view text) {
  const Digits digits(text);
  return digits.zero() || digits.last_place() >= 0;
}

std::optional<bool> is_multiple(std::string_view value, std::string_view divisor) {
  const Digits a(value);
  const Digits b(divisor);
  if (b.zero()) return std::nullopt;
  if (a.zero()) return true;
  // Both are integers without factor 10 times a power of ten: the value's power must not be the smaller one.
  if (a.last_place() < b.last_place()) return false;
  const auto zeros = static_cast<std::uint64_t>(a.last_place() - b.last_place());
  if (b.count() <= 19) {
    std::uint64_t by = 0;
    for (std::size_t i = 0; i < b.count(); ++i) by = by * 10 + b[i];
    return remainder(a, zeros, by) == 0;
  }
  if (a.count() > max_digits || b.count() > max_digits) return std::nullopt;
  return divides_long(a, zeros, b);
}

std::optional<std::uint64_t> to_uint64(std::string_view text) {
  const Digits digits(text);
  if (digits.negative() && !digits.zero()) return std::nullopt;
  return magnitude(digits);
}

std::optional<std::int64_t> to_int64(std::string_view text) {
  const Digits digits(text);
  const auto value = magnitude(digits);
  constexpr auto top = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value || *value > top + digits.negative()) return std::nullopt;
  return static_cast<std::int64_t>(digits.negative() ? 0 - *value : *value);
}

std::string canonical(std::string_view text) {
  const Digits digits(text);
  if (digits.zero()) return "0";
  std::string result;
  if (digits.negative()) result.push_back('-');
  for (std::size_t i = 0; i < digits.count(); ++i) result.push_back(static_cast<char>('0' + digits[i]));
  if (digits.last_place() != 0) result.append("e").append(std::to_string(digits.last_place()));
  return result;
}

}  // namespace socle::json::decimal
