#include "src/locate.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace socle::json {
namespace {

constexpr bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool digit(char c) { return c >= '0' && c <= '9'; }
constexpr char hex[] = "0123456789abcdef";

// The length of the well-formed UTF-8 sequence at text[at], or 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0u : 0x80u;
    const unsigned high = lead == 0xED ? 0x9Fu : 0xBFu;
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90u : 0x80u;
    const unsigned high = lead == 0xF4 ? 0x8Fu : 0xBFu;
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// Walks the text once; the first fault ends the walk. Each reader returns false when it has set the fault.
class Locator {
 public:
  Locator(std::string_view text, unsigned max_depth) : text_(text), max_depth_(max_depth) {}

  std::optional<Fault> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) {
      fail("a byte-order mark; JSON text starts with a value, remove the three bytes EF BB BF");
    } else if (walk()) {
      skip_space();
      if (at_ < text_.size()) fail("expected the end of the text after the value, found " + found());
    }
    return std::move(fault_);
  }

 private:
  bool walk() {
    for (;;) {
      skip_space();
      if (!open_.empty() && open_.back() == '{' && !member_name()) return false;
      skip_space();
      const char c = peek();
      if (at_ < text_.size() && (c == '{' || c == '[')) {
        if (!open(c)) return false;
        skip_space();
        if (at_ >= text_.size() || text_[at_] != (c == '{' ? '}' : ']')) continue;
      } else if (!scalar() || !after_value()) {
        return false;
      } else if (open_.empty()) {
        return true;
      } else if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (!close_all()) return false;
      if (open_.empty()) return true;
    }
  }
  // Standing on a closing bracket that fits: closes it and all that close after it, and steps over a comma.
  bool close_all() {
    for (;;) {
      ++at_;
      open_.pop_back();
      if (!after_value()) return false;
      if (open_.empty()) return true;
      if (text_[at_] != ',') continue;
      ++at_;
      return true;
    }
  }
  // After a value inside a container only a comma or the right closing bracket may stand.
  bool after_value() {
    if (open_.empty()) return true;
    skip_space();
    const bool object = open_.back() == '{';
    if (at_ < text_.size() && (text_[at_] == ',' || text_[at_] == (object ? '}' : ']'))) return true;
    return fail(std::string("expected ',' or '") + (object ? '}' : ']') + "' after the " +
                (object ? "member" : "element") + ", found " + found());
  }
  bool open(char bracket) {
    if (open_.size() >= max_depth_) {
      fail("nested deeper than " + std::to_string(max_depth_) + " levels; flatten the value");
      fault_->too_deep = true;
      return false;
    }
    open_.push_back(bracket);
    ++at_;
    return true;
  }
  bool member_name() {
    if (peek() != '"') return fail("expected a member name in double quotes, found " + found());
    if (!string()) return false;
    skip_space();
    if (peek() != ':') return fail("expected ':' after the member name, found " + found());
    ++at_;
    return true;
  }
  bool scalar() {
    const char c = peek();
    if (c == '"') return string();
    if (c == '-' || digit(c)) return number();
    for (std::string_view literal : {"true", "false", "null"}) {
      if (!text_.substr(at_).starts_with(literal)) continue;
      at_ += literal.size();
      return ends("literal");
    }
    return fail("expected a value, found " + found());
  }
  bool digits(const char* where) {
    if (!digit(peek())) return fail(std::string("expected a digit ") + where + ", found " + found());
    while (digit(peek())) ++at_;
    return true;
  }
  bool number() {
    if (peek() == '-') ++at_;
    if (peek() == '0' && at_ + 1 < text_.size() && digit(text_[at_ + 1]))
      return fail("a number must not start with a zero before other digits");
    if (!digits("in the number")) return false;
    if (peek() == '.') {
      ++at_;
      if (!digits("after the decimal point")) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits("in the exponent")) return false;
    }
    return ends("number");
  }
  // What follows a number or literal must be something that can follow any value.
  bool ends(const char* what) {
    const char c = peek();
    if (at_ >= text_.size() || space(c) || c == ',' || c == ']' || c == '}' || c == ':') return true;
    return fail(std::string("the ") + what + " runs into " + found());
  }
  bool string() {
    const std::size_t start = at_++;
    for (;;) {
      if (at_ >= text_.size()) {
        at_ = start;
        return fail("the string that starts here has no closing '\"'");
      }
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
        continue;
      }
      if (c < 0x20) return fail("a control character in a string must be escaped, found " + found());
      const std::size_t length = utf8_length(text_, at_);
      if (length == 0) return fail("not UTF-8, found " + found());
      at_ += length;
    }
  }
  bool escape() {
    const std::size_t start = at_++;
    if (at_ < text_.size() && std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (peek() != 'u') return fail("unknown escape: '\\' followed by " + found());
    std::uint32_t unit = 0;
    ++at_;
    if (!four_hex(unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    std::uint32_t low = 0;
    if (unit < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      if (!four_hex(low)) return false;
    }
    if (low >= 0xDC00 && low <= 0xDFFF) return true;
    at_ = start;
    return fail("half a surrogate pair; write \\uD800-\\uDBFF followed by \\uDC00-\\uDFFF, or the character itself");
  }
  bool four_hex(std::uint32_t& unit) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const char lower = static_cast<char>(c | 0x20);
      if (digit(c))
        unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
      else if (lower >= 'a' && lower <= 'f')
        unit = unit * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      else
        return fail("expected four hexadecimal digits after \\u, found " + found());
    }
    return true;
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() && space(text_[at_])) ++at_;
  }
  // What stands here, for a message: the end, a printable character in quotes, or a byte in hexadecimal.
  [[nodiscard]] std::string found() const {
    if (at_ >= text_.size()) return "the end of the text";
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '\'') return "an apostrophe";
    if (c >= 0x20 && c < 0x7F) return std::string("'") + text_[at_] + "'";
    const std::size_t length = c < 0x80 ? 0 : utf8_length(text_, at_);
    if (length != 0) return "'" + std::string(text_.substr(at_, length)) + "'";
    return std::string("byte 0x") + hex[c >> 4] + hex[c & 15];
  }
  bool fail(std::string reason) {
    fault_ = Fault{at_, std::move(reason), false};
    return false;
  }

  std::string_view text_;
  unsigned max_depth_;
  std::size_t at_ = 0;
  std::vector<char> open_;
  std::optional<Fault> fault_;
};

}  // namespace

std::optional<Fault> locate_fault(std::string_view text, unsigned max_depth) { return Locator(text, max_depth).run(); }

Position position_of(std::string_view text, std::size_t offset) {
  Position position{offset, 1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) {
      ++position.column;
    }
  }
  return position;
}

std::string to_string(const Position& position) {
  return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column) + " (byte " +
         std::to_string(position.offset) + ")";
}

}  // namespace socle::json
