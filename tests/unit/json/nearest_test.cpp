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
