// pattern_print.cpp: writes a pattern tree in the syntax of RE2 or PCRE2. Every class is spelled out as code point
// ranges, so that the libraries' own ideas of \d, \s, '.', '$' and flags never decide.
#include "pattern_print.hpp"

#include <array>
#include <cstdio>

namespace socle::schema {

namespace {

class Printer {
 public:
  Printer(const PatternTree& tree, Dialect dialect) : tree_(tree), dialect_(dialect) {}

  std::string run() {
    print(tree_.root);
    return std::move(out_);
  }

 private:
  void point(char32_t value) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "\\x{%X}", static_cast<unsigned>(value));
    out_ += text.data();
  }

  void range(char32_t first, char32_t last) {
    point(first);
    if (first == last) return;
    out_ += '-';
    point(last);
  }

  void set(const CharSet& set) {
    if (set.ranges.empty() && set.properties.empty()) {
      out_ += set.negated ? "[\\x{0}-\\x{10FFFF}]" : dialect_ == Dialect::re2 ? "[^\\x{0}-\\x{10FFFF}]" : "(?!)";
      return;
    }
    out_ += set.negated ? "[^" : "[";
    bool any = !set.properties.empty();
    for (auto [first, last] : set.ranges) {  // PCRE2 refuses surrogates, and no text holds them
      if (first < 0xD800 && last >= 0xD800) range(first, 0xD7FF), first = 0xE000, any = true;
      if (first >= 0xD800 && first <= 0xDFFF) first = 0xE000;
      if (last >= 0xD800 && last <= 0xDFFF) last = 0xD7FF;
      if (first <= last) range(first, last), any = true;
    }
    for (const UnicodeProperty& property : set.properties) {
      // PCRE2 takes a binary property without a prefix.
      const bool binary = property.name.starts_with("bp:");
      out_ += (property.negated ? "\\P{" : "\\p{") + (binary ? property.name.substr(3) : property.name) + "}";
    }
    if (!any) out_ += "^\\x{0}-\\x{10FFFF}";  // only surrogates: the empty set
    out_ += ']';
  }

  void group(std::string_view open, std::uint32_t child) {
    out_ += open;
    print(child);
    out_ += ')';
  }

  void repeat(const PatternNode& node) {
    group("(?:", node.children[0]);
    out_ += '{' + std::to_string(node.min) + ',';
    if (node.max != PatternNode::unbounded) out_ += std::to_string(node.max);
    out_ += '}';
    if (node.lazy) out_ += '?';
  }

  void print(std::uint32_t index) {
    const PatternNode& node = tree_.nodes[index];
    switch (node.kind) {
      case PatternKind::set: set(node.set); break;
      case PatternKind::sequence:
        for (const auto child : node.children) group("(?:", child);
        break;
      case PatternKind::alternatives:
        out_ += "(?:";
        for (std::size_t i = 0; i < node.children.size(); ++i) {
          if (i > 0) out_ += '|';
          print(node.children[i]);
        }
        out_ += ')';
        break;
      case PatternKind::repeat: repeat(node); break;
      case PatternKind::group: group("(", node.children[0]); break;
      case PatternKind::back_reference: out_ += "(?:\\g{" + std::to_string(node.index) + "})"; break;
      case PatternKind::begin: out_ += "\\A"; break;
      case PatternKind::end: out_ += "\\z"; break;
      case PatternKind::word_boundary: out_ += node.negated ? "\\B" : "\\b"; break;
      case PatternKind::look:
        group(node.behind ? (node.negated ? "(?<!" : "(?<=") : (node.negated ? "(?!" : "(?="), node.children[0]);
        break;
    }
  }

  const PatternTree& tree_;
  Dialect dialect_;
  std::string out_;
};

}  // namespace

std::string print_pattern(const PatternTree& tree, Dialect dialect) { return Printer(tree, dialect).run(); }

}  // namespace socle::schema
