// lexer.cpp: tokens of the CEL grammar (cel-spec, "Lexis"): numbers, identifiers, strings with their escapes.
#include "lexer.hpp"

#include <array>
#include <utility>

#include "utf8.hpp"

namespace socle::cel {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
std::uint32_t hex_value(char c) {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

constexpr std::array<std::string_view, 6> long_symbols{"==", "!=", "<=", ">=", "&&", "||"};
constexpr std::string_view short_symbols = "+-*/%!<>?:.,()[]{}";

}  // namespace

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

Token Lexer::fault(std::uint32_t start, std::string message) {
  Token token;
  token.kind = TokenKind::fault;
  token.offset = start;
  token.value = std::move(message);
  at_ = source_.size();
  return token;
}

void Lexer::skip_blanks() {
  while (at_ < source_.size()) {
    const char c = source_[at_];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f') {
      ++at_;
    } else if (c == '/' && peek(1) == '/') {
      while (at_ < source_.size() && source_[at_] != '\n') ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  const auto start = static_cast<std::uint32_t>(at_);
  if (at_ >= source_.size()) {
    Token token;
    token.offset = start;
    return token;
  }
  const char c = peek();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number(start);
  if (c == '"' || c == '\'') return literal(start, false, false);
  if (c == '`') return quoted(start);
  if (is_letter(c)) return word(start);
  Token token;
  token.kind = TokenKind::symbol;
  token.offset = start;
  for (const auto symbol : long_symbols)
    if (source_.substr(at_, 2) == symbol) {
      token.text = source_.substr(at_, 2);
      at_ += 2;
      return token;
    }
  if (short_symbols.find(c) == std::string_view::npos)
    return fault(start, "unexpected character; CEL text outside strings is ASCII operators, names and numbers");
  token.text = source_.substr(at_++, 1);
  return token;
}

Token Lexer::number(std::uint32_t start) {
  Token token;
  token.kind = TokenKind::integer;
  token.offset = start;
  if (peek() == '0' && peek(1) == 'x' && is_hex(peek(2))) {
    at_ += 2;
    while (is_hex(peek())) ++at_;
  } else {
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      token.kind = TokenKind::real;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      token.kind = TokenKind::real;
      at_ += 1 + sign;
      while (is_digit(peek())) ++at_;
    }
  }
  token.text = source_.substr(start, at_ - start);
  if (token.kind == TokenKind::integer && (peek() == 'u' || peek() == 'U')) {
    token.kind = TokenKind::unsigned_integer;
    ++at_;
  }
  return token;
}

Token Lexer::word(std::uint32_t start) {
  // b before r: rb'' is a name and a string.
  const bool bytes = peek() == 'b' || peek() == 'B';
  std::size_t prefix = bytes ? 1 : 0;
  const bool raw = peek(prefix) == 'r' || peek(prefix) == 'R';
  prefix += raw ? 1 : 0;
  if (peek(prefix) == '"' || peek(prefix) == '\'') {
    at_ += prefix;
    return literal(start, raw, bytes);
  }
  while (is_letter(peek()) || is_digit(peek())) ++at_;
  Token token;
  token.offset = start;
  token.text = source_.substr(start, at_ - start);
  const auto text = token.text;
  token.kind =
      text == "in" || text == "true" || text == "false" || text == "null" ? TokenKind::symbol : TokenKind::ident;
  return token;
}

Token Lexer::quoted(std::uint32_t start) {
  ++at_;
  const auto inside = at_;
  while (is_letter(peek()) || is_digit(peek()) ||
         (peek() != '\0' && std::string_view("./- ").find(peek()) != std::string_view::npos))
    ++at_;
  if (peek() != '`' || at_ == inside)
    return fault(start, "bad quoted name: between ` only letters, digits and _ . - / and blanks may stand");
  Token token;
  token.kind = TokenKind::quoted_ident;
  token.offset = start;
  token.text = source_.substr(inside, at_ - inside);
  ++at_;
  return token;
}

Token Lexer::literal(std::uint32_t start, bool raw, bool bytes) {
  const char quote = peek();
  const bool triple = peek(1) == quote && peek(2) == quote;
  at_ += triple ? 3 : 1;
  Token token;
  token.kind = bytes ? TokenKind::bytes : TokenKind::string;
  token.offset = start;
  for (;;) {
    if (at_ >= source_.size()) return fault(start, "string without an end quote");
    const char c = peek();
    if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) break;
    if (!triple && (c == '\n' || c == '\r')) return fault(start, "line break in a string; use triple quotes or \\n");
    if (c == '\r') {  // a line ends alike wherever the text was written
      token.value.push_back('\n');
      at_ += peek(1) == '\n' ? 2 : 1;
      continue;
    }
    if (c == '\\' && !raw) {
      ++at_;
      if (auto message = escape(bytes, token.value); !message.empty()) return fault(start, std::move(message));
      continue;
    }
    token.value.push_back(c);
    ++at_;
  }
  at_ += triple ? 3 : 1;
  if (!bytes && !is_utf8(token.value)) return fault(start, "string is not valid UTF-8");
  token.text = source_.substr(start, at_ - start);
  return token;
}

std::string Lexer::escape(bool bytes, std::string& out) {
  constexpr std::string_view letters = "abfnrtv\\'\"`?";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\'\"`?";
  const char c = peek();
  if (const auto i = letters.find(c); c != '\0' && i != std::string_view::npos) {
    out.push_back(meanings[i]);
    ++at_;
    return {};
  }
  std::size_t digits = 0;
  std::uint32_t base = 16;
  if (c == 'x' || c == 'X') {
    digits = 2;
    ++at_;
  } else if ((c == 'u' || c == 'U') && !bytes) {
    digits = c == 'u' ? 4 : 8;
    ++at_;
  } else if (c >= '0' && c <= '3') {
    digits = 3;
    base = 8;
  } else {
    return std::string("unknown escape \\") + (c == '\0' ? ' ' : c) +
           (bytes ? " in bytes; wanted \\n, \\x41, \\101 …" : "; wanted \\n, \\x41, \\101, \\u0041, \\U00000041 …");
  }
  std::uint32_t point = 0;
  for (std::size_t i = 0; i < digits; ++i, ++at_) {
    if (!is_hex(peek()) || hex_value(peek()) >= base) return "escape with too few digits";
    point = point * base + hex_value(peek());
  }
  if (bytes) {
    out.push_back(static_cast<char>(point));
    return {};
  }
  if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return "escape is not a Unicode scalar value";
  append_utf8(out, point);
  return {};
}

}  // namespace socle::cel
