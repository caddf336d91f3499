// punycode.cpp: the bootstring algorithm with the parameters of RFC 3492, section 5.
#include "punycode.hpp"

#include <algorithm>
#include <cstdint>

namespace socle::schema {

namespace {

constexpr std::uint32_t base = 36, t_min = 1, t_max = 26, skew = 38, damp = 700, first_bias = 72, first_point = 128;

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / damp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > ((base - t_min) * t_max) / 2; k += base) delta /= base - t_min;
  return k + (base - t_min + 1) * delta / (delta + skew);
}

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) {
  return k <= bias ? t_min : std::clamp(k - bias, t_min, t_max);
}

}  // namespace

std::optional<std::u32string> punycode_decode(std::string_view text) {
  std::u32string out;
  std::size_t at = 0;
  if (const auto dash = text.rfind('-'); dash != std::string_view::npos) {
    for (const char c : text.substr(0, dash)) out.push_back(static_cast<unsigned char>(c));
    at = dash + 1;
  }
  std::uint32_t point = first_point;
  std::uint32_t bias = first_bias;
  std::uint64_t i = 0;
  while (at < text.size()) {
    const std::uint64_t before = i;
    std::uint64_t weight = 1;
    for (std::uint32_t k = base;; k += base) {
      if (at >= text.size()) return std::nullopt;
      const char c = text[at++];
      const std::uint32_t digit = c >= 'a' && c <= 'z'   ? static_cast<std::uint32_t>(c - 'a')
                                  : c >= '0' && c <= '9' ? static_cast<std::uint32_t>(c - '0') + 26
                                                         : base;
      if (digit == base) return std::nullopt;
      i += digit * weight;
      const std::uint32_t t = threshold(k, bias);
      if (i > 0xFFFFFFFF) return std::nullopt;
      if (digit < t) break;
      weight *= base - t;
      if (weight > 0xFFFFFFFF) return std::nullopt;
    }
    const auto size = static_cast<std::uint32_t>(out.size() + 1);
    bias = adapt(static_cast<std::uint32_t>(i - before), size, before == 0);
    point += static_cast<std::uint32_t>(i / size);
    i %= size;
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(i), static_cast<char32_t>(point));
    ++i;
  }
  return out;
}

std::string punycode_encode(const std::u32string& label) {
  std::string out;
  for (const char32_t p : label)
    if (p < 0x80) out.push_back(static_cast<char>(p));
  auto handled = static_cast<std::uint32_t>(out.size());
  const std::uint32_t basic = handled;
  if (basic > 0) out.push_back('-');
  std::uint32_t point = first_point;
  std::uint32_t bias = first_bias;
  std::uint32_t delta = 0;
  while (handled < label.size()) {
    std::uint32_t next = 0x10FFFF;
    for (const char32_t p : label)
      if (p >= point) next = std::min<std::uint32_t>(next, p);
    delta += (next - point) * (handled + 1);
    point = next;
    for (const char32_t p : label) {
      if (p < point) ++delta;
      if (p != point) continue;
      std::uint32_t rest = delta;
      for (std::uint32_t k = base;; k += base) {
        const std::uint32_t t = threshold(k, bias);
        const std::uint32_t digit = rest < t ? rest : t + (rest - t) % (base - t);
        out.push_back(static_cast<char>(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
        if (rest < t) break;
        rest = (rest - t) / (base - t);
      }
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++point;
  }
  return out;
}

}  // namespace socle::schema
