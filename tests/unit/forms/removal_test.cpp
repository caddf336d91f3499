// removal_test.cpp: what of a stored record its deletion reads.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"
#include "records/removal.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;

namespace {

constexpr std::string_view facts = R"("/created_by",)", more_facts = R"("/model_version","/updated_by"])";

// The fields beside the facts, each before a comma.
std::string read_by(std::string_view properties, std::string_view rest = {}) {
  std::string errors;
  const auto form = form_of(model_of(properties, rest), &errors);
  INFO(errors);
  REQUIRE(form);
  std::string text = fields_of_removal(*form);
  REQUIRE(text.starts_with("[" + std::string(facts)));
  REQUIRE(text.ends_with(more_facts));
  text.resize(text.size() - more_facts.size());
  return text.substr(1 + facts.size());
}

std::string read_by_rule(const std::string& rule) {
  return read_by(
      R"~("kind":{"type":"string"},"place":{"type":"object","properties":{
        "city":{"type":"string"},"text":{"type":"string"}}},"lines":{"type":"array","items":{"type":"object",
        "properties":{"n":{"type":"integer"}}}},"created_by":{"type":"string"})~",
      R"~("access":{"delete":")~" + rule + "\"}");
}

}  // namespace

TEST_CASE("forms removal: a form without rules and files needs the facts alone", "[forms]") {
  CHECK(read_by(R"("kind":{"type":"string"})").empty());
  CHECK(read_by(R"("kind":{"type":"string"})", R"~("access":{"read":"record.created_by == user.id"})~").empty());
}

TEST_CASE("forms removal: the rule that decides it names the fields it reads", "[forms]") {
  CHECK(read_by_rule("true").empty());
  CHECK(read_by_rule("'hr' in user.roles || record.version > 3").empty());
  CHECK(read_by_rule("kind == 'a'") == R"("/doc/kind",)");
  CHECK(read_by_rule("has(record.kind) && old.place.city == user.city") == R"("/doc/kind","/doc/place/city",)");
  CHECK(read_by_rule("record.lines.all(kind, kind.n > 1)") == R"("/doc/lines",)");
  CHECK(read_by_rule("user.teams.exists(record, record == 'a')").empty());
  CHECK(read_by_rule("old.created_by == 'a'") == R"("/doc/created_by",)");
  CHECK(read_by_rule("dyn(record).kind == 'a'") == R"("/doc",)");
}

TEST_CASE("forms removal: files are read where they are named, of a sub-table the table", "[forms]") {
  CHECK(read_by(
            R"~("a/b":{"type":"string"},"place":{"type":"object","properties":{"photo":{"type":"string"},
          "lines":{"type":"array","items":{"type":"object","properties":{"paper":{"type":"string"}}}}}})~",
            R"~("logic":{"a/b":{"attachment":true},"place.photo":{"attachment":true},
          "place.lines[].paper":{"attachment":true}})~") == R"("/doc/a~1b","/doc/place/lines","/doc/place/photo",)");
}

TEST_CASE("forms removal: more than storage takes is the whole document", "[forms]") {
  std::string properties, logic;
  for (int i = 0; i < 254; ++i) {
    const std::string name = "\"f" + std::to_string(i) + "\"";
    properties += (i > 0 ? "," : "") + name + R"(:{"type":"string"})";
    logic += (i > 0 ? "," : "") + name + R"(:{"attachment":true})";
  }
  CHECK(read_by(properties, "\"logic\":{" + logic + "}") == R"("/doc",)");
  const std::string name = "\"" + std::string(260, 'n') + "\"";
  CHECK(read_by(name + R"(:{"type":"string"})", "\"logic\":{" + name + R"(:{"attachment":true}})") == R"("/doc",)");
}
