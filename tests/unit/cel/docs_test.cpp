// docs_test.cpp: every example of the language pages has the value that stands beside it, and every built-in function
// is on the page.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "library.hpp"
#include "unit/cel/evaluating.hpp"

namespace {

std::string read(const char* name) {
  std::ifstream in(std::string(SOCLE_DOCS) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Runs the lines "expression  // → value" of all ```cel blocks; how many there were.
int run_examples(const std::string& page) {
  std::istringstream lines(page);
  std::string line;
  bool inside = false;
  int count = 0;
  const std::string arrow = "  // → ";
  while (std::getline(lines, line)) {
    if (line.starts_with("```")) {
      inside = line == "```cel";
      continue;
    }
    const auto at = line.find(arrow);
    if (!inside || at == std::string::npos) continue;
    ++count;
    const auto out = cel_test::evaluate(line.substr(0, at));
    INFO(line << "  " << out.refusal << out.error);
    CHECK(out.text == line.substr(at + arrow.size()));
  }
  return count;
}

}  // namespace

TEST_CASE("cel: the examples of the language page are true", "[cel]") { CHECK(run_examples(read("cel.md")) > 100); }

TEST_CASE("cel: the examples of the page for spreadsheet users are true", "[cel]") {
  CHECK(run_examples(read("cel-for-excel.md")) > 15);
}

TEST_CASE("cel: the language page has every built-in function", "[cel]") {
  const auto page = read("cel.md");
  for (const auto& [name, overloads] : socle::cel::standard_library()) {
    if (name[0] == '_' || name.find('@') != std::string::npos || name == "!_" || name == "-_") continue;
    INFO(name);
    CHECK(page.find("\n| " + name + " |") != std::string::npos);
  }
}
