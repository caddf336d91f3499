#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "socle/json.hpp"

using namespace socle;

namespace {

std::string refusal(std::string_view text, const json::ParseOptions& options = {}) {
  auto document = json::Document::parse(text, options);
  return document ? "accepted" : document.error().message;
}

std::string round_trip(std::string_view text) {
  auto document = json::Document::parse(text);
  REQUIRE(document);
  REQUIRE(json::verify(document->bytes()));
  return json::to_text(document->root());
}

}  // namespace

TEST_CASE("json: white space is dropped and all else kept as written", "[json]") {
  CHECK(round_trip(" { \"a\" : [ 1 , -0 , 1.50 , 1E400 , true , false , null , \"x\" ] , \"b\" : { } , \"c\":[ ] } ") ==
        R"({"a":[1,-0,1.50,1E400,true,false,null,"x"],"b":{},"c":[]})");
}

TEST_CASE("json: a lone scalar is a document", "[json]") {
  for (const std::string text : {"0", "-1.5e3", "true", "false", "null", R"("")", R"("x")"}) {
    CHECK(round_trip(text) == text);
    CHECK(round_trip(" \n\t" + text + "\r ") == text);
  }
}

TEST_CASE("json: escapes are decoded, also pairs of surrogates and U+0000", "[json]") {
  auto document = json::Document::parse(R"("\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\uD834\uDD1E plain é")");
  REQUIRE(document);
  CHECK(document->root().as_string() ==
        std::string_view("\"\\/\b\f\n\r\t\0\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E plain \xC3\xA9", 27));
}

TEST_CASE("json: strings of every length and alignment are kept", "[json]") {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string text(size, 'a');
    const std::string with_escape = text + "\\n" + text;
    CHECK(round_trip("[\"" + text + "\"]") == "[\"" + text + "\"]");
    CHECK(round_trip("[\"" + with_escape + "\",1]") == "[\"" + with_escape + "\",1]");
    CHECK(round_trip("{\"" + with_escape + "\":\"" + text + "\"}") == "{\"" + with_escape + "\":\"" + text + "\"}");
  }
}

TEST_CASE("json: nothing is read past the end of the text", "[json]") {
  // Each text lies in an allocation of its exact size, so that the sanitizer build would see it.
  for (const std::string text :
       {"12", "-", "1.", "1e", "t", "tru", "\"", "\"a", "[1", "{\"a\":12", "[\"a\\", "nul", "["}) {
    const std::unique_ptr<char[]> exact(new char[text.size()]);
    text.copy(exact.get(), text.size());
    CHECK(json::Document::parse({exact.get(), text.size()}).has_value() == (text == "12"));
  }
}

TEST_CASE("json: an error names line, column, byte and reason", "[json]") {
  CHECK(refusal("") == "line 1, column 1 (byte 0): expected a value, found the end of the text");
  CHECK(refusal("{\n  \"é\": 1,\n  \"ü\" 2\n}") ==
        "line 3, column 7 (byte 20): expected ':' after the member name, found '2'");
  CHECK(refusal("[1,]") == "line 1, column 4 (byte 3): expected a value, found ']'");
  CHECK(refusal("{\"a\":1,}") == "line 1, column 8 (byte 7): expected a member name in double quotes, found '}'");
  CHECK(refusal("[1 2]") == "line 1, column 4 (byte 3): expected ',' or ']' after the element, found '2'");
  CHECK(refusal("{\"a\":1]") == "line 1, column 7 (byte 6): expected ',' or '}' after the member, found ']'");
  CHECK(refusal("[1]]") == "line 1, column 4 (byte 3): expected the end of the text after the value, found ']'");
  CHECK(refusal("[01]") == "line 1, column 2 (byte 1): a number must not start with a zero before other digits");
  CHECK(refusal("[1.]") == "line 1, column 4 (byte 3): expected a digit after the decimal point, found ']'");
  CHECK(refusal("[truex]") == "line 1, column 6 (byte 5): the literal runs into 'x'");
  CHECK(refusal("[\"a\nb\"]") ==
        "line 1, column 4 (byte 3): a control character in a string must be escaped, found byte 0x0a");
  CHECK(refusal("[\"a") == "line 1, column 2 (byte 1): the string that starts here has no closing '\"'");
  CHECK(refusal("[\"\xFF\"]") == "line 1, column 3 (byte 2): not UTF-8, found byte 0xff");
  CHECK(refusal("[\"\\x\"]") == "line 1, column 4 (byte 3): unknown escape: '\\' followed by 'x'");
  CHECK(refusal("\xEF\xBB\xBF{}") ==
        "line 1, column 1 (byte 0): a byte-order mark; JSON text starts with a value, remove the three bytes EF BB BF");
}

TEST_CASE("json: half a surrogate pair is refused", "[json]") {
  for (const std::string text :
       {R"("\uD800")", R"("\uDC00")", R"("\uD800\uD800")", R"("\uD800x")", R"("\uDC00\uD800")"}) {
    CHECK(refusal("[" + text + "]") ==
          "line 1, column 3 (byte 2): half a surrogate pair; write \\uD800-\\uDBFF followed by \\uDC00-\\uDFFF, or the "
          "character itself");
  }
}

TEST_CASE("json: a NUL or other control byte between tokens is refused", "[json]") {
  using namespace std::string_view_literals;
  for (const auto text : {"[1\0]"sv, "1\0"sv, "\0"sv,
                          "[1\x1A"sv
                          "2]"sv,
                          "{\"a\"\x1A"sv
                          "1}"sv,
                          "[1\x0C"sv
                          "2]"sv,
                          "[1,\x0B"
                          "2]"sv})
    CHECK_FALSE(json::Document::parse(text));
}

TEST_CASE("json: a failed parse sets the position for programs", "[json]") {
  json::Position where;
  REQUIRE_FALSE(json::Document::parse("[\n  1,\n  x]", {}, &where));
  CHECK(where.offset == 9);
  CHECK(where.line == 3);
  CHECK(where.column == 3);
}

TEST_CASE("json: nesting is bounded, whatever the text", "[json]") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(refusal(nested(512)) == "accepted");
  CHECK(refusal(nested(513)) == "line 1, column 513 (byte 512): nested deeper than 512 levels; flatten the value");
  CHECK(json::Document::parse(nested(100'000)).error().code == Code::too_large);
  CHECK(json::Document::parse(std::string(100'000, '[')).error().code == Code::too_large);
  CHECK(refusal(nested(3), {.max_depth = 2}) ==
        "line 1, column 3 (byte 2): nested deeper than 2 levels; flatten the value");
  CHECK(refusal("[[{}]]", {.max_depth = 2}).ends_with("nested deeper than 2 levels; flatten the value"));
  CHECK(json::Document::parse(nested(1024), {.max_depth = 1'000'000}));
  CHECK_FALSE(json::Document::parse(nested(1025), {.max_depth = 1'000'000}));
}

TEST_CASE("json: size and members are bounded", "[json]") {
  auto large = json::Document::parse("[1,2,3]", {.max_size = 6});
  REQUIRE_FALSE(large);
  CHECK(large.error().code == Code::too_large);
  CHECK(large.error().message == "the JSON text has 7 bytes, at most 6 are accepted");
  CHECK(refusal(R"({"a":1,"b":{"x":1},"c":3})", {.max_members = 2}) ==
        "line 1, column 20 (byte 19): the object has more than 2 members");
}

TEST_CASE("json: of equal names the last value wins at the first one's place", "[json]") {
  CHECK(round_trip(R"({"a":1,"b":[1,2],"a":{"x":3}})") == R"({"a":{"x":3},"b":[1,2]})");
  CHECK(round_trip(R"({"a":{"b":1,"b":2},"a":{"b":3,"c":4,"b":5}})") == R"({"a":{"b":5,"c":4}})");
  CHECK(round_trip(R"({"a":1,"\u0061":2})") == R"({"a":2})");
}

TEST_CASE("json: equal names are refused on request, with the second one's place", "[json]") {
  const json::ParseOptions strict{.duplicates = json::Duplicates::refuse};
  CHECK(refusal(R"({"a":1,"b":{"x":1,"y":2,"x":3}})", strict) ==
        "line 1, column 25 (byte 24): the object already has a member of this name");
  CHECK(refusal(R"({"a":1,"b":{"a":2}})", strict) == "accepted");
}

TEST_CASE("json: a parser may be used again after any text", "[json]") {
  json::Parser parser;
  CHECK(parser.parse(R"({"a":[1,2,{"b":3}]})"));
  CHECK_FALSE(parser.parse(R"({"a":[1,2,{"b":3)"));
  CHECK(json::to_text(parser.parse(R"({"a":1,"a":2})")->root()) == R"({"a":2})");
  const std::string large = "[\"" + std::string(3'000'000, 'x') + "\"]";
  CHECK(json::to_text(parser.parse(large)->root()) == large);
  auto bytes = parser.flatten("[7]");
  REQUIRE(bytes);
  CHECK(json::open(*bytes).at(0).as_int64() == 7);
  CHECK(parser.retained() < std::size_t{4} << 20);
}
