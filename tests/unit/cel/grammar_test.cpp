// grammar_test.cpp: literals and commas, by the letter of cel-spec's grammar.
#include <catch2/catch.hpp>
#include <string>

#include "unit/cel/rows.hpp"

using cel_test::all_are;
using cel_test::all_fail;

namespace {
void all_parse(const std::vector<std::string>& sources, bool wanted) {
  const socle::cel::Environment env;
  for (const auto& source : sources) {
    INFO(source);
    CHECK(env.parse(source).operator bool() == wanted);
  }
}
}  // namespace

TEST_CASE("cel: number literals are those of the grammar", "[cel]") {
  all_are({{"0xfF", "255"},
           {"0xFFu", "255u"},
           {"0xffU", "255u"},
           {"-0x10", "-16"},
           {"007", "7"},
           {".5e3", "500.0"},
           {"1E+3", "1000.0"},
           {"1e-400", "0.0"},
           {"0." + std::string(400, '0') + "1", "0.0"}});
  all_fail({{"1e400", "beyond double's range"}, {"1" + std::string(400, '0') + "e-10", "beyond double's range"}});
  all_parse({"0X1F", "0X1Fu", "0x", "0xg", "1.", "1e", "1.5u", "1.5.5"}, false);
}

TEST_CASE("cel: the prefixes of strings are those of the grammar", "[cel]") {
  all_are({{R"(r'\n')", R"("\\n")"},
           {R"(R"\n")", R"("\\n")"},
           {R"(br'\n' == b'\\n' && bR'\n' == B'\\n' && Br'''\n''' == BR"\n")", "true"},
           {R"(b'\377' == b'\xFF' && b'ÿ' == b'\303\277' && '\377' == '\u00ff')", "true"},
           {R"('\U0001F431'.size() + '\`\?\'\"'.size())", "5"}});
  all_parse({R"(rb'\n')", "rB'x'", "Rb'x'", R"(RB"""x""")", "bb'x'", "rr'x'", R"(b'\u00ff')", R"(b'\U000000ff')",
             R"('\ud800')", R"('\U00110000')", R"('\400')", R"('\x4')", R"('\s')", R"(r"a\"b")"},
            false);
}

TEST_CASE("cel: a line ends alike in a text, wherever its source was written", "[cel]") {
  all_are({{"'''a\r\nb\rc\nd'''", R"("a\nb\nc\nd")"},
           {"r\"\"\"a\r\nb\"\"\"", R"("a\nb")"},
           {"b'''\r\n\r''' == b'\\n\\n'", "true"},
           {R"('''\r\n''' == '\r\n' && size('''\r\n''') == 2)", "true"},
           {"1 +\r\n1 // two\r\n", "2"}});
  all_parse({"'a\rb'", "'a\nb'", "r'a\r\nb'"}, false);
}

TEST_CASE("cel: one comma may stand at the end of a list, also of an empty one", "[cel]") {
  all_are({{"[,]", "[]"}, {"{,}", "{}"}, {"[1,]", "[1]"}, {"{'a': 1,}", "{\"a\": 1}"}});
  all_parse({"M{,}", "M{f: 1,}", "a.M{?f: 1,}"}, true);
  all_parse({"[,1]", "[1,,]", "{,'a': 1}", "{'a': 1,,}", "M{,f: 1}", "size(1,)", "size(,)"}, false);
}

TEST_CASE("cel: reserved words are no variables and no functions, but fields, methods and parts of type names",
          "[cel]") {
  all_are({{"{'if': 1, 'as': 2}.if", "1"}, {"{'package': 1}.?package.orValue(0)", "1"}});
  all_parse({"a.package()", "a.for.b", "has(a.let)", "if.as{x: 1}", ".while{}", "a.for{var: 1}"}, true);
  all_parse({"if", "as(1)", "for.b", "[1].all(let, true)", "in.b{}", "a.true{}", "a.in", "a.null"}, false);
}
