// docs_test.cpp: the rulesets on the pages do what their tests say, every function zen.* is there with examples that
// are true, and the error page is the table of codes.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "ruleset/ruleset.hpp"
#include "socle/cel/json_form.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "table/codes.hpp"
#include "zen/functions.hpp"

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

// What an expression over the functions zen.* answers, as JSON.
std::string answered(const std::string& expression) {
  static const auto environment = [] {
    auto out = std::make_unique<cel::Environment>(rules::zen_environment());
    (void)out->declare_variable("now", cel::TypeKind::timestamp);
    return out;
  }();
  const auto ast = environment->compile("zen.result(" + expression + ")");
  if (!ast) return "refused: " + ast.error().message;
  const auto program = cel::Program::compile(*environment, *ast);
  if (!program) return "refused: " + program.error().message;
  cel::Activation activation(*environment);
  activation.set(environment->variable("now")->slot, cel::Value::timestamp(1714557600, 0));
  cel::Arena arena;
  const auto value = program->evaluate(activation, arena);
  if (value.is_error()) return "error: " + std::string(value.error_info().message);
  const auto text = cel::to_json(value);
  return text ? *text : text.error().message;
}

}  // namespace

TEST_CASE("rules docs: every function zen.* is on the page, and its examples are true", "[rules]") {
  namespace zen = rules::zen;
  const auto page = read("decision-tables.md");
  for (const auto rows : {zen::operator_rows(), zen::object_rows(), zen::text_rows(), zen::number_rows(),
                          zen::date_rows(), zen::moment_rows()})
    for (const auto& row : rows) {
      const auto name = "zen." + std::string(row.name);
      INFO(name);
      CHECK(page.find("\n| " + name + " |") != std::string::npos);
      CHECK(page.find(name + "(") != std::string::npos);
    }
  const std::string arrow = "  // → ";
  std::istringstream lines(page);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    const auto at = line.find(arrow);
    if (!line.starts_with("zen.") || at == std::string::npos) continue;
    ++count;
    INFO(line);
    CHECK(answered(line.substr(0, at)) == line.substr(at + arrow.size()));
  }
  CHECK(count > 100);
}

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

TEST_CASE("rules docs: the error page knows every code that the plugin answers", "[rules]") {
  const auto page = read("rules-errors.md");
  const std::regex answered("Reply::error\\(\\s*Code::\\w+,\\s*\"(\\w+)\"");
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SOCLE_DOCS "/../plugins/rules")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator at(text.begin(), text.end(), answered), end; at != end; ++at) {
      INFO(entry.path() << " " << (*at)[1]);
      CHECK(page.find("`" + (*at)[1].str() + "`") != std::string::npos);
      ++found;
    }
  }
  CHECK(found > 5);
}
