// units.cpp: see the header.
#include "zen/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace socle::rules::zen {
namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t most = 1'000'000'000'000;
constexpr std::size_t longest_span = 256;  // bytes

std::int64_t midnight(std::int64_t local) { return local - (local % day + day) % day; }
std::int64_t first_of(std::int64_t year, unsigned month) { return cel::days_of(year, month, 1) * day; }

}  // namespace

Span span_of(std::int64_t count, Unit unit) {
  count = std::clamp(count, -most, most);
  switch (unit) {
    case Unit::second: return {count, 0, 0};
    case Unit::minute: return {count * 60, 0, 0};
    case Unit::hour: return {count * 3600, 0, 0};
    case Unit::day: return {count * day, 0, 0};
    case Unit::week: return {count * 7 * day, 0, 0};
    case Unit::month: return {0, count, 0};
    case Unit::quarter: return {0, count * 3, 0};
    case Unit::year: return {0, 0, count};
  }
  return {};
}

std::optional<Span> parse_span(std::string_view text) {
  if (text.size() > longest_span) return std::nullopt;
  Span out;
  bool any = false;
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty()) {
    if (blank(text[0])) {
      text.remove_prefix(1);
      continue;
    }
    std::int64_t count = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), count);
    if (r.ec != std::errc() || count < 0 || count > most) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(r.ptr - text.data()));
    while (!text.empty() && blank(text[0])) text.remove_prefix(1);
    std::size_t end = 0;
    while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || (text[end] >= 'A' && text[end] <= 'Z')))
      ++end;
    const auto unit = unit_of(text.substr(0, end));
    if (!unit) return std::nullopt;
    const auto part = span_of(count, *unit);
    out.seconds += part.seconds;
    out.months += part.months;
    out.years += part.years;
    text.remove_prefix(end);
    any = true;
  }
  return any ? std::optional<Span>(out) : std::nullopt;
}

std::optional<std::int64_t> shifted(std::int64_t local, const Span& span, int sign) {
  if (std::abs(span.seconds) > most || std::abs(span.months) > 120000 || std::abs(span.years) > 10000)
    return std::nullopt;
  local += sign * span.seconds;
  if (local < cel::first_second || local > cel::last_second) return std::nullopt;
  if (span.months == 0 && span.years == 0) return local;
  const auto civil = cel::civil_of_seconds(local);
  const auto months =
      civil.year * 12 + static_cast<std::int64_t>(civil.month) - 1 + sign * (span.months + span.years * 12);
  if (months < 12 || months >= 120000) return std::nullopt;
  const auto year = months / 12;
  const auto month = static_cast<unsigned>(months % 12 + 1);
  const auto days = cel::days_of(year, month, std::min(civil.day, cel::days_in_month(year, month)));
  return days * day + (local - midnight(local));
}

std::int64_t start_of_unit(std::int64_t local, Unit unit) {
  const auto civil = cel::civil_of_seconds(local);
  switch (unit) {
    case Unit::second: return local;
    case Unit::minute: return local - civil.second;
    case Unit::hour: return local - civil.second - civil.minute * 60;
    case Unit::day: return midnight(local);
    case Unit::week: return midnight(local) - static_cast<std::int64_t>((civil.weekday + 6) % 7) * day;
    case Unit::month: return first_of(civil.year, civil.month);
    case Unit::quarter: return first_of(civil.year, (civil.month - 1) / 3 * 3 + 1);
    case Unit::year: return first_of(civil.year, 1);
  }
  return local;
}

std::int64_t end_of_unit(std::int64_t local, Unit unit) {
  const auto start = start_of_unit(local, unit);
  const auto civil = cel::civil_of_seconds(start);
  switch (unit) {
    case Unit::second: return local;
    case Unit::minute: return start + 59;
    case Unit::hour: return start + 3599;
    case Unit::day: return start + day - 1;
    case Unit::week: return start + 7 * day - 1;
    case Unit::month: return start + cel::days_in_month(civil.year, civil.month) * day - 1;
    case Unit::quarter:
      return first_of(civil.year, civil.month + 2) + cel::days_in_month(civil.year, civil.month + 2) * day - 1;
    case Unit::year: return first_of(civil.year, 12) + 31 * day - 1;
  }
  return local;
}

unsigned iso_week(const cel::Civil& civil) {
  const auto weekday = (civil.weekday + 6) % 7;  // 0 = Monday
  const auto week = (static_cast<int>(civil.year_day) - static_cast<int>(weekday) + 10) / 7;
  const auto weeks_of = [](std::int64_t year) {
    const auto first = cel::civil_of_days(cel::days_of(year, 1, 1));
    const bool leap = cel::days_in_month(year, 2) == 29;
    return first.weekday == 4 || (leap && first.weekday == 3) ? 53 : 52;
  };
  if (week < 1) return static_cast<unsigned>(weeks_of(civil.year - 1));
  return week > weeks_of(civil.year) ? 1u : static_cast<unsigned>(week);
}

std::string_view month_name(unsigned month) {
  constexpr std::array<std::string_view, 12> names{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
  return names[(month - 1) % 12];
}
std::string_view day_name(unsigned weekday) {
  constexpr std::array<std::string_view, 7> names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
  return names[weekday % 7];
}

std::string format_civil(const cel::Civil& civil, std::string_view format, std::string_view zone, std::int64_t offset) {
  std::string out;
  const auto number = [&](long long value, int width, char fill = '0') {
    std::array<char, 24> text{};
    const auto size = std::snprintf(text.data(), text.size(), fill == '0' ? "%0*lld" : "%*lld", width, value);
    out.append(text.data(), static_cast<std::size_t>(size));
  };
  const auto sub = [&](std::string_view inner) { out += format_civil(civil, inner, zone, offset); };
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    const char letter = format[++i];
    const auto hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12;
    switch (letter) {
      case 'Y': number(civil.year, 4); break;
      case 'y': number(civil.year % 100, 2); break;
      case 'm': number(civil.month, 2); break;
      case 'b':
      case 'h': out += month_name(civil.month).substr(0, 3); break;
      case 'B': out += month_name(civil.month); break;
      case 'd': number(civil.day, 2); break;
      case 'e': number(civil.day, 2, ' '); break;
      case 'j': number(civil.year_day + 1, 3); break;
      case 'H': number(civil.hour, 2); break;
      case 'I': number(hour12, 2); break;
      case 'M': number(civil.minute, 2); break;
      case 'S': number(civil.second, 2); break;
      case 'p': out += civil.hour < 12 ? "AM" : "PM"; break;
      case 'P': out += civil.hour < 12 ? "am" : "pm"; break;
      case 'a': out += day_name(civil.weekday).substr(0, 3); break;
      case 'A': out += day_name(civil.weekday); break;
      case 'u': number(civil.weekday == 0 ? 7 : civil.weekday, 1); break;
      case 'w': number(civil.weekday, 1); break;
      case 'V': number(iso_week(civil), 2); break;
      case 'F': sub("%Y-%m-%d"); break;
      case 'T': sub("%H:%M:%S"); break;
      case 'R': sub("%H:%M"); break;
      case 'D': sub("%m/%d/%y"); break;
      case 'Z': out += zone; break;
      case 'z':
        out += offset < 0 ? '-' : '+';
        number(std::abs(offset) / 3600 * 100 + std::abs(offset) / 60 % 60, 4);
        break;
      case 's': {
        const auto days = cel::days_of(civil.year, civil.month, civil.day);
        number(days * day + civil.hour * 3600 + civil.minute * 60 + civil.second - offset, 1);
        break;
      }
      case '%': out += '%'; break;
      default: out += '%'; out += letter;
    }
  }
  return out;
}

}  // namespace socle::rules::zen
