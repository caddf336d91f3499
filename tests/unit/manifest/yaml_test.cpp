#include <catch2/catch.hpp>

#include "manifest/yaml.hpp"

using namespace socle::manifest;

namespace {
std::string why(std::string_view text) {
  Problems problems("m.yaml");
  const auto root = read_yaml(text, problems);
  if (!root) CHECK_FALSE(problems.empty());
  return problems.empty() ? "accepted" : problems.error().message;
}
}  // namespace

TEST_CASE("yaml: places count lines and characters from 1", "[manifest]") {
  Problems problems("m.yaml");
  const auto root = read_yaml("a: 1\nü: {b: [x, 'y']}\n", problems);
  REQUIRE(root);
  CHECK(root->members[1].at == Place{2, 1});
  const auto* b = root->find("ü")->find("b");
  REQUIRE(b != nullptr);
  CHECK(root->find("ü")->members[0].at == Place{2, 5});
  CHECK(b->items[1].at == Place{2, 12});
  CHECK(b->items[1].quoted);
  CHECK_FALSE(b->items[0].quoted);
}

TEST_CASE("yaml: nothing is not a manifest", "[manifest]") {
  const std::string empty = "m.yaml: the file is empty; expected a manifest";
  for (const char* text : {"", " \n\n", "# only a comment\n", "---\n", "null\n", "\xEF\xBB\xBF\n"}) {
    INFO(text);
    CHECK(why(text) == empty);
  }
  CHECK(why("hello\n") == "m.yaml:1:1: expected a map of keys and values, found 'hello'");
  CHECK(why("- a\n") == "m.yaml:1:1: expected a map of keys and values, found a list");
}

TEST_CASE("yaml: a byte order mark and Windows line ends are fine", "[manifest]") {
  CHECK(why("\xEF\xBB\xBF"
            "a: 1\r\nb: 2\r\n") == "accepted");
}

TEST_CASE("yaml: all duplicate keys are reported", "[manifest]") {
  CHECK(why("a: 1\nb: {c: 1, c: {c: 1, c: 2}}\na: [1, {d: 1}]\n") ==
        "m.yaml:2:11: duplicate key 'c'; it is already set in line 2\n"
        "m.yaml:2:21: duplicate key 'c'; it is already set in line 2\n"
        "m.yaml:3:1: duplicate key 'a'; it is already set in line 1");
}

TEST_CASE("yaml: anchors, aliases, merge keys and tags are refused", "[manifest]") {
  CHECK(why("a: &x 1\n") == "m.yaml:1:4: anchors are not allowed in a manifest; write the value out");
  CHECK(why("a: &x [1]\nb: [*x, *x]\n") == "m.yaml:1:4: anchors are not allowed in a manifest; write the value out");
  CHECK(why("<<: {a: 1}\n") == "m.yaml:1:1: merge keys ('<<') are not allowed in a manifest; write the values out");
  CHECK(why("a: !!binary aGk=\n") ==
        "m.yaml:1:4: tags are not allowed in a manifest, found 'tag:yaml.org,2002:binary'");
  CHECK(why("a: !x {b: 1}\n") == "m.yaml:1:4: tags are not allowed in a manifest, found '!x'");
}

TEST_CASE("yaml: a second document is refused", "[manifest]") {
  CHECK(why("a: 1\n---\nb: 2\n") == "m.yaml: expected one YAML document, found a second one after '---'");
  CHECK(why("---\na: 1\n...\n") == "accepted");
}

TEST_CASE("yaml: keys are texts", "[manifest]") {
  CHECK(why("[a, b]: 1\n") == "m.yaml:1:1: a key must be a plain text");
  CHECK(why("? {a: 1}\n: 1\n") == "m.yaml:1:3: a key must be a plain text");
  CHECK(why("~: 1\n") == "m.yaml:1:1: a key is missing");
}

TEST_CASE("yaml: depth, count and size are bounded", "[manifest]") {
  const auto nested = [](int depth) {
    return "a: " + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "\n";
  };
  CHECK(why(nested(max_depth - 1)) == "accepted");
  CHECK(why(nested(max_depth)) == "m.yaml:1:27: a manifest is nested at most 24 deep");
  CHECK(why(nested(100'000)) == "m.yaml:1:27: a manifest is nested at most 24 deep");
  std::string many = "a: [";
  for (std::size_t i = 0; i < max_nodes; ++i) many += "1,";
  CHECK(why(many + "]\n").ends_with(": a manifest has at most 100000 values"));
  CHECK(why(std::string(max_text_bytes + 1, 'a')) ==
        "m.yaml: the file has 1048577 bytes; a manifest has at most 1048576");
}

TEST_CASE("yaml: only UTF-8 text is read", "[manifest]") {
  CHECK(why("a: \xFF\n") == "m.yaml:1:4: expected UTF-8 text without control characters, found byte 255");
  CHECK(why("ü: 1\nb: \xC3\x28\n") == "m.yaml:2:4: expected UTF-8 text without control characters, found byte 195");
  CHECK(why(std::string_view("a: \0\n", 5)) ==
        "m.yaml:1:4: expected UTF-8 text without control characters, found byte 0");
  CHECK(why("a: \xED\xA0\x80\n").ends_with("found byte 237"));  // a surrogate
  CHECK(why("a: \xC0\x80\n").ends_with("found byte 192"));      // overlong
  CHECK(why("\xFE\xFF").ends_with("found byte 254"));           // UTF-16
}

TEST_CASE("yaml: a half-written text is refused", "[manifest]") {
  CHECK(why("a: 1\nb: cel") ==
        "m.yaml:2:7: the last line has no line end, so the file may be half-written; end it with a newline");
  CHECK(why("a: {b: 1\n") == "m.yaml:2:1: not valid YAML: end of map flow not found");
  CHECK(why("a: 'b\n") == "m.yaml:2:1: not valid YAML: the file ends inside quotes");
  CHECK(why("a: \"b\n\n# c\n") == "m.yaml:4:1: not valid YAML: the file ends inside quotes");
  CHECK(why("{\"a\": 1}") == "accepted");  // JSON: its closing bracket is its end
}
