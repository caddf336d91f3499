// docs_test.cpp: every form of docs/forms.md compiles, and every record below it is kept or refused as the page says.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "forms_rig.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;

TEST_CASE("forms docs: the examples of the page are true", "[forms]") {
  std::ifstream file(SOCLE_DOCS "/forms.md");
  REQUIRE(file);
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  std::shared_ptr<const Form> form;
  int forms = 0;
  int records = 0;
  for (auto at = text.find("```"); at != std::string::npos; at = text.find("```", at)) {
    const auto line = text.find('\n', at);
    const auto kind = text.substr(at + 3, line - at - 3);
    const auto end = text.find("```", line);
    const auto block = text.substr(line + 1, end - line - 1);
    at = end + 3;
    if (kind == "form") {
      std::string errors;
      form = form_of(block, &errors);
      INFO(errors);
      REQUIRE(form);
      ++forms;
    }
    if (kind != "records") continue;
    REQUIRE(form);
    std::istringstream lines(block);
    for (std::string one; std::getline(lines, one);) {
      const auto arrow = one.find("  → ");
      REQUIRE(arrow != std::string::npos);
      const auto wanted = one.substr(arrow + std::string("  → ").size());
      const auto found = judged(*form, one.substr(0, arrow));
      CHECK((found.errors.empty() ? found.doc : found.errors) == wanted);
      ++records;
    }
  }
  CHECK(forms == 4);
  CHECK(records == 11);
}
