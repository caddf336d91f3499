#include "form/moments.hpp"

#include <cstdio>

#include "socle/cel/time.hpp"

namespace socle::pages {
namespace {

constexpr std::int64_t day_seconds = 86400;

bool in_range(std::int64_t seconds) { return seconds >= cel::first_second && seconds <= cel::last_second; }

// "2026-11-21T11:40:00" of seconds on whatever clock.
std::string clock_text(std::int64_t seconds) {
  const auto civil = cel::civil_of_seconds(seconds);
  char out[96];
  const int size = std::snprintf(out, sizeof out, "%04lld-%02u-%02uT%02u:%02u:%02u", static_cast<long long>(civil.year),
                                 civil.month, civil.day, civil.hour, civil.minute, civil.second);
  return {out, static_cast<std::size_t>(size)};
}

// When clocks there show `local` seconds; see the head of the header.
std::optional<std::int64_t> instant_at(std::string_view zone, std::int64_t local) {
  const auto before = cel::zone_offset(zone, local - day_seconds), after = cel::zone_offset(zone, local + day_seconds);
  if (!before || !after) return std::nullopt;
  const bool holds_before = cel::zone_offset(zone, local - *before) == before;
  const bool holds_after = cel::zone_offset(zone, local - *after) == after;
  return local - (!holds_before && holds_after ? *after : *before);
}

}  // namespace

bool is_zone(std::string_view zone) { return cel::zone_offset(zone, 0).has_value(); }
bool is_instant(std::string_view text) { return cel::parse_timestamp(text).has_value(); }

std::optional<std::string> local_text(std::string_view zone, std::string_view instant) {
  constexpr std::size_t least = 20, most = 24;  // to seconds, to milliseconds
  if (instant.size() < least || instant.size() > most || instant[10] != 'T' || instant.back() != 'Z')
    return std::nullopt;
  const auto at = cel::parse_timestamp(instant);
  const auto offset = at ? cel::zone_offset(zone, at->seconds()) : std::nullopt;
  if (!offset || !in_range(at->seconds() + *offset)) return std::nullopt;
  const auto local = at->seconds() + *offset;
  if (instant_at(zone, local) != at->seconds()) return std::nullopt;
  return clock_text(local).append(instant.substr(least - 1, instant.size() - least));
}

bool is_local(std::string_view text) {
  constexpr std::size_t least = 16, most = 23;  // to minutes, to milliseconds
  if (text.size() < least || text.size() > most || text[10] != 'T') return false;
  return is_instant(std::string(text).append(text.size() == least ? ":00Z" : "Z"));
}

std::optional<std::string> instant_text(std::string_view zone, std::string_view local) {
  if (!is_local(local)) return std::nullopt;
  const std::string whole = std::string(local).append(local.size() == 16 ? ":00Z" : "Z");
  const auto clock = cel::parse_timestamp(whole);
  const auto at = clock ? instant_at(zone, clock->seconds()) : std::nullopt;
  if (!at || !in_range(*at)) return std::nullopt;
  return clock_text(*at).append(whole.substr(19));
}

std::string shown_moment(std::string_view zone, std::string_view instant) {
  const auto at = cel::parse_timestamp(instant);
  const auto offset = at ? cel::zone_offset(zone, at->seconds()) : std::nullopt;
  if (!offset || !in_range(at->seconds() + *offset)) return std::string(instant);
  std::string out = clock_text(at->seconds() + *offset).substr(0, 16);
  out[10] = ' ';
  if (zone == "UTC" || zone == "Z") return out + " UTC";
  return out + (*offset < 0 ? " -" : " +") + clock_text(*offset < 0 ? -*offset : *offset).substr(11, 5);
}

}  // namespace socle::pages
