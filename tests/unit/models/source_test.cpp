// source_test.cpp: model text: what it means as JSON, what is refused, and the way back to line and column.
#include <catch2/catch.hpp>

#include "socle/json/writer.hpp"
#include "source/source.hpp"

using namespace socle;
using models::Diagnostic;
using models::Media;
using models::Source;

namespace {

struct Read {
  std::optional<Source> source;
  std::vector<Diagnostic> problems;
};
Read read(const std::string& text, Media media = Media::yaml) {
  Read out;
  out.source = Source::read(text, media, out.problems);
  return out;
}
std::string json_of(const std::string& text, Media media = Media::yaml) {
  const Read out = read(text, media);
  return out.source ? json::to_text(out.source->root())
                    : "refused: " + (out.problems.empty() ? "" : out.problems[0].message);
}
// "LINE:COLUMN code" of the only problem.
std::string only_problem(const std::string& text, Media media = Media::yaml) {
  const Read out = read(text, media);
  if (out.source || out.problems.size() != 1) return std::to_string(out.problems.size()) + " problems";
  const Diagnostic& d = out.problems[0];
  return std::to_string(d.at.line) + ":" + std::to_string(d.at.column) + " " + d.code;
}
std::string place(const std::string& text, const std::string& pointer, std::optional<std::size_t> offset = {},
                  std::string code = "x", Media media = Media::yaml) {
  const Read out = read(text, media);
  if (!out.source) return "refused";
  std::vector<Diagnostic> one{{pointer, std::move(code), "", true, offset}};
  out.source->find_places(one);
  return std::to_string(one[0].at.line) + ":" + std::to_string(one[0].at.column);
}

}  // namespace

TEST_CASE("source: YAML scalars mean what the core schema says", "[models]") {
  CHECK(json_of("a: 1\nb: -2.50\nc: +3\nd: .5\ne: 6.\nf: 1e3\ng: 0x1f\nh: 0o17\n") ==
        R"({"a":1,"b":-2.50,"c":3,"d":0.5,"e":6,"f":1e3,"g":31,"h":15})");
  CHECK(json_of("a: true\nb: False\nc: yes\nd: ~\ne:\nf: null\ng: 'null'\nh: \"1\"\n") ==
        R"({"a":true,"b":false,"c":"yes","d":null,"e":null,"f":null,"g":"null","h":"1"})");
  CHECK(json_of("a: 1.2.3\nb: '- x'\nc: 2026-01-31\nd: 12:30\ne: 1_000\nf: 0x\n") ==
        R"({"a":"1.2.3","b":"- x","c":"2026-01-31","d":"12:30","e":"1_000","f":"0x"})");
  CHECK(json_of("a: 123456789012345678901234567890\nb: 0.1000\n") ==
        R"({"a":123456789012345678901234567890,"b":0.1000})");
}

TEST_CASE("source: a number that JSON cannot mean is refused at its place", "[models]") {
  CHECK(only_problem("a: 1\nb: .nan\n") == "2:4 bad_number");
  CHECK(only_problem("a: [1, -.inf]\n") == "1:8 bad_number");
  CHECK(only_problem("zip: 01234\n") == "1:6 bad_number");
}

TEST_CASE("source: anchors, aliases, merge keys, tags are refused where they stand", "[models]") {
  CHECK(only_problem("a: &x [1]\nb: *x\n").ends_with("alias"));
  CHECK(only_problem("a: 1\nb: *x\n").ends_with("syntax"));
  CHECK(only_problem("a:\n  <<: {b: 1}\n") == "2:3 alias");
  CHECK(only_problem("a: !!str 3\n").ends_with("tag"));
}

TEST_CASE("source: every duplicate key is told, with its place and the first one's line", "[models]") {
  const Read out = read("a: 1\nb: {c: 1, c: 2}\na: 2\n");
  REQUIRE(out.problems.size() == 2);
  CHECK_FALSE(out.source.has_value());
  CHECK(out.problems[0].pointer == "/b/c");
  CHECK(out.problems[0].at.line == 2);
  CHECK(out.problems[0].at.column == 11);
  CHECK(out.problems[1].message == "key 'a' is set twice, first in line 1; keep one of the two");
  CHECK(only_problem(R"({"a": 1,
 "a": 2})",
                     Media::json) == "2:2 syntax");
}

TEST_CASE("source: depth, count and size are bounded", "[models]") {
  CHECK(only_problem("a: " + std::string(70, '[') + std::string(70, ']') + "\n").ends_with("too_deep"));
  CHECK(only_problem("a: " + std::string(100'000, '[') + "\n").ends_with("too_deep"));
  CHECK(only_problem(std::string(100'000, '[')).ends_with("too_deep"));
  std::string dashes;
  for (int i = 0; i < 2'000; ++i) dashes += "- ";
  CHECK(only_problem(dashes + "\n").ends_with("too_deep"));
  CHECK(only_problem("a: [" + std::string(120'000, ',') + "]\n").find("problems") == std::string::npos);
  std::string many = "a: [0";
  for (int i = 0; i < 60'000; ++i) many += ",0";
  CHECK(only_problem(many + "]\n").ends_with("too_large"));
  CHECK(only_problem("a: " + std::string(models::max_size, 'x') + "\n").ends_with("too_large"));
  CHECK(only_problem(std::string(100, '[') + std::string(100, ']'), Media::json).ends_with("syntax"));
}

TEST_CASE("source: what is no map, no text or no single document is refused", "[models]") {
  CHECK(only_problem("- a\n").ends_with("not_a_map"));
  CHECK(only_problem("").ends_with("syntax"));
  CHECK(only_problem("a: 1\n---\nb: 2\n").ends_with("syntax"));
  CHECK(only_problem("a: 1\n...\n") == "0 problems");
  CHECK(only_problem("a: \"open\n") == "2:1 syntax");
  CHECK(only_problem("a: b\x01\n") == "1:5 syntax");
  CHECK(only_problem("é: \xff\n") == "1:4 syntax");
  CHECK(only_problem("{a: 1\n") != "0 problems");
  CHECK(only_problem("~: 1\n") == "1:1 bad_key");
  CHECK(only_problem("[a]: 1\n").ends_with("bad_key"));
}

TEST_CASE("source: a pointer leads to the value, the key, or the nearest thing that is there", "[models]") {
  const std::string text = "rules: loan\nsteps:\n  - {table: é, hit: F}\n  - set: x\n    expr: \"a + b\"\n";
  CHECK(place(text, "") == "1:1");
  CHECK(place(text, "/rules") == "1:8");
  CHECK(place(text, "/steps/0/hit") == "3:21");
  CHECK(place(text, "/steps/1/expr") == "5:11");
  CHECK(place(text, "/steps/1/expr", {}, "unknown_key") == "5:5");
  CHECK(place(text, "/steps/1/missing") == "4:5");
  CHECK(place(text, "/nothing/at/all") == "1:1");
  CHECK(place(text, "/rules/x") == "1:1");
  CHECK(place("a:\nb: 1\n", "/a") == "1:1");
}

TEST_CASE("source: an offset in a string leads to its line and column, whatever the style", "[models]") {
  CHECK(place("e: abc def\n", "/e", 4) == "1:8");
  CHECK(place("e: \"abc def\"\n", "/e", 4) == "1:9");
  CHECK(place("e: \"a\\u00e9\\n<\"\n", "/e", 4) == "1:14");
  CHECK(place("e: 'it''s <'\n", "/e", 5) == "1:11");
  CHECK(place("e: a\n  b\n  <\n", "/e", 4) == "3:3");
  CHECK(place("e: \"a\n\n   <\"\n", "/e", 2) == "3:4");
  CHECK(place("e: \"a\\\n   <\"\n", "/e", 1) == "2:4");
  CHECK(place("e: |\n  a b\n  c <\n", "/e", 6) == "3:5");
  CHECK(place("e: |\n\n  a\n    b <\n", "/e", 7) == "4:7");
  CHECK(place("e: >-\n  a b\n  c <\n", "/e", 6) == "3:5");
  CHECK(place("e: >-\n  a\n\n  <\n", "/e", 2) == "4:3");
  CHECK(place("e: ä ö <\n", "/e", 6) == "1:8");
  CHECK(place("e: abc\n", "/e", 999) == "1:7");
}

TEST_CASE("source: JSON has places too", "[models]") {
  const std::string text = "{\n \"a\": [1, {\"b\\n\": \"x\\ud83d\\ude00 <\"}],\n \"c\": null}";
  CHECK(place(text, "/a/0", {}, "x", Media::json) == "2:8");
  CHECK(place(text, "/a/1/b\n", {}, "x", Media::json) == "2:19");
  CHECK(place(text, "/a/1/b\n", 6, "x", Media::json) == "2:34");
  CHECK(place(text, "/c", {}, "unknown_key", Media::json) == "3:2");
  CHECK(json_of(text, Media::json) == "{\"a\":[1,{\"b\\n\":\"x\xF0\x9F\x98\x80 <\"}],\"c\":null}");
}

TEST_CASE("source: diagnostics come top to bottom and once", "[models]") {
  std::vector<Diagnostic> list{{"/b", "x", "two", true, {}, {2, 1}},
                               {"/a", "x", "one", true, {}, {1, 4}},
                               {"/b", "x", "again", true, {}, {2, 1}},
                               {"/b", "x", "else", false, 3, {2, 3}}};
  models::put_in_order(list);
  CHECK(models::diagnostics_text(list, false) ==
        R"([{"line":1,"column":4,"pointer":"/a","code":"x","message":"one","severity":"error"},)"
        R"({"line":2,"column":1,"pointer":"/b","code":"x","message":"two","severity":"error"},)"
        R"({"line":2,"column":3,"pointer":"/b","code":"x","message":"else","severity":"warning"}])");
  CHECK(models::has_errors(list));
}
