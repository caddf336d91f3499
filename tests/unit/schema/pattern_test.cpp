// pattern_test.cpp: each engine is chosen for its shapes and gives ECMA-262's answer.
#include "pattern.hpp"

#include <catch2/catch.hpp>
#include <string>

using socle::schema::Pattern;
using Engine = Pattern::Engine;

namespace {
Pattern make(std::string_view source) {
  auto pattern = Pattern::compile(source);
  INFO(source);
  REQUIRE(pattern);
  return std::move(*pattern);
}
bool matches(std::string_view source, std::string_view text) { return make(source).match(text) == Pattern::Match::yes; }
}  // namespace

TEST_CASE("pattern: rows of classes need no state", "[schema]") {
  for (const auto source : {"^[A-Z]{2}[0-9]{4}$", "^[0-9A-Z]{8,20}$", "^(0|[1-9][0-9]{0,11})\\.[0-9]{2}$",
                            "^\\+[1-9][0-9]{6,14}$", "^$", "^a*$", "^(a|b)c+d$"}) {
    INFO(source);
    CHECK(make(source).engine() == Engine::linear);
  }
  CHECK(matches("^(0|[1-9][0-9]{0,11})\\.[0-9]{2}$", "0.00"));
  CHECK(matches("^(0|[1-9][0-9]{0,11})\\.[0-9]{2}$", "999999999999.99"));
  CHECK_FALSE(matches("^(0|[1-9][0-9]{0,11})\\.[0-9]{2}$", "01.00"));
  CHECK_FALSE(matches("^(0|[1-9][0-9]{0,11})\\.[0-9]{2}$", "1000000000000.00"));
  CHECK_FALSE(matches("^[A-Z]{2}[0-9]{4}$", "AB1234\n"));
  CHECK(matches("^$", ""));
  CHECK_FALSE(matches("^$", "a"));
  CHECK(matches("^x[ab]*y$", "xabbay"));
  CHECK_FALSE(matches("^x[ab]*y$", "x"));
}

TEST_CASE("pattern: regular patterns become tables", "[schema]") {
  for (const auto source : {"[a-z]cole", "^(?:[a-z]+\\.)+[a-z]{2,}$", "^🐲*$", "a|^b$", "[^\\n]é"}) {
    INFO(source);
    CHECK(make(source).engine() == Engine::dfa);
  }
  CHECK(matches("^(?:[a-z]+\\.)+[a-z]{2,}$", "www.example.com"));
  CHECK_FALSE(matches("^(?:[a-z]+\\.)+[a-z]{2,}$", "example."));
  CHECK(matches("^🐲*$", "🐲🐲"));
  CHECK_FALSE(matches("^🐲*$", "🐉"));
  CHECK(matches("a|^b$", "xxa"));
  CHECK_FALSE(matches("a|^b$", "bb"));
  CHECK(matches("^.$", "😀"));
  CHECK_FALSE(matches("^.$", "\xE2\x80\xA8"));
}

TEST_CASE("pattern: what tables cannot hold goes to RE2", "[schema]") {
  const Pattern large = make("^(?:[a-z]{1,20}[0-9]{1,20}){1,20}x$");
  CHECK(large.engine() == Engine::re2);
  CHECK(large.match("ab12x") == Pattern::Match::yes);
  CHECK(large.match("ab12") == Pattern::Match::no);
  CHECK(make("\\bfoo\\b").engine() == Engine::re2);
  CHECK(matches("\\bfoo\\b", "a foo b"));
  CHECK_FALSE(matches("\\bfoo\\b", "afoob"));
}

TEST_CASE("pattern: look-around, back references and properties go to PCRE2", "[schema]") {
  CHECK(make("(?=a)").engine() == Engine::pcre2);
  CHECK(matches("^(?!.*password).{4,}$", "secret"));
  CHECK_FALSE(matches("^(?!.*password).{4,}$", "mypassword"));
  CHECK(matches("(?<=\\$)\\d+", "$42"));
  CHECK(matches("^(?<q>['\"]).*\\k<q>$", "'x'"));
  CHECK_FALSE(matches("^(?<q>['\"]).*\\k<q>$", "'x\""));
  CHECK(matches("^\\p{Lu}\\p{Script=Greek}$", "ÄΩ"));
  CHECK(matches("^[\\p{L}\\d]+$", "é1"));
  CHECK_FALSE(matches("^\\P{L}$", "é"));
  CHECK(matches("^\\1(a)$", "a"));
}

TEST_CASE("pattern: predefined classes are ECMA-262's", "[schema]") {
  CHECK(matches("^\\s$", "\xEF\xBB\xBF"));
  CHECK_FALSE(matches("^\\d$", "৪"));
  CHECK_FALSE(matches("^\\w$", "é"));
  CHECK(matches("^\\cA\\x41\\u0042\\u{1F600}\\uD83D\\uDE00$",
                "\x01"
                "AB😀😀"));
  CHECK_FALSE(matches("[]", "a"));
  CHECK(matches("^[^]$", "\n"));
  CHECK(matches("^[\\b]$", "\b"));
}

TEST_CASE("pattern: wrong syntax is refused with its byte", "[schema]") {
  const std::pair<const char*, const char*> wrong[] = {
      {"a)", "byte 2: unmatched ')'"},
      {"(", "byte 2: unclosed group"},
      {"*a", "byte 1: nothing to repeat"},
      {"[b-a]", "byte 5: a range in a character class is out of order"},
      {"[a", "byte 3: unclosed character class"},
      {"\\a", "byte 2: '\\a' is no escape of ECMA-262"},
      {"a{2,1}", "byte 1: the numbers in a {} quantifier are out of order"},
      {"(?i)a", "byte 3: '(?' must be followed by ':', '=', '!', '<=', '<!' or '<name>'"},
      {"\\k<x>", "byte 2: \\k names a group that does not exist"}};
  for (const auto& [source, message] : wrong) {
    const auto made = Pattern::compile(source);
    INFO(source);
    REQUIRE_FALSE(made);
    CHECK(made.error().message.substr(made.error().message.find(':')) ==
          std::string(message).substr(std::string(message).find(':')));
  }
  CHECK_FALSE(Pattern::compile(std::string(5000, '(') + std::string(5000, ')')));
}

TEST_CASE("pattern: escaped punctuation that real schemas contain is taken as itself", "[schema]") {
  CHECK(matches("^a\\-b\\_c\\@$", "a-b_c@"));
  CHECK(matches("^{x}$", "{x}"));
}
