// nearest_test.cpp: which name was probably meant.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "socle/json/nearest.hpp"

using socle::json::nearest;

TEST_CASE("json: the nearest name is one that differs in a third of its letters at most", "[json]") {
  constexpr std::array<std::string_view, 4> known{"input", "trace", "records", "to"};
  CHECK(nearest("inptu", known) == "input");  // an exchange is one difference
  CHECK(nearest("record", known) == "records");
  CHECK(nearest("tracee", known) == "trace");
  CHECK(nearest("od", known).empty());  // two of two letters
  CHECK(nearest("something else", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest(std::string(65, 'a'), std::array<std::string_view, 1>{"aaaa"}).empty());
  CHECK(nearest("input", {}).empty());
}

TEST_CASE("json: a letter more, less or another and an exchange of neighbours are one difference each", "[json]") {
  constexpr std::array<std::string_view, 1> version{"version"};
  for (const char* word : {"version", "verison", "versin", "vershion", "vertion", "verisno"}) {
    INFO(word);
    CHECK(nearest(word, version) == "version");
  }
  CHECK(nearest("evrisno", version).empty());  // three of seven
  CHECK(nearest("versionabc", version) == "version");
  CHECK(nearest("versionabcd", version).empty());
}

TEST_CASE("json: the nearest of several is taken, the first of equals, and never one without a letter in common",
          "[json]") {
  constexpr std::array<std::string_view, 3> known{"ba", "ab", "a"};
  CHECK(nearest("ab", known) == "ab");
  CHECK(nearest("bb", known) == "ba");
  CHECK(nearest("a", known) == "a");
  CHECK(nearest("b", known).empty());
  CHECK(nearest("", std::array<std::string_view, 1>{"a"}).empty());
}
