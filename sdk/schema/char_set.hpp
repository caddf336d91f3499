// char_set.hpp: a set of code points as sorted, disjoint ranges; the letters of a regular expression. Called by the
// pattern parser and by the matchers that are built from its tree. Any thread, no shared state.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace socle::schema {

// \p{...} that only a library's Unicode tables can answer; `name` is in PCRE2's spelling.
struct UnicodeProperty {
  std::string name;
  bool negated = false;
  bool operator==(const UnicodeProperty&) const = default;
};

struct CharSet {
  using Range = std::pair<char32_t, char32_t>;  // both ends included
  std::vector<Range> ranges;
  std::vector<UnicodeProperty> properties;  // members beside `ranges`
  bool negated = false;                     // only left standing when there are properties

  void add(char32_t first, char32_t last) { ranges.emplace_back(first, last); }
  void add(const CharSet& other);
  void normalize();                                   // sorts, joins, and resolves `negated` where it can
  void complement();                                  // REQUIRES: no properties
  [[nodiscard]] bool contains(char32_t point) const;  // REQUIRES: normalized, no properties
  [[nodiscard]] bool is_ascii() const;                // only code points below 128, no properties
  bool operator==(const CharSet&) const = default;

  static CharSet digits();
  static CharSet word();
  static CharSet space();  // ECMA-262 WhiteSpace and LineTerminator
  static CharSet dot();    // everything but ECMA-262 line terminators
  static CharSet all();
};

}  // namespace socle::schema
