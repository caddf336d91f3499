// help_test.cpp: the table is complete, and help and reference say all of it.
#include "cli/help.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "cli/parse.hpp"
#include "cli/reference.hpp"

namespace socle::cli {
namespace {

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    const size_t space = std::min(line.find(' ', at), line.size());
    words.emplace_back(line.substr(at, space - at));
    at = space + 1;
  }
  return words;
}

}  // namespace

TEST_CASE("table: every command is described, has an example, and its examples parse as it", "[cli]") {
  std::set<std::string_view> seen;
  for (const Command& command : commands()) {
    INFO(command.words);
    CHECK(seen.insert(command.words).second);
    CHECK_FALSE(command.describe.empty());
    REQUIRE_FALSE(command.examples.empty());
    for (const Example& example : command.examples) {
      auto words = split(example.line);
      REQUIRE(words.front() == "socle");
      words.erase(words.begin());
      const auto parsed = parse(words, "/");
      REQUIRE(parsed);
      CHECK(parsed->command == &command);
      CHECK((example.exit_code == 0) == example.note.empty());
    }
  }
}

TEST_CASE("table: a flag takes a value in every command or in none", "[cli]") {
  std::map<std::string_view, bool> takes;
  const auto check = [&](const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) {
      INFO(flag.name);
      CHECK(takes.emplace(flag.name, !flag.value.empty()).first->second == !flag.value.empty());
    }
  };
  check(common_flags());
  for (const Command& command : commands()) check(command.flags);
}

TEST_CASE("help: of all names every command with its one line", "[cli]") {
  const std::string text = help_of_all();
  for (const Command& command : commands()) {
    CHECK(text.find("\n  " + std::string(command.words)) != std::string::npos);
    CHECK(text.find(command.describe) != std::string::npos);
  }
  CHECK(text.find("0 done, 1 refused or failed, 2 wrong usage") != std::string::npos);
}

TEST_CASE("help: of a group names its commands only", "[cli]") {
  const std::string text = help_of_group("storage");
  CHECK(text.find("storage backup DIR") != std::string::npos);
  CHECK(text.find("plugin swap") == std::string::npos);
}

TEST_CASE("help: of a command has usage, all flags and its examples", "[cli]") {
  for (const Command& command : commands()) {
    const std::string text = help_of(command);
    INFO(text);
    CHECK(text.starts_with("usage: socle " + usage_of(command) + "\n"));
    for (const Flag& flag : command.flags) CHECK(text.find("  " + std::string(flag.name)) != std::string::npos);
    CHECK((text.find("--json") != std::string::npos) == (command.words != "run"));
    CHECK(text.find(command.examples[0].line) != std::string::npos);
  }
}

TEST_CASE("reference: every command has a section with usage and examples", "[cli]") {
  const std::string page = reference_page();
  for (const Command& command : commands()) {
    CHECK(page.find("## socle " + std::string(command.words) + "\n\n`socle " + usage_of(command) + "`") !=
          std::string::npos);
    for (const Example& example : command.examples)
      CHECK(page.find("\n" + std::string(example.line)) != std::string::npos);
  }
  for (const auto name : usual_resident()) CHECK(page.find(name) != std::string::npos);
}

}  // namespace socle::cli
