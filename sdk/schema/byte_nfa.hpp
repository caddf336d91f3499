// byte_nfa.hpp: a pattern tree as a Thompson NFA whose letters are bytes of UTF-8. Only dfa_matcher.cpp uses it, while
// a schema is compiled.
#pragma once

#include <cstdint>
#include <vector>

#include "pattern_tree.hpp"

namespace socle::schema {

class ByteNfa {
 public:
  static constexpr std::uint32_t nowhere = 0xFFFFFFFF;
  enum class Kind : std::uint8_t { bytes, split, begin, end, accept };
  struct State {
    Kind kind = Kind::split;
    std::uint8_t first = 0;  // of a byte range
    std::uint8_t last = 0;
    std::uint32_t next = nowhere;
    std::uint32_t other = nowhere;  // second branch of a split
  };

  // False when the tree cannot be one or needs more than `max_states`.
  bool build(const PatternTree& tree, std::size_t max_states);

  std::vector<State> states;
  std::uint32_t start = nowhere;

 private:
  std::uint32_t add(State state);
  std::uint32_t compile(const PatternTree& tree, std::uint32_t index, std::uint32_t then);
  std::uint32_t compile_repeat(const PatternTree& tree, const PatternNode& node, std::uint32_t then);
  std::uint32_t compile_set(const CharSet& set, std::uint32_t then);
  void utf8_range(char32_t first, char32_t last, std::uint32_t then, std::uint32_t& out);
  std::size_t max_states_ = 0;
  bool failed_ = false;
};

}  // namespace socle::schema
