// decision_test.cpp: versions decided from the change.
#include <catch2/catch.hpp>

#include "socle/json/document.hpp"
#include "version/decision.hpp"

using namespace socle;
using models::Earlier;
using models::Level;
using models::Version;

namespace {

json::Document parsed(std::string_view text) { return std::move(json::Document::parse(text)).value(); }
models::Promise promise(std::string_view text) { return *models::parse_promise(text); }

const json::Document narrow = parsed(R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"}},
                                         "additionalProperties":false})");
const json::Document wide = parsed(R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"},
                                       "b":{"type":"string"}},"additionalProperties":false})");
const json::Document other = parsed(R"({"type":"object","required":["c"],"properties":{"c":{"type":"string"}},
                                        "additionalProperties":false})");

models::Decision decided(std::string_view word, const json::Document& before, const json::Document& after) {
  const auto out = models::decide(promise(word), {{Version{1, 0, 0}, before.root()}}, after.root());
  REQUIRE(out);
  return *out;
}
std::string numbered(std::string_view asked, Level level, std::vector<Version> known, std::optional<Version> active) {
  const auto out = models::number({active, std::move(known), level, asked});
  return out ? to_string(*out) : out.error().message;
}

}  // namespace

TEST_CASE("decision: an optional field more is minor and keeps BACKWARD, not FORWARD", "[models]") {
  CHECK(decided("BACKWARD", narrow, wide).level == Level::minor);
  CHECK(decided("BACKWARD", narrow, wide).broken.empty());
  CHECK(decided("NONE", narrow, wide).level == Level::minor);
  const auto forward = decided("FORWARD", narrow, wide);
  CHECK(forward.level == Level::major);
  REQUIRE_FALSE(forward.broken.empty());
  CHECK(forward.broken[0].starts_with("against 1.0.0: "));
  CHECK_FALSE(decided("FULL", narrow, wide).broken.empty());
}

TEST_CASE("decision: a field less is minor under FORWARD and breaks BACKWARD", "[models]") {
  CHECK(decided("FORWARD", wide, narrow).level == Level::minor);
  CHECK(decided("FORWARD", wide, narrow).broken.empty());
  CHECK_FALSE(decided("BACKWARD", wide, narrow).broken.empty());
  CHECK(decided("NONE", wide, narrow).level == Level::major);
  CHECK(decided("NONE", wide, narrow).broken.empty());
}

TEST_CASE("decision: the same schema is a patch whatever the promise, an unrelated one breaks all", "[models]") {
  for (const char* word : {"NONE", "BACKWARD", "FORWARD", "FULL"}) {
    CHECK(decided(word, narrow, narrow).level == Level::patch);
    CHECK(decided(word, narrow, narrow).relation == "equal");
    CHECK(decided(word, narrow, other).level == Level::major);
    CHECK(decided(word, narrow, other).broken.empty() == (std::string_view(word) == "NONE"));
  }
}

TEST_CASE("decision: a transitive promise is held against every earlier version", "[models]") {
  // wide -> narrow was published with FORWARD; now BACKWARD is declared and wide's readers come to mind.
  const std::vector<Earlier> earlier{{Version{1, 1, 0}, narrow.root()}, {Version{1, 0, 0}, wide.root()}};
  CHECK(models::decide(promise("BACKWARD"), earlier, narrow.root())->broken.empty());
  const auto transitive = models::decide(promise("BACKWARD_TRANSITIVE"), earlier, narrow.root());
  REQUIRE_FALSE(transitive->broken.empty());
  CHECK(transitive->broken[0].starts_with("against 1.0.0: "));
}

TEST_CASE("decision: without a schema every change is a patch; a schema that is none is told", "[models]") {
  CHECK(models::decide({}, {{Version{1, 0, 0}, {}}}, {})->level == Level::patch);
  CHECK(models::decide({}, {}, narrow.root())->level == Level::patch);
  const auto bad = parsed(R"({"$ref":"#/nowhere"})");
  CHECK_FALSE(models::decide({}, {{Version{1, 0, 0}, narrow.root()}}, bad.root()));
}

TEST_CASE("decision: numbers follow the level, and what was asked", "[models]") {
  CHECK(numbered("", Level::patch, {}, {}) == "1.0.0");
  CHECK(numbered("3.1.0", Level::patch, {}, {}) == "3.1.0");
  CHECK(numbered("", Level::patch, {{1, 0, 0}}, Version{1, 0, 0}) == "1.0.1");
  CHECK(numbered("", Level::minor, {{1, 0, 4}}, Version{1, 0, 4}) == "1.1.0");
  CHECK(numbered("", Level::major, {{1, 2, 3}}, Version{1, 2, 3}) == "2.0.0");
  CHECK(numbered("MAJOR", Level::patch, {{1, 2, 3}}, Version{1, 2, 3}) == "2.0.0");
  CHECK(numbered("minor", Level::patch, {{1, 2, 3}}, Version{1, 2, 3}) == "1.3.0");
  CHECK(numbered("1.9.0", Level::minor, {{1, 2, 3}}, Version{1, 2, 3}) == "1.9.0");
}

TEST_CASE("decision: after a rollback the taken numbers are stepped over", "[models]") {
  CHECK(numbered("", Level::patch, {{1, 0, 0}, {1, 0, 1}, {2, 0, 0}}, Version{1, 0, 0}) == "1.0.2");
  CHECK(numbered("", Level::major, {{1, 0, 0}, {2, 0, 0}}, Version{1, 0, 0}) == "3.0.0");
}

TEST_CASE("decision: a number that is taken, too low or none is refused", "[models]") {
  CHECK(numbered("1.0.0", Level::patch, {{1, 0, 0}}, Version{1, 0, 0}) ==
        "version 1.0.0 exists; the next one is 1.0.1");
  CHECK(numbered("1.1.0", Level::major, {{1, 0, 0}}, Version{1, 0, 0}) ==
        "version 1.1.0 is lower than this change demands: it is major, so at least 2.0.0");
  CHECK(numbered("huge", Level::patch, {{1, 0, 0}}, Version{1, 0, 0}) ==
        "version is patch, minor, major or a version such as 2.0.0, found 'huge'");
}

TEST_CASE("version: selectors name the newest below them", "[models]") {
  CHECK(models::parse_selector("2")->matches({2, 7, 1}));
  CHECK_FALSE(models::parse_selector("2.1")->matches({2, 7, 1}));
  CHECK(models::parse_selector("2.7.1")->exact());
  for (const char* bad : {"", "a", "1.", "01", "1.2.3.4", "1..2", "-1", "9999999"})
    CHECK_FALSE(models::parse_selector(bad).has_value());
  CHECK_FALSE(models::parse_version("1.2").has_value());
}
