// feel_text.hpp: reading FEEL's text: blanks, words, names that hold blanks, literals. The productions:
// feel_grammar.hpp. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "socle/result.hpp"
#include "zen/number.hpp"

namespace socle::rules::dmn {

[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t place() const { return at_; }
  void back_to(std::size_t place) { at_ = place; }

  void blanks();
  bool at_end();
  // '\0' past the end.
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  // These skip blanks first.
  bool starts(std::string_view token);
  bool take(std::string_view token);
  bool word(std::string_view token);
  bool take_word(std::string_view token);
  // A name; any blanks of the text stand for those of the name. Not what is called like a function.
  bool take_name(std::string_view name);
  // Letters and digits; empty: there are none.
  std::string_view take_identifier();
  // Only '-' is left, or nothing.
  [[nodiscard]] bool only_dash();
  // Whether the bracket that stands here opens an interval: ".." comes before it is closed, and no ',' does.
  [[nodiscard]] bool interval_ahead();
  // Whether an argument with its name stands here: "match: …".
  [[nodiscard]] bool named_argument_ahead();

  Result<std::string> string();
  Result<zen::Number> number();
  [[nodiscard]] Error wrong(std::string_view wanted);

 private:
  bool code_point(std::size_t digits, std::string& out);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace socle::rules::dmn
