// pattern_tree.hpp: an ECMA-262 regular expression (unicode mode) as a tree, and its parser. Called while a schema is
// compiled; the tree is thrown away once a matcher is built from it. Any thread, no shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "char_set.hpp"
#include "socle/result.hpp"

namespace socle::schema {

enum class PatternKind : std::uint8_t {
  set,             // one code point of `set`
  sequence,        // children in order
  alternatives,    // one of the children
  repeat,          // the child, min to max times
  group,           // a capturing group around the child; `index` is its number
  back_reference,  // what group `index` matched
  begin,
  end,
  word_boundary,  // `negated`: \B
  look,           // lookahead, or lookbehind if `behind`; `negated`
};

struct PatternNode {
  static constexpr std::uint32_t unbounded = 0xFFFFFFFF;
  PatternKind kind = PatternKind::sequence;
  CharSet set = {};
  std::vector<std::uint32_t> children = {};
  std::uint32_t min = 1;
  std::uint32_t max = 1;
  std::uint32_t index = 0;
  bool lazy = false;
  bool negated = false;
  bool behind = false;
};

struct PatternTree {
  std::vector<PatternNode> nodes;
  std::uint32_t root = 0;
  bool regular = true;      // no look-around, no back reference
  bool properties = false;  // uses \p{...}
};

enum class PatternSyntax : std::uint8_t {
  strict,   // exactly the grammar with the u flag: what `format: regex` accepts
  lenient,  // also escaped punctuation and lone ] { } as literals, which real schemas contain
};

// Code::invalid says what is wrong and at which byte.
Result<PatternTree> parse_pattern(std::string_view source, PatternSyntax syntax);

// The property's name in PCRE2's spelling for ECMA-262's Name or Name=Value, or "" if the standard has none such.
std::string property_name(std::string_view expression);

}  // namespace socle::schema
