// number.cpp: see the header. Products and differences of scale are held in 256 bits, then shortened.
#include "zen/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "table/values.hpp"

namespace socle::rules::zen {
namespace {

using cel::Int128;
__extension__ using Unsigned128 = unsigned __int128;

constexpr unsigned most_digits = 28;
constexpr std::size_t longest_number = 1024;  // bytes of a text that is read as a number

// An unsigned number of 256 bits, lowest word first.
struct Wide {
  std::array<std::uint64_t, 4> words{};

  static Wide of(Unsigned128 value) {
    return {{static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64), 0, 0}};
  }
  void times(std::uint64_t factor) {
    Unsigned128 carry = 0;
    for (auto& word : words) {
      carry += Unsigned128{word} * factor;
      word = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
  }
  unsigned divide_by_ten() {
    Unsigned128 rest = 0;
    for (auto i = words.size(); i-- > 0;) {
      rest = rest << 64 | words[i];
      words[i] = static_cast<std::uint64_t>(rest / 10);
      rest %= 10;
    }
    return static_cast<unsigned>(rest);
  }
  static Wide product(Unsigned128 a, Unsigned128 b) {
    Wide low = of(a);
    Wide high = of(a);
    low.times(static_cast<std::uint64_t>(b));
    high.times(static_cast<std::uint64_t>(b >> 64));
    Unsigned128 carry = 0;
    for (std::size_t i = 1; i < 4; ++i) {
      carry += Unsigned128{low.words[i]} + high.words[i - 1];
      low.words[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return low;
  }
  [[nodiscard]] bool below(const Wide& other) const {
    for (auto i = words.size(); i-- > 0;)
      if (words[i] != other.words[i]) return words[i] < other.words[i];
    return false;
  }
  bool operator==(const Wide&) const = default;
};

Unsigned128 magnitude(Int128 value) {
  return value < 0 ? Unsigned128{0} - static_cast<Unsigned128>(value) : static_cast<Unsigned128>(value);
}
Unsigned128 power_of_ten(unsigned n) {
  Unsigned128 out = 1;
  while (n-- > 0) out *= 10;
  return out;
}
const Unsigned128 limit = power_of_ten(most_digits);

// Drops digits behind the point, half up, until the rest has at most 28; nothing: the whole part alone has more.
std::optional<Number> shortened(Wide digits, std::uint32_t scale, bool negative) {
  unsigned last = 0;
  bool rest = false;
  const auto largest = Wide::of(limit);
  while (!digits.below(largest) || scale > most_digits) {
    if (scale == 0) return std::nullopt;
    rest = rest || last != 0;
    last = digits.divide_by_ten();
    --scale;
  }
  auto value = Unsigned128{digits.words[1]} << 64 | digits.words[0];
  if (last >= 5) ++value;
  if (value == limit) {
    if (scale == 0) return std::nullopt;
    value /= 10;
    --scale;
  }
  const auto result = static_cast<Int128>(value);
  return Number{negative ? -result : result, scale};
}

// a and b as 256-bit digits of one scale.
std::uint32_t aligned(const Number& a, const Number& b, Wide& x, Wide& y) {
  x = Wide::of(magnitude(a.digits));
  y = Wide::of(magnitude(b.digits));
  for (auto s = a.scale; s < b.scale; ++s) x.times(10);
  for (auto s = b.scale; s < a.scale; ++s) y.times(10);
  return std::max(a.scale, b.scale);
}

}  // namespace

std::optional<Number> Number::of(const cel::Value& value) {
  switch (value.kind()) {
    case cel::Kind::integer: return Number{value.as_int(), 0};
    case cel::Kind::unsigned_integer: return Number{static_cast<Int128>(value.as_uint()), 0};
    case cel::Kind::decimal:
      return shortened(Wide::of(magnitude(value.unscaled())), value.scale(), value.unscaled() < 0);
    case cel::Kind::real: {
      if (!std::isfinite(value.as_double())) return std::nullopt;
      std::array<char, 32> text{};
      const auto end = std::to_chars(text.data(), text.data() + text.size(), value.as_double()).ptr;
      return parse({text.data(), static_cast<std::size_t>(end - text.data())});
    }
    default: return std::nullopt;
  }
}

std::optional<Number> Number::parse(std::string_view text) {
  if (text.size() > longest_number) return std::nullopt;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  Unsigned128 digits = 0;
  int scale = 0;
  bool point = false;
  bool any = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (digits < limit) {
        digits = digits * 10 + static_cast<unsigned>(c - '0');
        scale += point ? 1 : 0;
      } else if (!point) {
        return std::nullopt;
      }
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    ++i;
    if (i < text.size() && text[i] == '+') ++i;
    int exponent = 0;
    const auto* end = text.data() + text.size();
    const auto r = std::from_chars(text.data() + i, end, exponent);
    if (r.ec != std::errc() || r.ptr != end || exponent > 1000 || exponent < -1000) return std::nullopt;
    scale -= exponent;
  }
  auto wide = Wide::of(digits);
  for (; scale < 0; ++scale) {
    wide.times(10);
    if (!wide.below(Wide::of(limit))) {
      if (digits != 0) return std::nullopt;
      scale = -1;
    }
  }
  if (scale > 400) return Number{};
  return shortened(wide, static_cast<std::uint32_t>(scale), negative);
}

cel::Value Number::value() const {
  auto out = *this;
  while (out.scale > 0 && out.digits % 10 == 0) {
    out.digits /= 10;
    --out.scale;
  }
  if (out.scale == 0 && out.digits >= INT64_MIN && out.digits <= INT64_MAX)
    return cel::Value::integer(static_cast<std::int64_t>(out.digits));
  return cel::Value::decimal(out.digits, out.scale);
}

std::string Number::text() const {
  const auto out = value();
  return out.is(cel::Kind::integer) ? std::to_string(out.as_int()) : decimal_digits(out);
}

double Number::real() const {
  const auto digits_text = decimal_digits(cel::Value::decimal(digits, scale));
  double out = 0;
  std::from_chars(digits_text.data(), digits_text.data() + digits_text.size(), out);
  return out;
}

std::optional<std::int64_t> Number::integer() const {
  const auto out = value();
  if (!out.is(cel::Kind::integer)) return std::nullopt;
  return out.as_int();
}

std::optional<Number> add(const Number& a, const Number& b) {
  Wide x;
  Wide y;
  const auto scale = aligned(a, b, x, y);
  const bool negative = a.digits < 0;
  if (negative == (b.digits < 0)) {
    Unsigned128 carry = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      carry += Unsigned128{x.words[i]} + y.words[i];
      x.words[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return shortened(x, scale, negative);
  }
  const bool swap = x.below(y);
  if (swap) std::swap(x, y);
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto taken = Unsigned128{y.words[i]} + borrow;
    borrow = Unsigned128{x.words[i]} < taken ? 1 : 0;
    x.words[i] = static_cast<std::uint64_t>(Unsigned128{x.words[i]} - taken);
  }
  return shortened(x, scale, negative != swap);
}

std::optional<Number> subtract(const Number& a, const Number& b) { return add(a, {-b.digits, b.scale}); }

std::optional<Number> multiply(const Number& a, const Number& b) {
  return shortened(Wide::product(magnitude(a.digits), magnitude(b.digits)), a.scale + b.scale,
                   (a.digits < 0) != (b.digits < 0));
}

std::optional<Number> divide(const Number& a, const Number& b) {
  if (b.digits == 0) return std::nullopt;
  const auto divisor = magnitude(b.digits);
  auto rest = magnitude(a.digits);
  auto quotient = Wide::of(rest / divisor);
  rest %= divisor;
  int scale = static_cast<int>(a.scale) - static_cast<int>(b.scale);
  // Digit by digit: two more than are kept, so that the last is rounded by what follows.
  const auto enough = Wide::of(limit * 100);
  while (rest != 0 && quotient.below(enough) && scale < 60) {
    rest *= 10;
    quotient.times(10);
    const auto digit = static_cast<std::uint64_t>(rest / divisor);
    Unsigned128 carry = digit;
    for (std::size_t i = 0; i < 4 && carry != 0; ++i) {
      carry += quotient.words[i];
      quotient.words[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    rest %= divisor;
    ++scale;
  }
  for (; scale < 0; ++scale) quotient.times(10);
  return shortened(quotient, static_cast<std::uint32_t>(scale), (a.digits < 0) != (b.digits < 0));
}

std::optional<Number> remainder(const Number& a, const Number& b) {
  if (b.digits == 0) return std::nullopt;
  // Small enough to align in 128 bits in practice; otherwise by a - b * trunc(a / b).
  const auto quotient = divide(a, b);
  if (!quotient) return std::nullopt;
  const auto product = multiply(b, rounded(*quotient, 0, Direction::toward_zero));
  return product ? subtract(a, *product) : std::nullopt;
}

std::optional<Number> power(const Number& a, const Number& b) {
  const auto exponent = b.integer();
  if (exponent && *exponent >= -1000 && *exponent <= 1000) {
    std::optional<Number> out = Number::whole(1);
    for (std::int64_t i = 0; i < std::abs(*exponent) && out; ++i) out = multiply(*out, a);
    if (!out) return std::nullopt;
    return *exponent < 0 ? divide(Number::whole(1), *out) : out;
  }
  const auto real = std::pow(a.real(), b.real());
  return Number::of(cel::Value::real(real));
}

int compare(const Number& a, const Number& b) {
  const int sign_a = a.digits < 0 ? -1 : a.digits > 0 ? 1 : 0;
  const int sign_b = b.digits < 0 ? -1 : b.digits > 0 ? 1 : 0;
  if (sign_a != sign_b) return sign_a - sign_b;
  Wide x;
  Wide y;
  (void)aligned(a, b, x, y);
  if (x == y) return 0;
  return x.below(y) ? -sign_a : sign_a;
}

Number rounded(const Number& a, std::uint32_t places, Direction direction) {
  if (a.scale <= places) return a;
  const auto cut = power_of_ten(a.scale - places);
  auto digits = magnitude(a.digits);
  const auto rest = digits % cut;
  digits /= cut;
  const bool negative = a.digits < 0;
  if ((direction == Direction::half_up && rest * 2 >= cut) ||
      (rest != 0 && ((direction == Direction::up && !negative) || (direction == Direction::down && negative))))
    ++digits;
  const auto result = static_cast<Int128>(digits);
  return {negative ? -result : result, places};
}

}  // namespace socle::rules::zen
