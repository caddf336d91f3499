// zone.cpp: time zones from the system's TZif files (RFC 8536), read once per zone and kept for the process: atomic
// lists by the name's hash that only grow, as many zones at most as the system has. Reading a known one takes no lock.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "socle/cel/time.hpp"
#include "socle/json/layout.hpp"

namespace socle::cel {
namespace {

struct Zone {
  std::string name;
  std::vector<std::int64_t> times;    // when an offset begins
  std::vector<std::int64_t> offsets;  // the offset from times[i] on
  std::int64_t before = 0;            // the offset before times[0]
  std::string rule;                   // POSIX TZ text for after the last time
  const Zone* next = nullptr;
};

std::uint64_t big_endian(std::string_view data, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(data[at + i]);
  return value;
}

struct Counts {
  std::size_t utc, standard, leap, times, types, letters;
  [[nodiscard]] std::size_t size(std::size_t width) const {
    return times * width + times + types * 6 + letters + leap * (width + 4) + standard + utc;
  }
};
bool counts_at(std::string_view data, std::size_t at, Counts& out) {
  if (data.size() < at + 44 || data.substr(at, 4) != "TZif") return false;
  const auto field = [&](std::size_t i) { return static_cast<std::size_t>(big_endian(data, at + 20 + i * 4, 4)); };
  out = {field(0), field(1), field(2), field(3), field(4), field(5)};
  return out.types > 0 && out.times < 100000 && out.types < 1000 && out.letters < 10000 && out.leap < 10000 &&
         out.standard <= out.types && out.utc <= out.types;
}

bool read_zone(std::string_view data, Zone& zone) {
  Counts counts{};
  if (!counts_at(data, 0, counts)) return false;
  std::size_t at = 44;
  std::size_t width = 4;
  if (data[4] >= '2') {
    at += counts.size(4);
    if (!counts_at(data, at, counts)) return false;
    at += 44;
    width = 8;
  }
  if (data.size() < at + counts.size(width)) return false;
  const auto types = at + counts.times * width + counts.times;
  const auto offset_of = [&](std::size_t type) {
    return static_cast<std::int64_t>(static_cast<std::int32_t>(big_endian(data, types + type * 6, 4)));
  };
  zone.before = offset_of(0);
  for (std::size_t i = 0; i < counts.times; ++i) {
    const auto raw = big_endian(data, at + i * width, width);
    const auto type = static_cast<unsigned char>(data[at + counts.times * width + i]);
    if (type >= counts.types) return false;
    zone.times.push_back(width == 8 ? static_cast<std::int64_t>(raw) : static_cast<std::int32_t>(raw));
    zone.offsets.push_back(offset_of(type));
  }
  if (width == 8) {
    const auto footer = at + counts.size(8);
    if (footer < data.size() && data[footer] == '\n') {
      const auto end = data.find('\n', footer + 1);
      if (end != std::string_view::npos) zone.rule = data.substr(footer + 1, end - footer - 1);
    }
  }
  return true;
}

// A POSIX TZ text: "CET-1CEST,M3.5.0,M10.5.0/3".
class Rule {
 public:
  explicit Rule(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> offset(std::int64_t seconds) {
    std::int64_t standard = 0;
    if (!name() || !time(standard)) return std::nullopt;
    standard = -standard;
    if (text_.empty()) return standard;
    std::int64_t summer = standard + 3600;
    if (!name()) return std::nullopt;
    if (!text_.empty() && text_[0] != ',') {
      if (!time(summer)) return std::nullopt;
      summer = -summer;
    }
    const auto year = civil_of_seconds(seconds + standard).year;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    if (!change(year, begin) || !change(year, end)) return std::nullopt;
    begin -= standard;
    end -= summer;
    const bool inside = begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
    return inside ? summer : standard;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (take('<')) {
      const auto end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t n = 0;
    while (n < text_.size() && ((text_[n] | 0x20) >= 'a' && (text_[n] | 0x20) <= 'z')) ++n;
    text_.remove_prefix(n);
    return n >= 3;
  }
  bool number(std::int64_t& out) {
    std::size_t n = 0;
    out = 0;
    while (n < text_.size() && n < 6 && text_[n] >= '0' && text_[n] <= '9') out = out * 10 + (text_[n++] - '0');
    text_.remove_prefix(n);
    return n > 0;
  }
  bool time(std::int64_t& out) {
    const bool negative = take('-');
    if (!negative) (void)take('+');
    std::int64_t part = 0;
    if (!number(part)) return false;
    out = part * 3600;
    for (const int unit : {60, 1}) {
      if (!take(':')) break;
      if (!number(part)) return false;
      out += part * unit;
    }
    if (negative) out = -out;
    return true;
  }
  // Local seconds at which the year's change happens.
  bool change(std::int64_t year, std::int64_t& out) {
    if (!take(',')) return false;
    std::int64_t days = 0;
    std::int64_t n = 0;
    if (take('M')) {
      std::int64_t month = 0;
      std::int64_t week = 0;
      std::int64_t weekday = 0;
      if (!number(month) || !take('.') || !number(week) || !take('.') || !number(weekday)) return false;
      if (month < 1 || month > 12 || week < 1 || week > 5 || weekday > 6) return false;
      const auto first = days_of(year, static_cast<unsigned>(month), 1);
      days = first + (weekday - static_cast<std::int64_t>(civil_of_days(first).weekday) + 7) % 7 + (week - 1) * 7;
      const auto length = static_cast<std::int64_t>(days_in_month(year, static_cast<unsigned>(month)));
      if (days >= first + length) days -= 7;
    } else if (take('J')) {
      if (!number(n)) return false;
      const bool leap = days_in_month(year, 2) == 29;
      days = days_of(year, 1, 1) + n - 1 + (leap && n > 59 ? 1 : 0);
    } else {
      if (!number(n)) return false;
      days = days_of(year, 1, 1) + n;
    }
    std::int64_t at = 7200;
    if (take('/') && !time(at)) return false;
    out = days * 86400 + at;
    return true;
  }
  std::string_view text_;
};

std::string read_file(const std::string& path) {
  std::string data;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return data;
  data.resize(std::size_t{1} << 16);
  data.resize(std::fread(data.data(), 1, data.size(), file.get()));
  return data;
}

// Only names that stay below the zone folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '/' || name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  });
}

struct Zones {
  std::array<std::atomic<const Zone*>, 64> lists{};
  ~Zones() {
    for (const auto& first : lists)
      for (const auto* zone = first.load(); zone != nullptr;) {
        const auto* next = zone->next;
        delete zone;
        zone = next;
      }
  }
};

const Zone* find_zone(std::string_view name) {
  static Zones zones;
  if (!is_zone_name(name)) return nullptr;
  auto& first = zones.lists[json::layout::hash_key(name) % zones.lists.size()];
  for (const auto* zone = first.load(std::memory_order_acquire); zone != nullptr; zone = zone->next)
    if (zone->name == name) return zone;
  auto zone = std::make_unique<Zone>();
  zone->name = name;
  if (!read_zone(read_file("/usr/share/zoneinfo/" + zone->name), *zone)) return nullptr;
  zone->next = first.load(std::memory_order_relaxed);
  while (!first.compare_exchange_weak(zone->next, zone.get(), std::memory_order_release)) {}
  return zone.release();
}

std::optional<std::int64_t> fixed_offset(std::string_view text) {
  const bool west = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  std::int64_t parts[2] = {0, 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    auto& part = parts[i > colon ? 1 : 0];
    part = part * 10 + (text[i] - '0');
  }
  if (parts[0] > 23 || parts[1] > 59) return std::nullopt;
  return (parts[0] * 3600 + parts[1] * 60) * (west ? -1 : 1);
}

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view name, std::int64_t seconds) {
  if (name.empty()) return std::nullopt;
  if (name == "UTC" || name == "Z") return 0;
  if (name[0] == '+' || name[0] == '-' || (name[0] >= '0' && name[0] <= '9')) return fixed_offset(name);
  const auto* zone = find_zone(name);
  if (zone == nullptr) return std::nullopt;
  const auto after = std::upper_bound(zone->times.begin(), zone->times.end(), seconds);
  if (after == zone->times.end() && !zone->rule.empty()) {
    if (const auto offset = Rule(zone->rule).offset(seconds)) return offset;
  }
  if (after == zone->times.begin()) return zone->before;
  return zone->offsets[static_cast<std::size_t>(after - zone->times.begin()) - 1];
}

}  // namespace socle::cel
