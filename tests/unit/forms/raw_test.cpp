// raw_test.cpp: records copied out of storage's text are the same as records written from its document.
#include <catch2/catch.hpp>
#include <random>

#include "records/raw.hpp"
#include "records/texts.hpp"
#include "socle/json/document.hpp"

using namespace socle::forms;
namespace json = socle::json;

namespace {

std::string written_from(json::View item) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_members(out, item);
  out.end_object();
  return text;
}

const std::string item_head =
    R"({"id":"0199e0f1-8c6e-7abc-8def-0123456789ab","version":12,"created_at":"2026-11-21T10:00:00.000Z",)"
    R"("updated_at":"2026-11-21T10:00:01.000Z","doc":)";
const std::string envelope = R"({"created_by":"ada \"a\" \\","updated_by":"bob","model_version":"1.0.0")";

std::string item_with(const std::string& rest) { return item_head + envelope + rest + "}}"; }

// A JSON text of its own, with all that could mislead whoever only skips it.
void add_random(std::mt19937& random, json::Writer& out, int depth) {
  static const std::vector<std::string> texts{"",     "a",    "\"",   "\\",      "\\\"",
                                              "}],{", "\n\t", "é中😀", "end\\\\", "\"doc\":"};
  const auto pick = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  const auto kind = pick(depth > 0 ? 6 : 4);
  if (kind == 0) return void(out.string(texts[pick(texts.size())]));
  if (kind == 1) return void(out.integer(static_cast<std::int64_t>(pick(2000)) - 1000));
  if (kind == 2) return void(out.number_text("-1.50e+30"));
  if (kind == 3) return void(pick(2) == 0 ? out.null() : out.boolean(pick(2) == 0));
  const auto count = pick(4);
  kind == 4 ? out.begin_array() : out.begin_object();
  for (std::size_t i = 0; i < count; ++i) {
    if (kind == 5) out.key(texts[pick(texts.size())] + std::to_string(i));
    add_random(random, out, depth - 1);
  }
  kind == 4 ? out.end_array() : out.end_object();
}

}  // namespace

TEST_CASE("forms raw: a record is the same copied out of the text as written from the document", "[forms]") {
  for (const char* rest : {R"(,"doc":{"a":1,"b":[{"c":"}"}],"d":"x\\"})", R"(,"doc":{},"rules":{"r":{"ok":true}})", "",
                           R"(,"doc":{"id":"mine","version":7,"doc":{"doc":1}},"more":[1,2])"}) {
    const auto item = item_with(rest);
    INFO(item);
    const auto document = json::Document::parse(item);
    REQUIRE(document);
    const auto raw = raw_record(item);
    REQUIRE(raw);
    CHECK(raw->text == written_from(document->root()));
    CHECK(raw->version == "12");
  }
  const auto blank = raw_record(" {\"version\" : 3 ,\n\"id\":\"a\" , \"doc\" : { \"doc\" : {\"x\":1} } } ");
  REQUIRE(blank);
  CHECK(blank->text == R"({"id":"a","version":3,"doc":{"x":1}})");
}

TEST_CASE("forms raw: random records are the same both ways, alone and in a page", "[forms]") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string items, expected;
    for (int i = 0; i < 3; ++i) {
      std::string doc;
      json::Writer out(doc);
      out.begin_object();
      for (const char* key : {"a", "b\"", "doc", "id"}) {
        out.key(key);
        add_random(random, out, 4);
      }
      out.end_object();
      const auto item = item_with(",\"doc\":" + doc);
      const auto document = json::Document::parse(item);
      INFO(item);
      REQUIRE(document);
      const auto raw = raw_record(item);
      REQUIRE(raw);
      CHECK(raw->text == written_from(document->root()));
      items += (i > 0 ? "," : "") + item;
      expected += (i > 0 ? "," : "") + raw->text;
    }
    const auto page =
        raw_page("{\"items\":[" + items + R"(],"next":"abc_-1","count":7,"count_exact":false,"plan":{"a":[1]}})");
    REQUIRE(page);
    CHECK(page->items == expected);
    CHECK(page->next == "abc_-1");
    CHECK(page->count == "7");
    CHECK(page->count_exact == "false");
    CHECK(page->plan == R"({"a":[1]})");
  }
}

TEST_CASE("forms raw: the last page has no cursor, an empty one no items", "[forms]") {
  const auto page = raw_page(R"({"items":[],"next":null,"count":0,"count_exact":true})");
  REQUIRE(page);
  CHECK(page->items.empty());
  CHECK(page->next.empty());
  CHECK(page->plan.empty());
}

TEST_CASE("forms raw: a text that is no answer of storage's is left to the parser", "[forms]") {
  for (const char* text :
       {"", "[]", "{}", "null", R"({"id":"a"})", R"({"id":"a","version":1,"doc":[]})", R"({"id":"a","version":1)",
        R"({"id":"a","version":1,"doc":{"doc":{"x":"})", R"({"id":"a","version":1}x)", R"({"id":"a","version":})",
        R"({id:"a","version":1})", R"({"id":"a" "version":1})", R"({"id":"a","version":1,"doc":{"doc":{)",
        R"({"id":"a\","version":1})"}) {
    INFO(text);
    CHECK_FALSE(raw_record(text));
  }
  for (const char* text :
       {"", "{}", R"({"items":{}})", R"({"items":[1]})", R"({"items":[{}],"next":null})",
        R"({"items":[],"next":"a\n"})", R"({"items":[],"next":5})", R"({"items":[],"next":null}})"}) {
    INFO(text);
    CHECK_FALSE(raw_page(text));
  }
}
