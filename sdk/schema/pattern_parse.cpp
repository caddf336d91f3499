// pattern_parse.cpp: recursive descent over ECMA-262's Pattern grammar with the u flag. Nesting is bounded, so that a
// hostile pattern is an error and not a stack overflow. Class contents are in pattern_class.cpp.
#include <algorithm>

#include "pattern_parser.hpp"
#include "utf8.hpp"

namespace socle::schema {

namespace {
constexpr int max_nesting = 200;
constexpr std::uint32_t max_repeat = 100000;
}  // namespace

Result<PatternTree> parse_pattern(std::string_view source, PatternSyntax syntax) {
  PatternParser parser(source, syntax);
  return parser.run();
}

Result<PatternTree> PatternParser::run() {
  collect_groups();
  const std::uint32_t root = alternatives(0);
  if (!failed() && at_ < text_.size()) fail("unmatched ')'");
  for (const std::uint32_t index : references_)
    if (!failed() && index > group_count_) fail("a back reference to a group that does not exist");
  if (failed()) return Error{Code::invalid, error_};
  tree_.root = root;
  return std::move(tree_);
}

void PatternParser::fail(std::string_view what) {
  if (failed()) return;
  error_ = "byte " + std::to_string(at_ + 1) + ": " + std::string(what);
}

std::uint32_t PatternParser::add(PatternNode node) {
  tree_.nodes.push_back(std::move(node));
  return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
}

// Names and the number of groups must be known before a forward \k<name> or \9 is read.
void PatternParser::collect_groups() {
  bool in_class = false;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
    } else if (c == '(') {
      const bool special = i + 1 < text_.size() && text_[i + 1] == '?';
      const bool named =
          special && text_.substr(i + 2, 1) == "<" && text_.substr(i + 3, 1) != "=" && text_.substr(i + 3, 1) != "!";
      if (special && !named) continue;
      ++group_count_;
      if (!named) continue;
      const auto close = text_.find('>', i);
      if (close != std::string_view::npos) names_.emplace_back(text_.substr(i + 3, close - i - 3), group_count_);
    }
  }
}

std::uint32_t PatternParser::alternatives(int depth) {
  if (depth > max_nesting) {
    fail("groups nest deeper than 200");
    return 0;
  }
  PatternNode either{.kind = PatternKind::alternatives};
  either.children.push_back(sequence(depth));
  while (!failed() && take('|')) either.children.push_back(sequence(depth));
  return either.children.size() == 1 ? either.children[0] : add(std::move(either));
}

std::uint32_t PatternParser::sequence(int depth) {
  PatternNode all{.kind = PatternKind::sequence};
  while (!failed() && at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
    bool repeatable = true;
    const std::uint32_t item = atom(depth, repeatable);
    if (failed()) break;
    all.children.push_back(quantified(item, repeatable));
  }
  return add(std::move(all));
}

std::uint32_t PatternParser::quantified(std::uint32_t item, bool repeatable) {
  PatternNode repeat{.kind = PatternKind::repeat};
  if (take('*')) {
    repeat.min = 0, repeat.max = PatternNode::unbounded;
  } else if (take('+')) {
    repeat.max = PatternNode::unbounded;
  } else if (take('?')) {
    repeat.min = 0;
  } else if (!braces(repeat)) {
    return item;
  }
  if (failed()) return item;
  if (!repeatable) {
    fail("nothing to repeat");
    return item;
  }
  repeat.lazy = take('?');
  repeat.children.push_back(item);
  return add(std::move(repeat));
}

// {3}, {3,} or {3,5}; anything else is no quantifier and left where it is.
bool PatternParser::braces(PatternNode& repeat) {
  if (!looking_at('{')) return false;
  std::size_t at = at_ + 1;
  const auto number = [&](std::uint32_t& value) {
    const std::size_t first = at;
    std::uint64_t sum = 0;
    for (; at < text_.size() && text_[at] >= '0' && text_[at] <= '9'; ++at)
      sum = std::min<std::uint64_t>(sum * 10 + static_cast<std::uint64_t>(text_[at] - '0'), max_repeat + 1);
    value = static_cast<std::uint32_t>(sum);
    return at > first;
  };
  if (!number(repeat.min)) return false;
  repeat.max = repeat.min;
  if (at < text_.size() && text_[at] == ',') {
    ++at;
    if (!number(repeat.max)) repeat.max = PatternNode::unbounded;
  }
  if (at >= text_.size() || text_[at] != '}') return false;
  if (repeat.min > max_repeat || (repeat.max != PatternNode::unbounded && repeat.max > max_repeat)) {
    fail("a repeat count above 100000");
  } else if (repeat.max < repeat.min) {
    fail("the numbers in a {} quantifier are out of order");
  }
  at_ = at + 1;
  return true;
}

std::uint32_t PatternParser::atom(int depth, bool& repeatable) {
  const char c = text_[at_];
  switch (c) {
    case '^': ++at_, repeatable = false; return add({.kind = PatternKind::begin});
    case '$': ++at_, repeatable = false; return add({.kind = PatternKind::end});
    case '(': ++at_; return group(depth, repeatable);
    case '.': ++at_; return literal_set(CharSet::dot());
    case '[': ++at_; return literal_set(char_class());
    case '\\': ++at_; return escape(repeatable);
    case '*':
    case '+':
    case '?': fail("nothing to repeat"); return 0;
    case '{':
    case '}':
    case ']': {
      PatternNode probe;
      if (syntax_ == PatternSyntax::strict || braces(probe)) {
        fail("a lone '" + std::string(1, c) + "' must be escaped");
        return 0;
      }
      break;
    }
    default: break;
  }
  const char32_t point = next_code_point(text_, at_);
  return literal_set({{{point, point}}, {}, false});
}

std::uint32_t PatternParser::literal_set(CharSet set) {
  set.normalize();
  tree_.properties |= !set.properties.empty();
  return add({.kind = PatternKind::set, .set = std::move(set)});
}

std::uint32_t PatternParser::group(int depth, bool& repeatable) {
  PatternNode node{.kind = PatternKind::group};
  bool plain = false;
  if (take('?')) {
    if (take(':')) {
      plain = true;
    } else if (looking_at("<=") || looking_at("<!") || looking_at('=') || looking_at('!')) {
      node.kind = PatternKind::look;
      node.behind = take('<');
      node.negated = text_[at_++] == '!';
      tree_.regular = repeatable = false;
    } else if (take('<')) {
      node.index = ++groups_seen_;
      group_name();
    } else {
      fail("'(?' must be followed by ':', '=', '!', '<=', '<!' or '<name>'");
    }
  } else {
    node.index = ++groups_seen_;
  }
  if (failed()) return 0;
  const std::uint32_t inner = alternatives(depth + 1);
  if (!failed() && !take(')')) fail("unclosed group");
  if (plain) return inner;
  node.children.push_back(inner);
  return add(std::move(node));
}

void PatternParser::group_name() {
  const auto close = text_.find('>', at_);
  if (close == std::string_view::npos || close == at_) return fail("a group name must be <name>");
  const std::string_view name = text_.substr(at_, close - at_);
  const auto good = [&](char c, bool first) {
    const bool digit = c >= '0' && c <= '9';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (digit && !first) ||
           (c & 0x80) != 0;
  };
  for (std::size_t i = 0; i < name.size(); ++i)
    if (!good(name[i], i == 0)) return fail("a group name must be an identifier");
  if (std::count_if(names_.begin(), names_.end(), [&](const auto& known) { return known.first == name; }) > 1)
    return fail("a group name is used twice");
  at_ = close + 1;
}

std::uint32_t PatternParser::escape(bool& repeatable) {
  if (at_ >= text_.size()) {
    fail("the pattern ends in '\\'");
    return 0;
  }
  const char c = text_[at_];
  if (c == 'b' || c == 'B') {
    ++at_;
    repeatable = false;
    return add({.kind = PatternKind::word_boundary, .negated = c == 'B'});
  }
  if (c >= '1' && c <= '9') {
    std::uint32_t index = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      index = std::min<std::uint32_t>(index * 10 + static_cast<std::uint32_t>(text_[at_] - '0'), max_repeat);
    return back_reference(index);
  }
  if (c == 'k') {
    const auto close = text_.find('>', at_);
    if (text_.substr(at_ + 1, 1) != "<" || close == std::string_view::npos) {
      fail("\\k must be followed by <name>");
      return 0;
    }
    const std::string_view name = text_.substr(at_ + 2, close - at_ - 2);
    const auto known =
        std::find_if(names_.begin(), names_.end(), [&](const auto& entry) { return entry.first == name; });
    if (known == names_.end()) {
      fail("\\k names a group that does not exist");
      return 0;
    }
    at_ = close + 1;
    return back_reference(known->second);
  }
  return literal_set(escaped_set(false));
}

std::uint32_t PatternParser::back_reference(std::uint32_t index) {
  tree_.regular = false;
  references_.push_back(index);
  return add({.kind = PatternKind::back_reference, .index = index});
}

}  // namespace socle::schema
