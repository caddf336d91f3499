// numbers.hpp: numbers to text and back, as CEL writes them. Any thread.
#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace socle::cel {

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

// The whole text as a decimal number, or the words for NaN and infinity.
[[nodiscard]] inline std::optional<double> parse_double(std::string_view text) {
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
  if (error == std::errc::result_out_of_range) {
    const auto exponent = rest.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos && exponent + 1 < rest.size() && rest[exponent + 1] == '-';
    return signed_value(tiny ? 0.0 : INFINITY);
  }
  return signed_value(value);
}

template <class T>
[[nodiscard]] std::optional<T> parse_integer(std::string_view text) {
  T value = 0;
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace socle::cel
