// locate.cpp: a forward scan that steps over values until the pointer's next token is met.
#include "locate.hpp"

#include <string>

#include "socle/json/document.hpp"
#include "socle/json/pointer.hpp"
#include "utf8.hpp"

namespace socle::schema {

namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { space(); }

  [[nodiscard]] std::size_t at() const { return at_; }

  // Enters the container here and stops at the child's value; false (and at the end of it) when there is none.
  bool enter(const std::string& token) {
    const char open = peek();
    if (open != '{' && open != '[') return false;
    ++at_;
    space();
    for (std::size_t i = 0; peek() != '}' && peek() != ']' && at_ < text_.size(); ++i) {
      bool found = open == '[' && std::to_string(i) == token;
      if (open == '{') {
        const std::size_t first = at_;
        skip_string();
        const auto name = json::Document::parse(text_.substr(first, at_ - first));
        found = name && name->root().as_string() == token;
        space();
        ++at_;  // the colon
        space();
      }
      if (found) return true;
      skip_value();
      space();
      if (peek() == ',') ++at_;
      space();
    }
    return false;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (depth > 0 && (c == ',' || c == ':')) {
        ++at_;
      } else {
        while (at_ < text_.size() && std::string_view(" \t\r\n,]}").find(text_[at_]) == std::string_view::npos) ++at_;
      }
      space();
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

LineColumn locate(std::string_view text, std::string_view pointer) {
  Scanner scanner(text);
  std::size_t best = scanner.at();
  if (const auto parsed = json::Pointer::parse(pointer)) {
    for (const std::string& token : parsed->tokens()) {
      if (!scanner.enter(token)) break;
      best = scanner.at();
    }
  }
  LineColumn place;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < best && i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    ++place.line;
    line_start = i + 1;
  }
  place.column = count_code_points(text.substr(line_start, best - line_start)) + 1;
  return place;
}

}  // namespace socle::schema
