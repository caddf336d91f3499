// lexer.cpp: see the header.
#include "zen/lexer.hpp"

#include <array>

namespace socle::rules::zen {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view source) {
  std::vector<Token> out;
  std::size_t i = 0;
  const auto fail = [&](std::string message) {
    return Error{Code::invalid, "1:" + std::to_string(i + 1) + ": " + std::move(message)};
  };
  while (i < source.size()) {
    const char c = source[i];
    const auto offset = static_cast<std::uint32_t>(i);
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
    } else if (is_digit(c) ||
               (c == '.' && i + 1 < source.size() && is_digit(source[i + 1]) && (i == 0 || source[i - 1] != '.'))) {
      auto end = i;
      bool point = false;
      while (end < source.size()) {
        const char d = source[end];
        if (d == '.' && !point && end + 1 < source.size() && is_digit(source[end + 1]))
          point = true;
        else if ((d == 'e' || d == 'E') && end + 1 < source.size() &&
                 (is_digit(source[end + 1]) || ((source[end + 1] == '+' || source[end + 1] == '-') &&
                                                end + 2 < source.size() && is_digit(source[end + 2]))))
          ++end;
        else if (!is_digit(d) && d != '_')
          break;
        ++end;
      }
      std::string text;
      for (const char d : source.substr(i, end - i))
        if (d != '_') text += d;
      out.push_back({TokenKind::number, std::move(text), offset});
      i = end;
    } else if (c == '"' || c == '\'') {
      const auto end = source.find(c, i + 1);
      if (end == std::string_view::npos) return fail("the text is not closed");
      out.push_back({TokenKind::string, std::string(source.substr(i + 1, end - i - 1)), offset});
      i = end + 1;
    } else if (c == '`') {
      // ${ … } may hold anything but a back-quote of its own level.
      auto end = i + 1;
      int depth = 0;
      while (end < source.size() && (depth > 0 || source[end] != '`')) {
        if (source[end] == '{') depth += depth > 0 || source[end - 1] == '$' ? 1 : 0;
        if (source[end] == '}' && depth > 0) --depth;
        ++end;
      }
      if (end >= source.size()) return fail("the template is not closed");
      out.push_back({TokenKind::pattern, std::string(source.substr(i + 1, end - i - 1)), offset});
      i = end + 1;
    } else if (is_name_start(c)) {
      auto end = i;
      while (end < source.size() && (is_name_start(source[end]) || is_digit(source[end]))) ++end;
      out.push_back({TokenKind::name, std::string(source.substr(i, end - i)), offset});
      i = end;
    } else {
      constexpr std::array<std::string_view, 29> symbols{"==", "!=", "<=", ">=", "??", "..", "&&", "||", "<", ">",
                                                         "+",  "-",  "*",  "/",  "%",  "^",  "!",  "?",  ":", ",",
                                                         ".",  "(",  ")",  "[",  "]",  "{",  "}",  "#",  "="};
      std::string_view found;
      for (const auto symbol : symbols)
        if (found.empty() && source.substr(i, symbol.size()) == symbol) found = symbol;
      if (found.empty() && c == ';') found = ";";
      if (found.empty()) return fail("'" + std::string(1, c) + "' means nothing here");
      out.push_back({TokenKind::symbol, std::string(found), offset});
      i += found.size();
    }
    if (out.size() > 20000) return fail("the expression is too long");
  }
  out.push_back({TokenKind::end, "", static_cast<std::uint32_t>(source.size())});
  return out;
}

}  // namespace socle::rules::zen
