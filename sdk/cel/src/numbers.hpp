// numbers.hpp: numbers to text and back, as CEL writes them. Any thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace socle::cel {

// Bytes; a longer text is no number: reading it would take longer than an operation may.
inline constexpr std::size_t longest_number_text = 1024;

// The shortest text that reads back as the same double: "1.5", "1e+100", "NaN", "Infinity" or as given.
[[nodiscard]] inline std::string double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char buffer[400];
  const double magnitude = std::fabs(value);
  const auto format = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e21) ? std::chars_format::scientific
                                                                                : std::chars_format::fixed;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  return {buffer, end};
}

// The same digits without an exponent, however many zeros that takes: "0.00001", "1000000000000000000000", "1.5".
[[nodiscard]] inline std::string plain_text(double value) {
  if (!std::isfinite(value)) return double_text(value);
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));  // d.ddde±dd
  const auto mark = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + mark + (text[mark + 1] == '+' ? 2 : 1), end, exponent);
  std::string digits(text.substr(0, 1));
  if (mark > 1) digits += text.substr(2, mark - 2);
  if (exponent < 0)
    digits.insert(0, "0." + std::string(static_cast<std::size_t>(-exponent) - 1, '0'));
  else if (const auto whole = static_cast<std::size_t>(exponent) + 1; whole < digits.size())
    digits.insert(whole, ".");
  else
    digits.append(whole - digits.size(), '0');
  return (std::signbit(value) ? "-" : "") + digits;
}

// Of an unsigned number beyond double's range: whether it is too small, rather than too large.
[[nodiscard]] inline bool is_tiny(std::string_view number) {
  const auto mark = std::min(number.find_first_of("eE"), number.size());
  const auto point = static_cast<long>(std::min(number.find('.'), mark));
  const auto first = static_cast<long>(std::min(number.find_first_of("123456789"), mark));
  int exponent = 0;
  if (mark < number.size()) {
    auto digits = number.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (read.ec == std::errc::result_out_of_range) return digits.starts_with('-');
  }
  const auto power = first < point ? point - first - 1 : point - first;  // of ten, that the first digit stands for
  return power + exponent < 0;
}

// The whole text as a decimal number, or the words for NaN and infinity. Nothing as well when it is beyond double.
[[nodiscard]] inline std::optional<double> parse_double(std::string_view text) {
  if (text.size() > longest_number_text) return std::nullopt;
  bool negative = false;
  auto rest = text;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  const auto signed_value = [&](double v) { return negative ? -v : v; };
  std::string lower(rest.substr(0, 16));
  for (auto& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (lower == "nan") return std::nan("");
  if (lower == "inf" || lower == "infinity") return signed_value(INFINITY);
  if (rest.empty() || !((rest[0] >= '0' && rest[0] <= '9') || rest[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (end != rest.data() + rest.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return is_tiny(rest) ? std::optional(signed_value(0.0)) : std::nullopt;
  return signed_value(value);
}

template <class T>
[[nodiscard]] std::optional<T> parse_integer(std::string_view text) {
  T value = 0;
  if (text.size() > longest_number_text) return std::nullopt;
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace socle::cel
