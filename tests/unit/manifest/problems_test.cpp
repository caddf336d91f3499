#include <catch2/catch.hpp>

#include "manifest/problems.hpp"

using namespace socle::manifest;

TEST_CASE("problems: only a near key is suggested", "[manifest]") {
  CHECK(did_you_mean("verison", {"plugin", "version"}) == "; did you mean 'version'?");
  CHECK(did_you_mean("colour", {"plugin", "version"}) == "");
  CHECK(did_you_mean("ab", {"ba", "ab"}) == "; did you mean 'ab'?");
}

TEST_CASE("problems: lines come in the order of the file, and the excess is counted", "[manifest]") {
  Problems problems("m.yaml");
  problems.add({2, 1}, "second");
  problems.add({1, 5}, "first");
  problems.add({}, "whole");
  CHECK(problems.error().message == "m.yaml: whole\nm.yaml:1:5: first\nm.yaml:2:1: second");
  for (int i = 0; i < 60; ++i) problems.add({3, 1}, "x");
  CHECK(problems.list().size() == 50);
  CHECK(problems.error().message.ends_with("\nm.yaml: and 13 more problems"));
}

TEST_CASE("problems: quoted text is short and printable", "[manifest]") {
  CHECK(in_quotes("a\n\x1B") == "'a\\n\\x1b'");
  CHECK(in_quotes(std::string(100, 'a')) == "'" + std::string(60, 'a') + "…'");
  CHECK(in_quotes(std::string(59, 'a') + "é") == "'" + std::string(59, 'a') + "…'");
}
