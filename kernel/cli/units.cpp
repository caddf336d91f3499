#include "cli/units.hpp"

#include <fmt/format.h>

namespace socle::cli {
namespace {

// Three significant digits, without zeros that say nothing.
std::string short_number(double n) {
  std::string text = n >= 100  ? fmt::format("{:.0f}", n)
                     : n >= 10 ? fmt::format("{:.1f}", n)
                               : fmt::format("{:.2f}", n);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  return text;
}

}  // namespace

std::string count_text(std::int64_t n) {
  const std::string digits = fmt::format("{}", n);
  const size_t first = n < 0 ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string time_text(double milliseconds) {
  if (milliseconds <= 0) return "0 ms";
  // The limits are where rounding would show 1000 of the smaller unit.
  if (milliseconds < 0.9995) return short_number(milliseconds * 1e3) + " µs";
  if (milliseconds < 999.5) return short_number(milliseconds) + " ms";
  return short_number(milliseconds / 1e3) + " s";
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  double n = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; n >= 1023.5 && unit < 3; ++unit) n /= 1024;
  return short_number(n) + " " + units[unit];
}

}  // namespace socle::cli
