#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "socle/json.hpp"

using namespace socle;

namespace {

std::string fault(json::Builder& builder) {
  auto document = builder.finish();
  return document ? "built" : document.error().message;
}

}  // namespace

TEST_CASE("json: a builder makes the very document that its text parses to", "[json]") {
  const auto spliced = json::Document::parse(R"([1.50,{"x":[]}])");
  json::Builder b;
  b.begin_object().member("id", 7).member("big", std::uint64_t{18446744073709551615u}).member("half", 0.5);
  b.member("name", "é").member("ok", true).member("none", nullptr).member("part", spliced->root());
  b.key("raw").number_text("1E400").key("list").begin_array().string("").integer(-3).end_array().end_object();
  auto document = b.finish();
  REQUIRE(document);
  const std::string text = R"({"id":7,"big":18446744073709551615,"half":0.5,"name":"é","ok":true,"none":null,)"
                           R"("part":[1.50,{"x":[]}],"raw":1E400,"list":["",-3]})";
  CHECK(json::to_text(document->root()) == text);
  CHECK(document->bytes() == json::Document::parse(text)->bytes());
}

TEST_CASE("json: a builder of many members indexes them and drops equal names", "[json]") {
  json::Builder b;
  b.begin_object();
  for (int i = 0; i < 1000; ++i) b.member("m" + std::to_string(i % 500), i);
  b.end_object();
  auto document = b.finish();
  REQUIRE(document);
  CHECK(json::verify(document->bytes()));
  CHECK(document->root().size() == 500);
  CHECK(document->root().find("m7").as_int64() == 507);
  CHECK(document->root().key_at(7).text() == "m7");
}

TEST_CASE("json: a builder keeps its first fault and is empty afterwards", "[json]") {
  json::Builder b;
  b.begin_object().integer(1).end_array();
  CHECK(fault(b) == "build a JSON document: a value in an object without a key(); call key() first");
  CHECK(b.integer(1).finish());
}

TEST_CASE("json: a builder refuses calls that cannot stand where they come", "[json]") {
  json::Builder b;
  CHECK(fault(b) == "build a JSON document: finish() without a value");
  CHECK(fault(b.begin_array()) == "build a JSON document: finish() with a container still open");
  CHECK(fault(b.integer(1).integer(2)) ==
        "build a JSON document: a second value after the root; put both into an array or object");
  CHECK(fault(b.begin_array().end_object()) == "build a JSON document: end_object() outside an object");
  CHECK(fault(b.begin_object().end_array()) == "build a JSON document: end_array() outside an array");
  CHECK(fault(b.begin_object().key("a").end_object()) ==
        "build a JSON document: end_object() after a key() without its value");
  CHECK(fault(b.begin_object().key("a").key("b")) == "build a JSON document: key() after a key() without its value");
  CHECK(fault(b.begin_array().key("a")) == "build a JSON document: key() outside an object");
}

TEST_CASE("json: a builder refuses what JSON cannot hold", "[json]") {
  json::Builder b;
  CHECK(fault(b.string("\xC3")) == "build a JSON document: a string that is not UTF-8");
  CHECK(fault(b.string("\xED\xA0\x80")) == "build a JSON document: a string that is not UTF-8");
  CHECK(fault(b.number(std::numeric_limits<double>::infinity())) ==
        "build a JSON document: a number that is not finite");
  CHECK(fault(b.number(std::numeric_limits<double>::quiet_NaN())) ==
        "build a JSON document: a number that is not finite");
  CHECK(fault(b.number_text("01")) == "build a JSON document: '01' is not a JSON number");
  CHECK(fault(b.number_text("")) == "build a JSON document: '' is not a JSON number");
  CHECK(fault(b.value(json::View())) == "build a JSON document: an absent view; check exists() first");
}

TEST_CASE("json: a builder's nesting is bounded, also by what is spliced in", "[json]") {
  json::Builder b;
  for (int i = 0; i < 1025; ++i) b.begin_array();
  CHECK(fault(b) == "build a JSON document: nested deeper than 1024 levels");
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  auto document = json::Document::parse(deep, {.max_depth = 1024});
  for (int i = 0; i < 24; ++i) b.begin_array();
  b.value(document->root());
  for (int i = 0; i < 24; ++i) b.end_array();
  CHECK(fault(b) == "built");
  for (int i = 0; i < 25; ++i) b.begin_array();
  CHECK(fault(b.value(document->root())) == "build a JSON document: nested deeper than 1024 levels");
}

TEST_CASE("json: doubles are written so that they read back the same", "[json]") {
  for (const double value : {0.1, 1e300, -2.5e-308, 3.0, 123456789.125, 5e-324}) {
    json::Builder b;
    auto document = b.number(value).finish();
    REQUIRE(document);
    CHECK(document->root().as_double() == value);
    CHECK(json::verify(document->bytes()));
  }
}
