#include "socle/json/moment.hpp"

#include <chrono>
#include <cstddef>

namespace socle::json::moment {
namespace {

// Two digits at `at`, or -1.
int two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size()) return -1;
  const int a = text[at] - '0';
  const int b = text[at + 1] - '0';
  return a < 0 || a > 9 || b < 0 || b > 9 ? -1 : a * 10 + b;
}

}  // namespace

std::optional<std::int64_t> days(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int century = two_digits(text, 0);
  const int year = two_digits(text, 2);
  const int month = two_digits(text, 5);
  const int day = two_digits(text, 8);
  if (century < 0 || year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(century * 100 + year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<std::int64_t> nanoseconds(std::string_view text) {
  const auto day = days(text.substr(0, 10));
  if (!day || text.size() < 20 || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const int hour = two_digits(text, 11);
  const int minute = two_digits(text, 14);
  const int second = two_digits(text, 17);
  // A leap second counts as the second after it.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    std::int64_t unit = 100'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += (text[at] - '0') * unit;
    if (at == 20) return std::nullopt;
  }
  if (at >= text.size()) return std::nullopt;
  std::int64_t offset_minutes = 0;
  if (text[at] == '+' || text[at] == '-') {
    const int h = two_digits(text, at + 1);
    const int m = at + 6 == text.size() && text[at + 3] == ':' ? two_digits(text, at + 4) : -1;
    if (h < 0 || h > 23 || m < 0 || m > 59) return std::nullopt;
    offset_minutes = (text[at] == '-' ? -1 : 1) * (h * 60 + m);
  } else if ((text[at] != 'Z' && text[at] != 'z') || at + 1 != text.size()) {
    return std::nullopt;
  }
  const std::int64_t seconds = *day * 86'400 + hour * 3'600 + (minute - offset_minutes) * 60 + second;
  constexpr std::int64_t most = INT64_MAX / 1'000'000'000 - 1;  // years 1677 to 2262
  if (seconds > most || seconds < -most) return std::nullopt;
  return seconds * 1'000'000'000 + fraction;
}

}  // namespace socle::json::moment
