// offset.cpp: from a byte of a scalar's decoded value back to the byte of the text that stands for it: raw text and
// value are walked side by side, by the style's rules of escapes and folded lines.
#include <algorithm>

#include "source/source.hpp"

namespace socle::models {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }

// Bytes of UTF-8 that a code point takes.
std::size_t utf8_size(std::uint32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

class Walk {
 public:
  Walk(std::string_view text, const Node& scalar, std::size_t target)
      : text_(text),
        value_(scalar.text),
        style_(scalar.style),
        target_(std::min(target, scalar.text.size())),
        at_(scalar.at) {}

  std::size_t flow() {
    if (style_ != Node::Style::plain) ++at_;
    while (done_ < target_ && at_ < text_.size()) {
      if (blank_before_break()) {
        fold();
      } else if (style_ == Node::Style::double_quoted && text_[at_] == '\\') {
        escape();
      } else {
        if (style_ == Node::Style::single_quoted && text_.substr(at_, 2) == "''") ++at_;
        ++at_;
        ++done_;
      }
    }
    if (done_ == target_ && line_goes_on()) escape();
    return done_ > target_ ? last_ : at_;
  }

  std::size_t block() {
    to_next_line();
    const std::size_t indent = indentation();
    skip_indent(indent);
    while (done_ < target_ && at_ < text_.size()) {
      if (text_[at_] == '\n') {
        ++at_;
        if (value_[done_] == '\n' || value_[done_] == ' ') ++done_;
        skip_indent(indent);
      } else {
        if (text_[at_] != '\r') ++done_;
        ++at_;
      }
    }
    while (at_ < text_.size() && text_[at_] == '\n') {  // folded away behind the last byte that counted
      ++at_;
      skip_indent(indent);
    }
    return at_;
  }

 private:
  [[nodiscard]] bool blank_before_break() const {
    std::size_t i = at_;
    while (i < text_.size() && is_blank(text_[i])) ++i;
    return i < text_.size() && is_break(text_[i]);
  }
  [[nodiscard]] bool line_goes_on() const {
    return style_ == Node::Style::double_quoted && at_ + 1 < text_.size() && text_[at_] == '\\' &&
           is_break(text_[at_ + 1]);
  }
  // A run of blanks and line breaks: one break is a space, each further one a line feed.
  void fold() {
    last_ = at_;
    std::size_t breaks = 0;
    while (at_ < text_.size() && (is_blank(text_[at_]) || is_break(text_[at_]))) breaks += text_[at_++] == '\n' ? 1 : 0;
    done_ += std::max<std::size_t>(breaks, 2) - 1;
  }
  void escape() {
    last_ = at_;
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    at_ += 2;
    if (is_break(kind)) {  // the line goes on: nothing stands for it
      while (at_ < text_.size() && (is_blank(text_[at_]) || is_break(text_[at_]))) ++at_;
      return;
    }
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    std::uint32_t code = kind == 'N' || kind == '_' ? 0x85 : kind == 'L' || kind == 'P' ? 0x2028 : 0;
    for (std::size_t i = 0; i < digits && at_ < text_.size(); ++i) code = code << 4U | hex(text_[at_++]);
    const bool pair = code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u";
    if (pair) at_ = std::min(at_ + 6, text_.size());
    done_ += pair ? 4 : utf8_size(code);
  }
  static std::uint32_t hex(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
    return ((static_cast<std::uint32_t>(c) | 0x20U) - 'a' + 10) & 15U;
  }
  void to_next_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }
  // Of the first line that is not blank.
  [[nodiscard]] std::size_t indentation() const {
    std::size_t line = at_, i = at_;
    while (i < text_.size() && (is_blank(text_[i]) || is_break(text_[i]))) {
      if (text_[i] == '\n') line = i + 1;
      ++i;
    }
    return i - line;
  }
  void skip_indent(std::size_t indent) {
    for (std::size_t i = 0; i < indent && at_ < text_.size() && text_[at_] == ' '; ++i) ++at_;
  }

  std::string_view text_;
  std::string_view value_;
  Node::Style style_;
  std::size_t target_;
  std::size_t at_;
  std::size_t done_ = 0;  // bytes of the value passed
  std::size_t last_ = 0;  // where the last step of several bytes began
};

}  // namespace

std::size_t byte_of_offset(std::string_view text, const Node& scalar, std::size_t offset) {
  Walk walk(text, scalar, offset);
  return std::min(scalar.style == Node::Style::block ? walk.block() : walk.flow(), text.size());
}

}  // namespace socle::models
