// lexer.hpp: CEL source text to tokens. Used by the parser, one token at a time; the source must outlive it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace socle::cel {

enum class TokenKind : std::uint8_t {
  end,
  ident,
  quoted_ident,
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  symbol,  // operators and brackets, and the words in, true, false, null
  fault,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t offset = 0;
  std::string_view text;  // as written; of a quoted identifier what is inside
  std::string value;      // decoded string or bytes; the message of a fault
};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}
  Token next();

 private:
  void skip_blanks();
  Token number(std::uint32_t start);
  Token word(std::uint32_t start);
  Token quoted(std::uint32_t start);
  // A string literal whose prefix letters are already skipped.
  Token literal(std::uint32_t start, bool raw, bool bytes);
  std::string escape(bool bytes, std::string& out);
  Token fault(std::uint32_t start, std::string message);
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  std::string_view source_;
  std::size_t at_ = 0;
};

// Appends a code point as UTF-8. REQUIRES: a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t point);

}  // namespace socle::cel
