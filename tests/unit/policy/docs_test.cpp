// The examples of docs/policies.md are what they say: roles and units that can be read, policies that compile and whose
// stored tests pass, questions that can be explained.
#include "rig.hpp"

#include <fstream>
#include <iterator>

#include "socle/json/writer.hpp"

using namespace policy_rig;

namespace {

std::vector<std::string> examples() {
  std::ifstream file(SOCLE_DOCS "/policies.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::string> out;
  constexpr std::string_view open = "```json\n";
  for (auto at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    out.push_back(page.substr(at, page.find("```", at) - at));
  }
  return out;
}

}  // namespace

TEST_CASE("policy: every example of the page works", "[policy]") {
  int roles = 0;
  int units = 0;
  int policies = 0;
  int questions = 0;
  for (const auto& text : examples()) {
    INFO(text);
    const auto example = doc(text);
    const auto root = example.root();
    if (root.find("role").exists()) {
      ++roles;
      CHECK(directory(R"([{"role":"reader","permissions":["records:read"]},)" + text + "]")->find("clerk"));
    } else if (root.find("units").exists()) {
      ++units;
      CHECK(directory("[]", json::to_text(root.find("units")))->within("east", "hq"));
    } else if (root.find("policy").exists()) {
      ++policies;
      const auto answer = doc(compile_answer(root, false));
      CHECK(json::to_text(answer.root().find("diagnostics")) == "[]");
      CHECK(answer.root().find("tests").find("passed").as_int64() == 3);
    } else {
      ++questions;
      Rig rig(Directory::built_in(), {}, R"({"roles":["admin"]})", root.find("resource").as_string());
      CHECK(doc(rig.explain(root.find("action").as_string(), json::to_text(root.find("record"))))
                .root()
                .find("effect")
                .as_string() == "allow");
    }
  }
  CHECK(roles == 1);
  CHECK(units == 1);
  CHECK(policies == 1);
  CHECK(questions == 1);
}
