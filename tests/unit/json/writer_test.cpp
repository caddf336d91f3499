#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "socle/json.hpp"

using namespace socle;

namespace {

// What finish() says after the calls.
template <class Calls>
std::string fault(Calls calls) {
  std::string text;
  json::Writer writer(text);
  calls(writer);
  auto status = writer.finish();
  return status ? "written" : status.error().message;
}

}  // namespace

TEST_CASE("json: a writer writes commas, colons and escapes", "[json]") {
  const auto part = json::Document::parse(R"({"x":1.50})");
  std::string text = "> ";
  json::Writer w(text);
  w.begin_object().member("a", 1).key("b").begin_array().end_array().key("c").begin_array().null().boolean(false);
  w.string("q\"\\\n\x01/é").value(part->root()).number(0.5).end_array().member("d", -2).end_object();
  REQUIRE(w.finish());
  CHECK(text == R"(> {"a":1,"b":[],"c":[null,false,"q\"\\\n\u0001/é",{"x":1.50},0.5],"d":-2})");
}

TEST_CASE("json: each byte that must be escaped is, at any place of a string", "[json]") {
  for (int c = 0; c < 128; ++c) {
    for (std::size_t at = 0; at < 18; ++at) {
      std::string text(18, 'x');
      text[at] = static_cast<char>(c);
      std::string quoted;
      json::append_quoted(quoted, text);
      auto document = json::Document::parse(quoted);
      REQUIRE(document);
      CHECK(document->root().as_string() == text);
      CHECK((quoted.size() == 20) == (c >= 0x20 && c != '"' && c != '\\'));
    }
  }
}

TEST_CASE("json: texts within arrays and objects are escaped as those that stand alone", "[json]") {
  for (const char c : {'x', '"', '\\', '\n', '\x01'}) {
    for (const std::size_t before : {0, 7, 8, 250, 300, 5000}) {
      const std::string text = std::string(before, 'a') + c + std::string(9, 'b');
      std::string quoted, out = "> ";
      json::append_quoted(quoted, text);
      const std::string all = "[" + quoted + ",{" + quoted + ":" + quoted + "},[],{},true,null,-1.50]";
      const auto document = json::Document::parse(all);
      REQUIRE(document);
      json::append_text(out, document->root());
      CHECK(out == "> " + all);
    }
  }
}

TEST_CASE("json: a writer refuses calls that cannot stand where they come", "[json]") {
  CHECK(fault([](json::Writer&) {}) == "write JSON text: finish() without a value");
  CHECK(fault([](json::Writer& w) { w.begin_array(); }) == "write JSON text: finish() with a container still open");
  CHECK(fault([](json::Writer& w) { w.null().null(); }) ==
        "write JSON text: a second value after the root; put both into an array or object");
  CHECK(fault([](json::Writer& w) { w.begin_object().null(); }) ==
        "write JSON text: a value in an object without a key(); call key() first");
  CHECK(fault([](json::Writer& w) { w.begin_array().key("a"); }) ==
        "write JSON text: key() outside an object or after a key() without its value");
  CHECK(fault([](json::Writer& w) { w.begin_object().end_array(); }) ==
        "write JSON text: end_array() outside an array");
  CHECK(fault([](json::Writer& w) { w.begin_object().key("a").end_object(); }) ==
        "write JSON text: end_object() outside an object or after a key() without its value");
  CHECK(fault([](json::Writer& w) { w.string("\xFF"); }) == "write JSON text: a string that is not UTF-8");
  CHECK(fault([](json::Writer& w) { w.begin_object().key("\xFF"); }) ==
        "write JSON text: a member name that is not UTF-8");
  CHECK(fault([](json::Writer& w) { w.number_text("1."); }) == "write JSON text: '1.' is not a JSON number");
  CHECK(fault([](json::Writer& w) { w.number(-std::numeric_limits<double>::infinity()); }) ==
        "write JSON text: a number that is not finite");
  CHECK(fault([](json::Writer& w) { w.value({}); }) == "write JSON text: an absent view; check exists() first");
}

TEST_CASE("json: pretty text has a member or element a line", "[json]") {
  const auto document = json::Document::parse(R"({"a":[1,{"b":[]}],"c":{}})");
  CHECK(json::to_pretty_text(document->root()) ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}
