// conditional.cpp: see conditional.hpp. Day arithmetic: H. Hinnant, "chrono-compatible low-level date algorithms", by
// way of std::chrono's calendar.
#include "conditional.hpp"

#include <chrono>
#include <cstdio>

#include "ascii.hpp"

namespace socle::gateway {

namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

int number(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (!ascii::is(c, ascii::digit)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::string_view opaque(std::string_view tag) { return tag.substr(0, 2) == "W/" ? tag.substr(2) : tag; }

bool is_entity_tag(std::string_view tag) {
  tag = opaque(tag);
  return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
}

}  // namespace

void append_http_date(std::string& out, std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds at{std::chrono::seconds(seconds)};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  char text[48];
  const int size = std::snprintf(text, sizeof text, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
                                 days.data() + weekday{day}.c_encoding() * 3, static_cast<unsigned>(date.day()),
                                 months.data() + (static_cast<unsigned>(date.month()) - 1) * 3,
                                 static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                                 static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  out.append(text, static_cast<std::size_t>(size));
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const std::size_t month_at = months.find(text.substr(8, 3));
  const int day = number(text.substr(5, 2));
  const int year_number = number(text.substr(12, 4));
  const int hour = number(text.substr(17, 2));
  const int minute = number(text.substr(20, 2));
  const int sec = number(text.substr(23, 2));
  if (month_at == std::string_view::npos || month_at % 3 != 0 || day < 1 || year_number < 0 || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || sec < 0 || sec > 60) {
    return std::nullopt;
  }
  const year_month_day date{year(year_number), month(static_cast<unsigned>(month_at / 3 + 1)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return sys_seconds(sys_days(date)).time_since_epoch().count() + hour * 3600 + minute * 60 + sec;
}

bool not_modified(std::string_view if_none_match, std::string_view if_modified_since, std::string_view etag,
                  std::string_view last_modified, std::int64_t now) {
  if (if_none_match.data()) {
    if (if_none_match == "*") return true;
    if (etag.empty()) return false;
    // A comma may stand inside a quoted tag, so the list is walked by its quotes.
    for (std::string_view rest = if_none_match; !rest.empty();) {
      const std::size_t open = rest.find('"');
      if (open == std::string_view::npos) return false;
      const std::size_t close = rest.find('"', open + 1);
      if (close == std::string_view::npos) return false;
      if (is_entity_tag(etag) && opaque(etag) == rest.substr(open, close + 1 - open)) return true;
      rest.remove_prefix(close + 1);
    }
    return false;
  }
  if (!if_modified_since.data() || last_modified.empty()) return false;
  const auto since = parse_http_date(if_modified_since);
  const auto changed = parse_http_date(last_modified);
  return since && changed && *since <= now && *changed <= *since;
}

}  // namespace socle::gateway
