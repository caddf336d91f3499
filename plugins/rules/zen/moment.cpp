// moment.cpp: see the header.
#include "zen/moment.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace socle::rules::zen {
namespace {

using cel::Kind;
using cel::Value;

constexpr std::size_t longest_moment = 256;  // bytes of a text that is read as a date

bool number(std::string_view& text, std::size_t digits, unsigned& out) {
  if (text.size() < digits) return false;
  const auto r = std::from_chars(text.data(), text.data() + digits, out);
  if (r.ec != std::errc() || r.ptr != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::int64_t Moment::offset() const { return cel::zone_offset(zone, seconds).value_or(0); }

void Moment::set_local(std::int64_t local) {
  // The offset at the local time taken as UTC is right but near a change of clocks; one more step settles it.
  seconds = local - cel::zone_offset(zone, local).value_or(0);
  seconds = local - cel::zone_offset(zone, seconds).value_or(0);
}

std::optional<Unit> unit_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Unit>, 31> names{{
      {"seconds", Unit::second}, {"second", Unit::second},    {"secs", Unit::second},
      {"sec", Unit::second},     {"s", Unit::second},         {"minutes", Unit::minute},
      {"minute", Unit::minute},  {"min", Unit::minute},       {"mins", Unit::minute},
      {"m", Unit::minute},       {"hours", Unit::hour},       {"hour", Unit::hour},
      {"hr", Unit::hour},        {"hrs", Unit::hour},         {"h", Unit::hour},
      {"days", Unit::day},       {"day", Unit::day},          {"d", Unit::day},
      {"weeks", Unit::week},     {"week", Unit::week},        {"w", Unit::week},
      {"months", Unit::month},   {"month", Unit::month},      {"mo", Unit::month},
      {"M", Unit::month},        {"quarters", Unit::quarter}, {"quarter", Unit::quarter},
      {"qtr", Unit::quarter},    {"q", Unit::quarter},        {"years", Unit::year},
      {"year", Unit::year},
  }};
  if (text == "y") return Unit::year;
  for (const auto& [name, unit] : names)
    if (name == text) return unit;
  return std::nullopt;
}

bool is_moment(const Value& value) {
  Value zone;
  return value.is(Kind::map) && !value.is_json() && value.find(Value::string("@zone"), zone);
}

Moment moment_of(const Value& value) {
  Moment out;
  Value part;
  if (value.find(Value::string("@zone"), part)) out.zone = part.as_string();
  if (value.find(Value::string("@at"), part) && part.is(Kind::integer)) {
    out.seconds = part.as_int();
    out.valid = true;
  }
  return out;
}

Value moment_value(cel::Context& c, const Moment& moment) {
  const bool held = moment.valid && moment.seconds >= cel::first_second && moment.seconds <= cel::last_second;
  return cel::make_map(c.arena, {{Value::string("@at"), held ? Value::integer(moment.seconds) : Value()},
                                 {Value::string("@zone"), cel::copy_string(c.arena, moment.zone)}});
}

std::string moment_text(const Moment& moment) {
  if (!moment.valid) return "Invalid date";
  const auto civil = moment.civil();
  std::array<char, 48> out{};
  const auto offset = moment.offset();
  const auto written =
      std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02u:%02u:%02u", static_cast<int>(civil.year), civil.month,
                    civil.day, civil.hour, civil.minute, civil.second);
  std::string text(out.data(), static_cast<std::size_t>(written));
  if (offset == 0) return text + "Z";
  const auto away = offset < 0 ? -offset : offset;
  const auto more = std::snprintf(out.data(), out.size(), "%c%02d:%02d", offset < 0 ? '-' : '+',
                                  static_cast<int>(away / 3600), static_cast<int>(away / 60 % 60));
  return text + std::string(out.data(), static_cast<std::size_t>(more));
}

std::optional<Written> parse_moment(std::string_view text) {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (text.size() > longest_moment) return std::nullopt;
  if (!number(text, 4, year) || !take(text, '-') || !number(text, 2, month) || !take(text, '-') ||
      !number(text, 2, day))
    return std::nullopt;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > cel::days_in_month(year, month)) return std::nullopt;
  Written out;
  out.local = cel::days_of(year, month, day) * 86400;
  if (text.empty()) return out;
  const bool standard = text[0] == 'T' || text[0] == 't';
  text.remove_prefix(1);
  if (!number(text, 2, hour) || !take(text, ':') || !number(text, 2, minute)) return std::nullopt;
  if (take(text, ':') && !number(text, 2, second)) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  out.local += hour * 3600 + minute * 60 + second;
  if (take(text, '.'))
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') text.remove_prefix(1);
  if (text.empty()) return standard ? std::nullopt : std::optional<Written>(out);
  if (take(text, 'Z') || take(text, 'z')) {
    out.offset = 0;
  } else {
    const bool west = text[0] == '-';
    unsigned hours = 0, minutes = 0;
    if ((!take(text, '+') && !take(text, '-')) || !number(text, 2, hours) || !take(text, ':') ||
        !number(text, 2, minutes))
      return std::nullopt;
    out.offset = (static_cast<std::int64_t>(hours) * 3600 + minutes * 60) * (west ? -1 : 1);
  }
  return text.empty() ? std::optional<Written>(out) : std::nullopt;
}

}  // namespace socle::rules::zen
