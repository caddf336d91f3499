// sets_test.cpp: sets.* over numbers of every kind. The language's == does not carry over between the kinds, so the
// functions are held against a loop that asks it of each pair.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "unit/cel/evaluating.hpp"

namespace {

using namespace socle::cel;

struct Sets {
  Environment env;
  Sets() {
    REQUIRE(env.declare_variable("a", *Type::parse("list(dyn)")));
    REQUIRE(env.declare_variable("b", *Type::parse("list(dyn)")));
  }
  bool holds(const std::string& source, const std::vector<Value>& a, const std::vector<Value>& b) const {
    Arena arena;
    Activation activation(env);
    activation.set(env.variable("a")->slot, make_list(arena, a));
    activation.set(env.variable("b")->slot, make_list(arena, b));
    const auto program = Program::compile(env, *env.compile(source));
    REQUIRE(program);
    const auto value = program->evaluate(activation, arena);
    REQUIRE(value.is(Kind::boolean));
    return value.as_bool();
  }
};

// Numbers that are equal to some of the others: 1 in every kind, and whole numbers beyond 2^53, which doubles mix up.
std::vector<Value> numbers(std::mt19937& random, std::size_t most) {
  constexpr std::int64_t edge = std::int64_t{1} << 53;
  const std::vector<Value> known{
      Value::integer(1),          Value::unsigned_integer(1), Value::real(1.0),
      Value::decimal(1, 0),       Value::decimal(100, 2),     Value::integer(2),
      Value::real(2.0),           Value::decimal(2, 0),       Value::decimal(5, 1),
      Value::real(0.5),           Value::real(-0.0),          Value::integer(0),
      Value::integer(edge),       Value::integer(edge + 1),   Value::real(static_cast<double>(edge)),
      Value::decimal(edge + 1, 0)};
  std::vector<Value> out;
  for (auto left = random() % (most + 1); left > 0; --left) out.push_back(known[random() % known.size()]);
  return out;
}

constexpr const char* contains_by_loop = "b.all(x, a.exists(y, x == y))";
constexpr const char* meets_by_loop = "a.exists(x, b.exists(y, x == y))";

}  // namespace

TEST_CASE("cel: sets ask == of each pair, whatever kinds of numbers they hold", "[cel]") {
  const Sets sets;
  std::mt19937 random(7);
  int contained = 0;
  for (int round = 0; round < 400; ++round) {
    const auto a = numbers(random, round % 2 == 0 ? 5 : 20);
    const auto b = numbers(random, 4);
    const bool contains = sets.holds(contains_by_loop, a, b);
    contained += contains ? 1 : 0;
    CHECK(sets.holds("sets.contains(a, b)", a, b) == contains);
    CHECK(sets.holds("sets.intersects(a, b)", a, b) == sets.holds(meets_by_loop, a, b));
    CHECK(sets.holds("sets.equivalent(a, b)", a, b) == (contains && sets.holds(contains_by_loop, b, a)));
  }
  CHECK(contained > 50);
}

TEST_CASE("cel: sets do not depend on the order of their elements or their arguments", "[cel]") {
  const Sets sets;
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const auto a = numbers(random, round % 2 == 0 ? 5 : 20);
    const auto b = numbers(random, 5);
    CHECK(sets.holds("sets.contains(a, a) && sets.equivalent(a, a)", a, b));
    CHECK(sets.holds("sets.equivalent(a, b) == sets.equivalent(b, a)", a, b));
    CHECK(sets.holds("sets.intersects(a, b) == sets.intersects(b, a)", a, b));
    auto mixed = a;
    std::shuffle(mixed.begin(), mixed.end(), random);
    for (const auto* source : {"sets.contains(a, b)", "sets.contains(b, a)", "sets.equivalent(a, b)"})
      CHECK(sets.holds(source, mixed, b) == sets.holds(source, a, b));
    CHECK(sets.holds("sets.equivalent(a, b)", a, mixed));
  }
}

TEST_CASE("cel: a decimal in a set does not hide the int beside it", "[cel]") {
  using cel_test::evaluate;
  for (const auto* numbers : {"[decimal('1'), 1]", "[1, decimal('1')]"}) {
    const auto list = std::string("dyn(") + numbers + ")";
    CHECK(evaluate("sets.contains(" + list + ", dyn([1.0]))").text == "true");
    CHECK(evaluate("sets.contains(" + list + ", dyn([decimal('1.00')]))").text == "true");
    CHECK(evaluate("sets.equivalent(" + list + ", dyn([1.0]))").text == "false");
  }
  CHECK(evaluate("sets.contains(dyn([decimal('1')]), dyn([1.0]))").text == "false");
  CHECK(evaluate("sets.contains(dyn([[decimal('1')], [1]]), dyn([[1.0]]))").text == "true");
}
