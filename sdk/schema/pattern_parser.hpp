// pattern_parser.hpp: the parser's state, shared by pattern_parse.cpp (structure) and pattern_class.cpp (classes and
// character escapes). Lives on the stack of one parse_pattern() call.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pattern_tree.hpp"

namespace socle::schema {

class PatternParser {
 public:
  PatternParser(std::string_view text, PatternSyntax syntax) : text_(text), syntax_(syntax) {}
  Result<PatternTree> run();

 private:
  void collect_groups();
  std::uint32_t alternatives(int depth);
  std::uint32_t sequence(int depth);
  std::uint32_t quantified(std::uint32_t item, bool repeatable);
  bool braces(PatternNode& repeat);
  std::uint32_t atom(int depth, bool& repeatable);
  std::uint32_t literal_set(CharSet set);
  std::uint32_t group(int depth, bool& repeatable);
  void group_name();
  std::uint32_t escape(bool& repeatable);
  std::uint32_t back_reference(std::uint32_t index);

  // pattern_class.cpp; both stand behind the '[' or '\' when called
  CharSet char_class();
  CharSet escaped_set(bool in_class);
  CharSet class_atom(bool& single);
  CharSet property(bool negated);
  char32_t unicode_escape();
  char32_t hex(std::size_t digits);

  [[nodiscard]] bool failed() const { return !error_.empty(); }
  void fail(std::string_view what);
  [[nodiscard]] bool looking_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  [[nodiscard]] bool looking_at(std::string_view s) const { return text_.substr(at_, s.size()) == s; }
  bool take(char c) {
    if (!looking_at(c)) return false;
    ++at_;
    return true;
  }
  std::uint32_t add(PatternNode node);

  std::string_view text_;
  PatternSyntax syntax_;
  std::size_t at_ = 0;
  std::string error_;
  PatternTree tree_;
  std::uint32_t group_count_ = 0;
  std::uint32_t groups_seen_ = 0;
  std::vector<std::pair<std::string, std::uint32_t>> names_;
  std::vector<std::uint32_t> references_;
};

}  // namespace socle::schema
