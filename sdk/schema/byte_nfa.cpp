// byte_nfa.cpp: Thompson's construction, back to front, with code point ranges split into UTF-8 byte sequences
// (the splitting is Ken Thompson's, as RE2 describes it in "Regular Expression Matching in the Wild").
#include "byte_nfa.hpp"

#include <algorithm>
#include <array>

#include "utf8.hpp"

namespace socle::schema {

bool ByteNfa::build(const PatternTree& tree, std::size_t max_states) {
  max_states_ = max_states;
  const std::uint32_t accept = add({.kind = Kind::accept});
  start = compile(tree, tree.root, accept);
  return !failed_;
}

std::uint32_t ByteNfa::add(State state) {
  if (states.size() >= max_states_) {
    failed_ = true;
    return 0;
  }
  states.push_back(state);
  return static_cast<std::uint32_t>(states.size() - 1);
}

std::uint32_t ByteNfa::compile(const PatternTree& tree, std::uint32_t index, std::uint32_t then) {
  if (failed_) return then;
  const PatternNode& node = tree.nodes[index];
  switch (node.kind) {
    case PatternKind::set: return compile_set(node.set, then);
    case PatternKind::group: return compile(tree, node.children[0], then);
    case PatternKind::begin: return add({.kind = Kind::begin, .next = then});
    case PatternKind::end: return add({.kind = Kind::end, .next = then});
    case PatternKind::sequence:
      for (auto child = node.children.rbegin(); child != node.children.rend(); ++child)
        then = compile(tree, *child, then);
      return then;
    case PatternKind::alternatives: {
      std::uint32_t either = nowhere;
      for (const auto child : node.children) {
        const std::uint32_t branch = compile(tree, child, then);
        either = either == nowhere ? branch : add({.kind = Kind::split, .next = either, .other = branch});
      }
      return either;
    }
    case PatternKind::repeat: return compile_repeat(tree, node, then);
    default: failed_ = true; return then;
  }
}

std::uint32_t ByteNfa::compile_repeat(const PatternTree& tree, const PatternNode& node, std::uint32_t then) {
  const std::uint32_t child = node.children[0];
  std::uint32_t at = then;
  if (node.max == PatternNode::unbounded) {
    const std::uint32_t loop = add({.kind = Kind::split, .other = then});
    const std::uint32_t body = compile(tree, child, loop);
    if (failed_) return then;
    states[loop].next = body;
    at = loop;
  } else {
    for (std::uint32_t i = node.min; i < node.max && !failed_; ++i) {
      const std::uint32_t body = compile(tree, child, at);
      at = add({.kind = Kind::split, .next = body, .other = then});
    }
  }
  for (std::uint32_t i = 0; i < node.min && !failed_; ++i) at = compile(tree, child, at);
  return at;
}

std::uint32_t ByteNfa::compile_set(const CharSet& set, std::uint32_t then) {
  if (!set.properties.empty()) failed_ = true;
  std::uint32_t out = nowhere;
  for (const auto& [from, to] : set.ranges) {
    static constexpr std::array<char32_t, 5> borders{0x80, 0x800, 0xD800, 0x10000, 0x110000};
    char32_t first = from;
    for (const char32_t border : borders) {
      if (first > to || failed_) break;
      if (first >= border) continue;
      utf8_range(first, std::min<char32_t>(to, border - 1), then, out);
      first = border == 0xD800 ? std::max<char32_t>(0xE000, border) : border;
    }
  }
  return out == nowhere ? add({.kind = Kind::bytes, .first = 1, .last = 0, .next = then}) : out;
}

// Both ends have the same encoded length here. Splits until every byte position is a range of its own.
void ByteNfa::utf8_range(char32_t first, char32_t last, std::uint32_t then, std::uint32_t& out) {
  if (first > last || failed_) return;
  for (int bits = 6; bits <= 18; bits += 6) {
    const char32_t mask = (char32_t{1} << bits) - 1;
    if ((first & ~mask) == (last & ~mask) || last < 0x80) break;
    if ((first & mask) != 0) {
      utf8_range(first, first | mask, then, out);
      return utf8_range((first | mask) + 1, last, then, out);
    }
    if ((last & mask) != mask) {
      utf8_range(first, (last & ~mask) - 1, then, out);
      return utf8_range(last & ~mask, last, then, out);
    }
  }
  std::string low;
  std::string high;
  append_utf8(low, first);
  append_utf8(high, last);
  std::uint32_t at = then;
  for (std::size_t i = low.size(); i-- > 0;)
    at = add({.kind = Kind::bytes,
              .first = static_cast<std::uint8_t>(low[i]),
              .last = static_cast<std::uint8_t>(high[i]),
              .next = at});
  out = out == nowhere ? at : add({.kind = Kind::split, .next = out, .other = at});
}

}  // namespace socle::schema
