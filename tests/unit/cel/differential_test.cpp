// differential_test.cpp: random expressions over random inputs: the optimised program, the plain program and the
// reference walk must agree, and so must a text printed and parsed again. Seeded: a failure prints the expression.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "support/cel_reference/agreement.hpp"

namespace {

using cel_reference::Agreement;
using cel_reference::World;

// How many of the rounds gave a value; the others are refused or err, alike in every way.
std::size_t values_of(World world, int rounds) {
  const auto env = cel_reference::environment_of(world);
  const auto fixed = socle::json::Document::parse(
      R"({"n":3,"s":"x","d":2.5,"t":true,"l":[1,2,3,-4],"ll":[[1,2],[3]],"m":{"x":1,"k":"v"},"nil":null,)"
      R"("big":18446744073709551615,"day":"2024-02-29","at":"2024-02-29T23:59:59.5Z","days":["2024-02-29","1999-12-31"],)"
      R"("span":"1h30m","price":"19.99"})");
  REQUIRE(fixed);
  std::mt19937 random(20240229);
  cel_reference::Generator generator(
      [&random](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); },
      cel_reference::words_of(world));
  std::size_t values = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto source = generator.expression(1 + round % 4);
    const auto text = generator.document();
    INFO(source << "  of  " << text);
    const auto made = socle::json::Document::parse(text);
    REQUIRE(made);
    Agreement agreement(world, *env, socle::cel::Value::json((round % 2 == 0 ? *fixed : *made).root()));
    const auto value = agreement.of(source);
    if (agreement.stopped) continue;
    INFO((value ? value->text : "refused") << agreement.difference);
    REQUIRE(agreement.difference.empty());
    values += value && value->is_value() ? 1 : 0;
  }
  return values;
}

}  // namespace

// Each asks for values as well, or the comparison would be of errors only.
TEST_CASE("cel: optimised, plain and reference evaluation agree on random expressions", "[cel]") {
  CHECK(values_of(World::strict, 20000) > 2000);
}

TEST_CASE("cel: they agree where numbers of different kinds mix", "[cel]") {
  CHECK(values_of(World::mixed, 5000) > 500);
}

TEST_CASE("cel: they agree on dates, timestamps, durations and decimals", "[cel]") {
  CHECK(values_of(World::moments, 5000) > 250);
}

TEST_CASE("cel: they agree where a JSON Schema gives the types", "[cel]") {
  CHECK(values_of(World::declared, 5000) > 50);
}
