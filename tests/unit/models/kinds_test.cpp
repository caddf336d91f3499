// kinds_test.cpp: what models/1 itself checks of a model, whatever its kind.
#include <catch2/catch.hpp>

#include "source/kinds.hpp"

using namespace socle;

namespace {

std::string faults(std::string_view kind, std::string_view name, const std::string& text) {
  std::vector<models::Diagnostic> out;
  const auto source = models::Source::read(text, models::Media::yaml, out);
  if (!source) return "refused";
  models::check_frame(*models::find_kind(kind), name, *source, out);
  std::string said;
  for (const auto& d : out) said += d.code + " " + d.pointer + ": " + d.message + "\n";
  return said;
}

}  // namespace

TEST_CASE("kinds: a model's own name is the path's", "[models]") {
  CHECK(faults("rules", "loan", "rules: loan\n").empty());
  CHECK(faults("rules", "loan", "rules: lone\n") ==
        "name_differs /rules: the model calls itself \"lone\", the path calls it 'loan'; make them equal\n");
  CHECK(faults("forms", "leave", "schema: {}\n") ==
        "required /form: a model of kind forms begins with 'form: leave'\n");
  CHECK(faults("policies", "7", "policy: 7\n").starts_with("name_differs /policy"));
}

TEST_CASE("kinds: an unknown key is named with the nearest known, one of a later part as such", "[models]") {
  CHECK(faults("forms", "f", "form: f\nshema: {}\nworkflow: x\nzzzzzz: 1\n") ==
        "unknown_key /shema: a model of kind forms has no key 'shema'; did you mean 'schema'?\n"
        "later_part /workflow: 'workflow' belongs to a part that is not there yet; remove it\n"
        "unknown_key /zzzzzz: a model of kind forms has no key 'zzzzzz'; remove it\n");
}

TEST_CASE("kinds: letters that changed places are found", "[models]") {
  CHECK(faults("rules", "r", "rules: r\ninptu: {}\n") ==
        "unknown_key /inptu: a model of kind rules has no key 'inptu'; did you mean 'input'?\n");
}

TEST_CASE("kinds: compatibility is one of the seven", "[models]") {
  CHECK(faults("rules", "r", "rules: r\ncompatibility: FULL_TRANSITIVE\n").empty());
  CHECK(faults("rules", "r", "rules: r\ncompatibility: backwards\n") ==
        "bad_value /compatibility: compatibility is NONE, BACKWARD, FORWARD, FULL, BACKWARD_TRANSITIVE, "
        "FORWARD_TRANSITIVE or FULL_TRANSITIVE, found \"backwards\"\n");
}

TEST_CASE("kinds: names are short and plain", "[models]") {
  CHECK(models::is_model_name("loan-credit_2.x"));
  CHECK_FALSE(models::is_model_name(""));
  CHECK_FALSE(models::is_model_name("-x"));
  CHECK_FALSE(models::is_model_name("a@1"));
  CHECK_FALSE(models::is_model_name("A"));
  CHECK_FALSE(models::is_model_name(std::string(65, 'a')));
  CHECK(models::find_kind("workflows") == nullptr);
}
