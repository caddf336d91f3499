// docs_test.cpp: the rulesets on the pages do what their tests say, and the error page is the table of codes.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"
#include "table/codes.hpp"

namespace {

using namespace socle;

std::string read(const std::string& name) {
  std::ifstream in(std::string(SOCLE_DOCS) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> models(const std::string& page) {
  std::vector<std::string> out;
  for (std::size_t at = page.find("```json\n"); at != std::string::npos; at = page.find("```json\n", at)) {
    at += 8;
    out.push_back(page.substr(at, page.find("```", at) - at));
  }
  return out;
}

std::string told(const std::string& text, std::size_t& tests) {
  const auto document = json::Document::parse(text);
  if (!document) return document.error().message;
  rules::Diagnostics diagnostics;
  rules::TestReport report;
  (void)rules::Ruleset::compile(document->root(), diagnostics, rules::CompileMode::full, &report);
  tests = report.tests.size();
  std::string out;
  for (const auto& one : diagnostics.all())
    out += std::string(one.code) + " " + one.pointer + ": " + one.message + "\n";
  return out;
}

}  // namespace

TEST_CASE("rules docs: the rulesets of the guide to decision tables are clean and tested", "[rules]") {
  const auto found = models(read("decision-tables.md"));
  REQUIRE(found.size() == 2);
  for (const auto& text : found) {
    std::size_t tests = 0;
    CHECK(told(text, tests).empty());
    CHECK(tests > 0);
  }
}

TEST_CASE("rules docs: the good ruleset of the page is clean and tested, the other refused as it says", "[rules]") {
  const auto found = models(read("rules.md"));
  REQUIRE(found.size() == 2);
  std::size_t tests = 0;
  CHECK(told(found[0], tests).starts_with("step_name /steps/0/set: 'value' cannot name a result"));
  CHECK(told(found[1], tests).empty());
  CHECK(tests == 4);
}

TEST_CASE("rules docs: the error page has every code with its meaning and remedy, and no other", "[rules]") {
  const auto page = read("rules-errors.md");
  for (const auto& entry : rules::codes::catalogue) {
    const auto row = "\n| `" + std::string(entry.code) + "` | " + std::string(entry.meaning) + " | " +
                     std::string(entry.remedy) + " |\n";
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
  std::size_t rows = 0;
  for (auto at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) ++rows;
  CHECK(rows == rules::codes::catalogue.size());
}
