// differential_test.cpp: random expressions over random inputs: the optimised program, the plain program and the
// reference walk must agree, and so must a text printed and parsed again. Seeded: a failure prints the expression.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "support/cel_reference/generator.hpp"
#include "support/cel_reference/reference.hpp"

namespace {

using namespace socle::cel;

bool agree(const Value& x, const Value& y) {
  if (x.is_error() || y.is_error()) return x.is_error() && y.is_error();
  return to_text(x) == to_text(y) && x.kind() == y.kind();
}

}  // namespace

TEST_CASE("cel: optimised, plain and reference evaluation agree on random expressions", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("a", Type()));
  REQUIRE(env.declare_variable("v", Type()));
  REQUIRE(env.declare_variable("i", Type()));
  const auto fixed = socle::json::Document::parse(
      R"({"n":3,"s":"x","d":2.5,"t":true,"l":[1,2,3,-4],"ll":[[1,2],[3]],"m":{"x":1,"k":"v"},"nil":null,"big":18446744073709551615})");
  REQUIRE(fixed);
  std::mt19937 random(20240229);
  cel_reference::Generator generator(
      [&random](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); });
  std::size_t values = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto source = generator.expression(1 + round % 4);
    const auto text = generator.document();
    INFO(source << "  of  " << text);
    const auto made = socle::json::Document::parse(text);
    REQUIRE(made);
    const auto root = Value::json((round % 2 == 0 ? *fixed : *made).root());
    Activation activation(env);
    activation.set(env.variable("a")->slot, root);
    activation.set(env.variable("v")->slot, Value::integer(7));
    activation.set(env.variable("i")->slot, Value::string("i"));
    auto ast = env.parse(source);
    REQUIRE(ast);
    auto checked = env.check(*env.parse(source));
    Arena arena;
    Arena arena2;
    const auto optimised = Program::compile(env, *ast);
    const auto unoptimised = Program::compile(env, *ast, {false});
    const auto fast = optimised->evaluate(activation, arena);
    const auto plain = unoptimised->evaluate(activation, arena);
    cel_reference::Reference reference(env, {{"a", root}, {"v", Value::integer(7)}, {"i", Value::string("i")}}, arena2);
    const auto slow = reference.evaluate(*ast->root);
    INFO("fast " << to_text(fast) << " plain " << to_text(plain) << " reference " << to_text(slow));
    REQUIRE(agree(fast, plain));
    REQUIRE(agree(fast, slow));
    if (checked) {
      const auto typed = Program::compile(env, *checked);
      REQUIRE(agree(fast, typed->evaluate(activation, arena)));
    }
    const auto printed = unparse(*ast->root);
    INFO(printed);
    auto again = env.parse(printed);
    REQUIRE(again);
    REQUIRE(unparse(*again->root) == printed);
    const auto reparsed = Program::compile(env, *again);
    REQUIRE(agree(fast, reparsed->evaluate(activation, arena)));
    values += fast.is_error() ? 0 : 1;
  }
  CHECK(values > 2000);  // or the comparison would be of errors only
}
