#include <catch2/catch.hpp>
#include <string>

#include "socle/json.hpp"

using namespace socle;

namespace {

std::string found(json::View root, std::string_view pointer) {
  auto value = json::resolve(root, pointer);
  return value ? json::to_text(*value) : value.error().message;
}

}  // namespace

TEST_CASE("json: the examples of RFC 6901 resolve", "[json]") {
  const auto document = json::Document::parse(
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
  const auto root = document->root();
  CHECK(found(root, "") == json::to_text(root));
  CHECK(found(root, "/foo") == R"(["bar","baz"])");
  CHECK(found(root, "/foo/0") == "\"bar\"");
  const std::string pointers[] = {"/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"};
  for (std::size_t i = 0; i < std::size(pointers); ++i) {
    CHECK(found(root, pointers[i]) == std::to_string(i));
    auto parsed = json::Pointer::parse(pointers[i]);
    REQUIRE(parsed);
    CHECK(parsed->text() == pointers[i]);
    CHECK(parsed->resolve(root).as_uint64() == i);
  }
}

TEST_CASE("json: a pointer that leads nowhere says where it ends", "[json]") {
  const auto document = json::Document::parse(R"({"a":{"b":[1,2]}})");
  const auto root = document->root();
  CHECK(found(root, "/a/x") == "JSON pointer '/a/x': the object at '/a' has no member 'x'");
  CHECK(found(root, "/a/b/2") == "JSON pointer '/a/b/2': the array at '/a/b' has 2 elements, no '2'");
  CHECK(found(root, "/a/b/0/c") ==
        "JSON pointer '/a/b/0/c': the value at '/a/b/0' is an integer, it has nothing inside");
  CHECK(json::resolve(root, "/x").error().code == Code::not_found);
  CHECK_FALSE(json::Pointer::parse("/a/b/-")->resolve(root));
}

TEST_CASE("json: malformed pointers are refused", "[json]") {
  const auto refusal = [](std::string_view text) { return json::Pointer::parse(text).error().message; };
  CHECK(refusal("a") == "JSON pointer 'a': expected '/' or nothing at its start");
  CHECK(refusal("/a~") == "JSON pointer '/a~': '~' must be followed by 0 (for ~) or 1 (for /)");
  CHECK(refusal("/a~2") == "JSON pointer '/a~2': '~' must be followed by 0 (for ~) or 1 (for /)");
  std::string deep;
  for (int i = 0; i < 1025; ++i) deep += "/a";
  CHECK(refusal(deep).ends_with("more than 1024 tokens"));
}

TEST_CASE("json: an array index has no sign and no leading zero", "[json]") {
  CHECK(json::array_index("0") == 0);
  CHECK(json::array_index("10") == 10);
  for (const char* text : {"", "-", "-1", "+1", "01", "1e0", "1.0", "99999999999999999999", " 1"})
    CHECK(json::array_index(text) == json::View::none);
}

TEST_CASE("json: pointers are built token by token", "[json]") {
  json::Pointer pointer;
  pointer.push("a/b").push(std::size_t{3}).push("~");
  CHECK(pointer.text() == "/a~1b/3/~0");
  pointer.pop();
  CHECK(pointer.text() == "/a~1b/3");
  CHECK(json::Pointer().empty());
}
