// lexer.hpp: the tokens of ZEN.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules::zen {

enum class TokenKind : std::uint8_t { number, string, pattern, name, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // of a string: what it holds; of a pattern: between the back-quotes
  std::uint32_t offset = 0;
};

// The last token is `end`.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view source);

}  // namespace socle::rules::zen
