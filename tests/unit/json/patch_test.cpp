#include <catch2/catch.hpp>
#include <string>

#include "socle/json.hpp"

using namespace socle;

namespace {

json::Document parse(std::string_view text) {
  auto document = json::Document::parse(text);
  REQUIRE(document);
  return *std::move(document);
}

std::string patched(std::string_view text, std::string_view operations, const json::PatchOptions& options = {}) {
  const auto document = parse(text);
  const auto before = std::string(document.bytes());
  const auto patch = parse(operations);
  auto result = json::apply_patch(document.root(), patch.root(), options);
  CHECK(document.bytes() == before);
  if (!result) return result.error().message;
  CHECK(json::verify(result->bytes()));
  return json::to_text(result->root());
}

std::string merged(std::string_view text, std::string_view patch) {
  const auto document = parse(text);
  const auto changes = parse(patch);
  auto result = json::merge_patch(document.root(), changes.root());
  REQUIRE(result);
  CHECK(json::verify(result->bytes()));
  return json::to_text(result->root());
}

std::string difference(std::string_view from, std::string_view to) {
  const auto a = parse(from);
  const auto b = parse(to);
  const auto patch = json::diff(a.root(), b.root());
  auto result = json::apply_patch(a.root(), patch.root());
  REQUIRE(result);
  CHECK(json::equal(result->root(), b.root()));
  return json::to_text(patch.root());
}

}  // namespace

TEST_CASE("json: a patch adds, replaces, removes, moves, copies and tests", "[json]") {
  CHECK(patched(R"({"a":1})", R"([{"op":"add","path":"/b","value":[1.0]}])") == R"({"a":1,"b":[1.0]})");
  CHECK(patched(R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])") == R"({"a":2})");
  CHECK(patched("[1,2]", R"([{"op":"add","path":"/1","value":9},{"op":"add","path":"/-","value":8}])") == "[1,9,2,8]");
  CHECK(patched("[1]", R"([{"op":"add","path":"/1","value":2}])") == "[1,2]");
  CHECK(patched(R"({"a":{"b":1}})", R"([{"op":"replace","path":"/a/b","value":null}])") == R"({"a":{"b":null}})");
  CHECK(patched("1", R"([{"op":"replace","path":"","value":[2]}])") == "[2]");
  CHECK(patched(R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])") == R"({"b":2})");
  CHECK(patched("[1,2,3]", R"([{"op":"remove","path":"/1"}])") == "[1,3]");
  CHECK(patched(R"({"a":[1],"b":{}})", R"([{"op":"move","from":"/a/0","path":"/b/c"}])") == R"({"a":[],"b":{"c":1}})");
  CHECK(patched(R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}])") ==
        R"({"a":[1],"b":[1,2]})");
  CHECK(patched(R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])") == R"({"a":1})");
  CHECK(patched(R"({"a":[10e-1,{"x":2,"y":3}]})", R"([{"op":"test","path":"/a","value":[1,{"y":3.0,"x":2}]}])") ==
        R"({"a":[10e-1,{"x":2,"y":3}]})");
}

TEST_CASE("json: a test sees what earlier operations made", "[json]") {
  CHECK(patched(R"({"a":{"b":1}})", R"([{"op":"add","path":"/a/c","value":2},
        {"op":"test","path":"/a","value":{"c":2,"b":1}}])") == R"({"a":{"b":1,"c":2}})");
}

TEST_CASE("json: a patch that does not fit fails as a whole and says which operation", "[json]") {
  CHECK(patched("{}", R"([{"op":"add","path":"/a","value":1},{"op":"remove","path":"/b"}])") ==
        "operation 1 (remove /b): at '/b' there is no such member");
  CHECK(patched("[1]", R"([{"op":"replace","path":"/1","value":1}])") ==
        "operation 0 (replace /1): at '/1' there is no such element, the array has 1");
  CHECK(patched("[1]", R"([{"op":"add","path":"/3","value":1}])") ==
        "operation 0 (add /3): at '/3' nothing can be inserted, the array has 1 elements; use an index up to that "
        "number, or -");
  CHECK(patched(R"({"a":1})", R"([{"op":"add","path":"/a/b","value":1}])") ==
        "operation 0 (add /a/b): at '/a' there is an integer, nothing can be added to it");
  CHECK(patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])") ==
        "operation 0 (test /a): the value there is not the one that was expected");
  CHECK(patched(R"({"a":{}})", R"([{"op":"move","from":"/a","path":"/a/b"}])") ==
        "operation 0 (move /a/b): a value cannot be moved into itself");
  CHECK(patched("1", R"([{"op":"remove","path":""}])") ==
        "operation 0 (remove ): at '' is the whole document, which cannot be removed; replace it");
}

TEST_CASE("json: a malformed patch is refused", "[json]") {
  CHECK(patched("1", "{}") == "a JSON Patch is an array of operations, found an object");
  CHECK(patched("1", "[1]") == "operation 0 ( ): is no object");
  CHECK(patched("1", R"([{"path":""}])") == "operation 0 ( ): needs a string member 'op'");
  CHECK(patched("1", R"([{"op":"spam","path":""}])") ==
        "operation 0 (spam ): unknown op; known are add, remove, replace, move, copy and test");
  CHECK(patched("1", R"([{"op":"add","value":1}])") == "operation 0 (add ): needs a string member 'path', found none");
  CHECK(patched("1", R"([{"op":"add","path":3}])") ==
        "operation 0 (add ): needs a string member 'path', found an integer");
  CHECK(patched("1", R"([{"op":"add","path":""}])") == "operation 0 (add ): needs a member 'value', found none");
  CHECK(patched("1", R"([{"op":"add","path":"x","value":1}])") ==
        "operation 0 (add x): JSON pointer 'x': expected '/' or nothing at its start");
  const auto document = parse("{}");
  CHECK(json::apply_patch(document.root(), parse("1").root()).error().code == Code::invalid);
  CHECK(json::apply_patch(document.root(), parse(R"([{"op":"remove","path":"/a"}])").root()).error().code ==
        Code::conflict);
}

TEST_CASE("json: a patch that doubles the document each step is stopped", "[json]") {
  std::string operations = "[";
  for (int i = 0; i < 60; ++i)
    operations += std::string(i ? "," : "") + R"({"op":"copy","from":"","path":"/m)" + std::to_string(i) + "\"}";
  CHECK(patched("{}", operations + "]", {.max_work = 1'000'000})
            .ends_with("the patch needs more work than is allowed; split it, or replace whole values"));
}

TEST_CASE("json: a patch cannot nest past the limit", "[json]") {
  std::string operations = "[";
  for (int i = 0; i < 1100; ++i) operations += std::string(i ? "," : "") + R"({"op":"copy","from":"","path":"/0"})";
  CHECK(patched("[]", operations + "]").find("more work than is allowed") != std::string::npos);
  std::string path;
  for (int i = 0; i < 1023; ++i) path += "/0";
  const auto deep = json::Document::parse(std::string(1024, '[') + std::string(1024, ']'), {.max_depth = 1024});
  REQUIRE(deep);
  const auto inside = parse(R"([{"op":"add","path":")" + path + R"(/0","value":1}])");
  CHECK(json::apply_patch(deep->root(), inside.root()));
  const auto beyond = parse(R"([{"op":"add","path":")" + path + R"(/0","value":[]}])");
  CHECK(json::apply_patch(deep->root(), beyond.root()).error().message.ends_with("nested deeper than 1024 levels"));
}

TEST_CASE("json: operations are counted", "[json]") {
  CHECK(patched("1", R"([{"op":"test","path":"","value":1},{"op":"test","path":"","value":1}])",
                {.max_operations = 1}) == "the patch has 2 operations, at most 1 are accepted");
}

TEST_CASE("json: a merge patch changes, adds and removes members", "[json]") {
  CHECK(merged(R"({"a":"b","c":{"d":"e","f":"g"}})", R"({"a":"z","c":{"f":null},"n":{"x":null,"y":1}})") ==
        R"({"a":"z","c":{"d":"e"},"n":{"y":1}})");
  CHECK(merged(R"({"a":[1]})", R"([{"x":null}])") == R"([{"x":null}])");
  CHECK(merged("[1]", R"({"a":{"b":null}})") == R"({"a":{}})");
  CHECK(merged(R"({"a":1})", "null") == "null");
}

TEST_CASE("json: a diff names only what differs", "[json]") {
  CHECK(difference(R"({"a":1,"b":[1,2]})", R"({"b":[1.0,2],"a":1e0})") == "[]");
  CHECK(difference(R"({"keep":"this long text","a":1})", R"({"keep":"this long text","a":2})") ==
        R"([{"op":"replace","path":"/a","value":2}])");
  CHECK(difference(R"({"keep":"this is a very long text that is not worth repeating","a/b":1})",
                   R"({"keep":"this is a very long text that is not worth repeating","c":2})") ==
        R"([{"op":"remove","path":"/a~1b"},{"op":"add","path":"/c","value":2}])");
  const std::string rest = R"("an element that is long enough","and another one, also long enough","a third of them")";
  CHECK(difference("[" + rest + "]", "[0," + rest + "]") == R"([{"op":"add","path":"/0","value":0}])");
  CHECK(difference("[0," + rest + "]", "[" + rest + "]") == R"([{"op":"remove","path":"/0"}])");
  CHECK(difference("[1]", "{}") == R"([{"op":"replace","path":"","value":{}}])");
}

TEST_CASE("json: a diff replaces a value when single changes would be longer", "[json]") {
  CHECK(difference("[1,2,3,4,5]", "[6,7,8,9,10]") == R"([{"op":"replace","path":"","value":[6,7,8,9,10]}])");
}
