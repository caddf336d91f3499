// char_set.cpp: set algebra on code point ranges and ECMA-262's predefined classes.
#include "char_set.hpp"

#include <algorithm>

namespace socle::schema {

namespace {
constexpr char32_t last_point = 0x10FFFF;
}

void CharSet::add(const CharSet& other) {
  ranges.insert(ranges.end(), other.ranges.begin(), other.ranges.end());
  properties.insert(properties.end(), other.properties.begin(), other.properties.end());
}

void CharSet::normalize() {
  std::sort(ranges.begin(), ranges.end());
  std::vector<Range> joined;
  for (const Range& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().second + 1) {
      joined.back().second = std::max(joined.back().second, range.second);
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
  if (negated && properties.empty()) complement();
}

void CharSet::complement() {
  std::vector<Range> rest;
  char32_t from = 0;
  for (const auto& [first, last] : ranges) {
    if (first > from) rest.emplace_back(from, first - 1);
    from = last + 1;
  }
  if (from <= last_point) rest.emplace_back(from, last_point);
  ranges = std::move(rest);
  negated = false;
}

bool CharSet::contains(char32_t point) const {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return range.first <= point && point <= range.second; });
}

bool CharSet::is_ascii() const {
  return properties.empty() && !negated && (ranges.empty() || ranges.back().second < 0x80);
}

CharSet CharSet::digits() { return {{{'0', '9'}}, {}, false}; }

CharSet CharSet::word() { return {{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, {}, false}; }

CharSet CharSet::space() {
  return {{{0x09, 0x0D},
           {0x20, 0x20},
           {0xA0, 0xA0},
           {0x1680, 0x1680},
           {0x2000, 0x200A},
           {0x2028, 0x2029},
           {0x202F, 0x202F},
           {0x205F, 0x205F},
           {0x3000, 0x3000},
           {0xFEFF, 0xFEFF}},
          {},
          false};
}

CharSet CharSet::dot() {
  CharSet set{{{0x0A, 0x0A}, {0x0D, 0x0D}, {0x2028, 0x2029}}, {}, false};
  set.complement();
  return set;
}

CharSet CharSet::all() { return {{{0, last_point}}, {}, false}; }

}  // namespace socle::schema
