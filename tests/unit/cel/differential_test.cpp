// differential_test.cpp: random expressions over random inputs: the optimised program, the plain program and the
// reference walk must agree, and so must a text printed and parsed again. Seeded: a failure prints the expression.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/printer.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "support/cel_reference/reference.hpp"

namespace {

using namespace socle::cel;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string expression(int depth) {
    if (depth == 0) return leaf();
    const auto sub = [&] { return expression(depth - 1); };
    switch (pick(24)) {
      case 0: return "(" + sub() + " + " + sub() + ")";
      case 1: return "(" + sub() + " - " + sub() + ")";
      case 2: return "(" + sub() + " * " + sub() + ")";
      case 3: return "(" + sub() + " / " + sub() + ")";
      case 4: return "(" + sub() + " % " + sub() + ")";
      case 5: return "(" + sub() + " && " + sub() + ")";
      case 6: return "(" + sub() + " || " + sub() + ")";
      case 7: return "(" + sub() + " ? " + sub() + " : " + sub() + ")";
      case 8: return "(" + sub() + one_of({" == ", " != ", " < ", " <= ", " > ", " >= "}) + sub() + ")";
      case 9: return "(" + sub() + one_of({" == ", " != ", " < ", " >= "}) + leaf() + ")";
      case 10: return "!(" + sub() + ")";
      case 11: return "(" + sub() + " in [" + leaf() + ", " + leaf() + ", " + leaf() + "])";
      case 12: return "[" + sub() + ", " + sub() + "]";
      case 13: return "{" + leaf() + ": " + sub() + ", 'k': " + sub() + "}";
      case 14: return list() + one_of({".all", ".exists", ".exists_one", ".filter", ".map"}) + "(v, " + sub() + ")";
      case 15: return list() + ".map(v, " + sub() + ", " + sub() + ")";
      case 16: return list() + one_of({".all", ".exists", ".existsOne", ".transformList"}) + "(i, v, " + sub() + ")";
      case 17: return "has(a." + one_of({"n", "s", "m", "none"}) + ")";
      case 18: return "cel.bind(v, " + sub() + ", " + sub() + ")";
      case 19: return "size(" + sub() + ")";
      case 20: return list() + ".transformMap(i, v, " + sub() + ")";
      case 21: {
        const auto field = one_of({"a.n", "a.s", "a.none", "a.m.x", "a.m.none", "a.nil", "v.x"});
        return "(has(" + field + ") && " + field + one_of({" == ", " != ", " < ", " >= "}) + leaf() + ")";
      }
      case 22: {
        const auto place = one_of({"a.n", "a.nil", "a.none", "a.m.x", "v", "i", "a"});
        return "(" + place + " != null && " + place + one_of({" == ", " != ", " < ", " >= "}) + leaf() + ")";
      }
      default: return "(" + sub() + ")[" + sub() + "]";
    }
  }

 private:
  unsigned pick(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }
  std::string one_of(std::initializer_list<const char*> texts) {
    return texts.begin()[pick(static_cast<unsigned>(texts.size()))];
  }
  std::string list() { return one_of({"a.l", "a.ll[0]", "[1, 2u, 3.5]", "a.m", "[]", "['x', 'y']"}); }
  std::string leaf() {
    return one_of({"1",    "0", "-1",  "2u",   "1.5", "0.0", "'x'", "''",  "b'x'",  "true",   "false",
                   "null", "a", "a.n", "a.s",  "a.d", "a.t", "a.l", "a.m", "a.m.x", "a.none", "9223372036854775807",
                   "v",    "i", "'k'", "a.big"});
  }
  std::mt19937 random_;
};

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
  const auto document = socle::json::Document::parse(
      R"({"n":3,"s":"x","d":2.5,"t":true,"l":[1,2,3,-4],"ll":[[1,2],[3]],"m":{"x":1,"k":"v"},"nil":null,"big":18446744073709551615})");
  REQUIRE(document);
  const auto root = Value::json(document->root());
  Activation activation(env);
  activation.set(env.variable("a")->slot, root);
  activation.set(env.variable("v")->slot, Value::integer(7));
  activation.set(env.variable("i")->slot, Value::string("i"));
  Generator generator(20240229);
  std::size_t values = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto source = generator.expression(1 + round % 4);
    INFO(source);
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
