// feel_text.cpp: see the header.
#include "dmn/feel_text.hpp"

#include <charconv>
#include <cstdint>

namespace socle::rules::dmn {

void Cursor::blanks() {
  while (is_blank(peek())) ++at_;
}

bool Cursor::at_end() {
  blanks();
  return at_ >= text_.size();
}

bool Cursor::starts(std::string_view token) {
  blanks();
  return text_.substr(at_, token.size()) == token;
}

bool Cursor::take(std::string_view token) {
  if (!starts(token)) return false;
  at_ += token.size();
  return true;
}

bool Cursor::word(std::string_view token) {
  if (!starts(token)) return false;
  const char next = peek(token.size());
  return !is_letter(next) && !is_digit(next);
}

bool Cursor::take_word(std::string_view token) {
  if (!word(token)) return false;
  at_ += token.size();
  return true;
}

bool Cursor::take_name(std::string_view name) {
  blanks();
  const auto start = at_;
  for (std::size_t i = 0; i < name.size();) {
    if (!is_blank(name[i])) {
      if (peek() != name[i++]) break;
      ++at_;
      if (i == name.size()) {
        const auto end = at_;
        const bool longer = is_letter(peek()) || is_digit(peek());
        const bool called = starts("(");
        at_ = end;
        if (!longer && !called) return true;
      }
      continue;
    }
    if (!is_blank(peek())) break;
    while (i < name.size() && is_blank(name[i])) ++i;
    blanks();
  }
  at_ = start;
  return false;
}

std::string_view Cursor::take_identifier() {
  const auto start = at_;
  while (is_letter(peek()) || is_digit(peek())) ++at_;
  return text_.substr(start, at_ - start);
}

bool Cursor::only_dash() {
  if (at_end()) return true;
  if (peek() != '-') return false;
  return text_.find_first_not_of(" \t\r\n", at_ + 1) == std::string_view::npos;
}

bool Cursor::interval_ahead() {
  blanks();
  if (peek() != '[' && peek() != ']' && peek() != '(') return false;
  int depth = 0;
  for (auto i = at_ + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '"') {
      for (++i; i < text_.size() && text_[i] != '"'; ++i)
        if (text_[i] == '\\') ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (depth-- == 0) return false;
    } else if (depth == 0) {
      if (c == '[' || c == ']' || c == ',') return false;
      if (text_.substr(i, 2) == "..") return true;
    }
  }
  return false;
}

bool Cursor::named_argument_ahead() {
  blanks();
  auto i = at_;
  if (i >= text_.size() || !is_letter(text_[i])) return false;
  while (i < text_.size() && (is_letter(text_[i]) || is_digit(text_[i]) || is_blank(text_[i]))) ++i;
  return i < text_.size() && text_[i] == ':';
}

// Of \u and \U; a pair of surrogates is one character. False: it is none.
bool Cursor::code_point(std::size_t digits, std::string& out) {
  const auto hexadecimal = [&](std::size_t from, std::uint32_t& value) {
    if (from + digits > text_.size()) return false;
    const char* const end = text_.data() + from + digits;
    return std::from_chars(text_.data() + from, end, value, 16).ptr == end;
  };
  std::uint32_t code = 0, low = 0;
  if (!hexadecimal(at_ + 1, code)) return false;
  at_ += digits;
  const bool high = code >= 0xD800 && code < 0xDC00;
  if (high && text_.substr(at_ + 1, 2) == "\\u" && hexadecimal(at_ + 3, low) && low >= 0xDC00 && low < 0xE000) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at_ += 2 + digits;
  }
  if ((code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
    return true;
  }
  if (code >= 0x10000) byte(0xF0 | code >> 18);
  if (code >= 0x800) byte(code >= 0x10000 ? 0x80 | (code >> 12 & 0x3F) : 0xE0 | code >> 12);
  byte(code >= 0x800 ? 0x80 | (code >> 6 & 0x3F) : 0xC0 | code >> 6);
  byte(0x80 | (code & 0x3F));
  return true;
}

Result<std::string> Cursor::string() {
  blanks();
  if (peek() != '"') return wrong("a text in double quotes");
  std::string out;
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] != '\\' || at_ + 1 >= text_.size()) {
      out += text_[at_];
      continue;
    }
    const char c = text_[++at_];
    if (c == 'u' || c == 'U') {
      if (!code_point(c == 'u' ? 4 : 6, out)) return wrong("four hexadecimal digits after \\u, or six after \\U");
      continue;
    }
    out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
  }
  if (peek() != '"') return wrong("'\"' at the end of the text");
  ++at_;
  return out;
}

Result<zen::Number> Cursor::number() {
  const auto start = at_;
  while (is_digit(peek())) ++at_;
  if (peek() == '.' && is_digit(peek(1))) {
    ++at_;
    while (is_digit(peek())) ++at_;
  }
  const bool signed_exponent = peek(1) == '-' || peek(1) == '+';
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(signed_exponent ? 2 : 1))) {
    at_ += signed_exponent ? 2 : 1;
    while (is_digit(peek())) ++at_;
  }
  const auto text = text_.substr(start, at_ - start);
  if (auto value = zen::Number::parse(text)) return *value;
  return Error{Code::unsupported, "the number " + std::string(text) + " has too many digits"};
}

Error Cursor::wrong(std::string_view wanted) {
  blanks();
  return {Code::invalid, "1:" + std::to_string(at_ + 1) + ": wanted " + std::string(wanted) + ", found " +
                             (at_ >= text_.size() ? "the end" : "'" + std::string(text_.substr(at_, 12)) + "'")};
}

}  // namespace socle::rules::dmn
