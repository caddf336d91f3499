// format_time.cpp: dates, times and durations of RFC 3339, ASCII digits only. A leap second is accepted where one can
// occur: at 23:59:60 UTC, whatever the offset it is written in.
#include "format.hpp"

namespace socle::schema {

namespace {

// Two digits at `at` as a number, or a value above 99.
unsigned two(std::string_view text, std::size_t at) {
  const unsigned high = static_cast<unsigned char>(text[at]) - unsigned{'0'};
  const unsigned low = static_cast<unsigned char>(text[at + 1]) - unsigned{'0'};
  return high > 9 || low > 9 ? 1000 : high * 10 + low;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const unsigned century = two(text, 0);
  const unsigned rest = two(text, 2);
  const unsigned month = two(text, 5);
  const unsigned day = two(text, 8);
  if (century > 99 || rest > 99 || month - 1 > 11 || day - 1 > 30) return false;
  if (day <= 28) return true;
  if (month == 2) {
    const unsigned year = century * 100 + rest;
    return day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }
  return day <= 30 || (month != 4 && month != 6 && month != 9 && month != 11);
}

bool is_time(std::string_view text) {
  if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
  const unsigned hour = two(text, 0);
  const unsigned minute = two(text, 3);
  const unsigned second = two(text, 6);
  if (hour > 23 || minute > 59 || second > 60) return false;
  std::size_t at = 8;
  if (text[at] == '.') {
    const std::size_t first = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == first) return false;
  }
  unsigned utc_minute = hour * 60 + minute;
  const std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return false;
    const unsigned zone_hour = two(zone, 1);
    const unsigned zone_minute = two(zone, 4);
    if (zone_hour > 23 || zone_minute > 59) return false;
    const unsigned offset = zone_hour * 60 + zone_minute;
    utc_minute = (utc_minute + (zone[0] == '+' ? 1440 - offset : offset)) % 1440;
  }
  return second < 60 || utc_minute == 1439;
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && is_date(text.substr(0, 10)) &&
         is_time(text.substr(11));
}

// P3W, or P with a date part (years, months, days) and a time part (hours, minutes, seconds); the units of a part are
// consecutive: P1Y2D lacks its months and is refused, as the ABNF says.
bool is_duration(std::string_view text) {
  if (text.size() < 3 || text[0] != 'P') return false;
  std::size_t at = 1;
  const auto part = [&](std::string_view units) {
    std::size_t position = 0;
    bool any = false;
    while (at < text.size() && is_digit(text[at])) {
      while (at < text.size() && is_digit(text[at])) ++at;
      if (at >= text.size()) return false;
      const auto found = units.find(text[at++], position);
      if (found == std::string_view::npos || (any && found != position)) return false;
      position = found + 1;
      any = true;
    }
    return any;
  };
  if (text.back() == 'W') return part("W") && at == text.size();
  if (text[at] != 'T' && !part("YMD")) return false;
  if (at == text.size()) return true;
  return text[at++] == 'T' && part("HMS") && at == text.size();
}

}  // namespace socle::schema
