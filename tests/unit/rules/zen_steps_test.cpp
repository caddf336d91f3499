// zen_steps_test.cpp: how much the functions zen.* may work between two looks at the interrupt, counted in fuel.
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "socle/cel/program.hpp"
#include "socle/cel/text_steps.hpp"
#include "socle/json/document.hpp"
#include "zen/functions.hpp"

namespace {

using namespace socle;

struct Run {
  std::string value;  // or "error: …"
  std::uint64_t used = 0;
  std::uint64_t largest = 0;  // taken at once
};

Run run(const std::string& source, const std::string& input) {
  cel::Environment env(rules::zen_environment());
  REQUIRE(env.declare_variable("input", cel::Type()));
  REQUIRE(env.declare_variable("now", cel::TypeKind::timestamp));
  const auto ast = env.compile(source);
  INFO(source);
  REQUIRE(ast);
  const auto program = cel::Program::compile(env, *ast);
  REQUIRE(program);
  const auto document = json::Document::parse(input);
  REQUIRE(document);
  cel::Activation activation(env);
  activation.set(env.variable("input")->slot, document->root());
  activation.set(env.variable("now")->slot, cel::Value::timestamp(1714557600, 0));
  cel::Arena arena(std::size_t{64} << 20);
  Run out;
  constexpr std::uint64_t fuel = 100'000'000;
  std::uint64_t left = 0;
  cel::Limits limits{.fuel = fuel, .memory = std::size_t{64} << 20, .interval = 1};
  limits.interrupt = [](void*) { return true; };
  limits.largest = &out.largest;
  const auto value = program->evaluate(activation, arena, limits, &left);
  out.used = fuel - left;
  out.value = value.is_error() ? "error: " + std::string(value.error_info().message) : cel::shown(value);
  return out;
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("zen: what grows with its input is paid for in small pieces", "[rules]") {
  std::string list = "0";
  std::string pairs = R"(["k0",0])";
  std::string object = R"("k0":0)";
  for (int i = 1; i < 20'000; ++i) {
    const auto number = std::to_string(i);
    list += "," + number;
    pairs += R"(,["k)" + number + "\"," + number + "]";
    object += R"(,"k)" + number + "\":" + number;
  }
  const auto input = R"({"t":")" + repeated("ab \u00e9-", 40'000) + R"(","u":")" + repeated("a", 100'000) +
                     R"(","blank":")" + repeated(" ", 50'000) + R"(","l":[)" + list + R"(],"p":[)" + pairs +
                     R"(],"o":{)" + object + "}}";
  constexpr std::uint64_t most_at_once = cel::text_step / 16 + 60;
  for (const auto* source : {"zen.contains(input.t, 'zz')",
                             "zen.contains(input.u, input.u.substring(1) + 'b')",
                             "zen.contains(input.l, -1)",
                             "zen.within(-1, input.l)",
                             "zen.upper(input.t)",
                             "zen.lower(input.t)",
                             "zen.trim(input.blank)",
                             "zen.startsWith(input.t, input.t)",
                             "zen.endsWith(input.t, input.t)",
                             "zen.split(input.t, ' ')",
                             "zen.split(input.u, 'zz')",
                             "zen.object(input.p)",
                             "zen.nest(input.p)",
                             "zen.put(null, input.p)",
                             "zen.keys(input.o)",
                             "zen.values(input.o)",
                             "zen.row(input.o)",
                             "zen.passed(input.o, input.o)",
                             "zen.merge([input.l, input.l])",
                             "zen.merge([input.o, input.o])",
                             "zen.mergeDeep([input.o, input.o])",
                             "zen.flatten([input.l, input.l])",
                             "zen.sum(input.l)",
                             "zen.median(input.l)",
                             "zen.items(zen.interval(1, 20000, '[]'))",
                             "zen.fuzzyMatch(input.u.substring(0, 4000), input.u.substring(0, 3000))"}) {
    const auto one = run(source, input);
    INFO(source << " " << one.value);
    CHECK_FALSE(one.value.starts_with("error: "));
    CHECK(one.used > 300);
    CHECK(one.largest <= most_at_once);
  }
}

TEST_CASE("zen: what cannot be stopped in the middle pays for what it may come to", "[rules]") {
  const auto input = R"({"t":")" + repeated("a", 20'000) + R"(","a":"a","near":1.0001,"two":2})";
  CHECK(run("zen.matches(input.t, '(a|b)*a(a|b){900}c')", input).used > 1'000'000);
  CHECK(run("zen.matches(input.t, '^a+$')", input).used < 50'000);
  CHECK(run("zen.matches(input.a, 'a{1000}')", input).used > 15'000);
  CHECK(run("zen.power(input.near, 1000)", input).used > 20'000);
  CHECK(run("zen.power(input.two, 3)", input).used < 200);
  CHECK(run("zen.d(input.a, now)", input).used > 1'000);
  CHECK(run("zen.number(input.t)", input).value.size() < 500);
}

TEST_CASE("zen: an object of many members has each of them, however it is made", "[rules]") {
  std::string pairs;
  for (int i = 0; i < 500; ++i)
    pairs += (i == 0 ? "" : ",") + std::string(R"(["a)") + std::to_string(i % 300) + ".b\"," + std::to_string(i) + "]";
  const auto input = R"({"p":[)" + pairs + "]}";
  CHECK(run("size(zen.object(input.p)) == 300 && zen.object(input.p)['a7.b'] == 307", input).value == "true");
  CHECK(run("size(zen.nest(input.p)) == 300 && zen.nest(input.p).a7.b == 307 && zen.nest(input.p).a299.b == 299", input)
            .value == "true");
}

TEST_CASE("zen: a path of names does not lead deeper than a stack is", "[rules]") {
  const auto path = [](int names) { return R"({"k":"a)" + repeated(".a", names - 1) + R"("})"; };
  CHECK(run("zen.nest([[input.k, 1]]) != null", path(64)).value == "true");
  for (const auto* source : {"zen.nest([[input.k, 1]])", "zen.put({}, [[input.k, 1]])"}) {
    CHECK(run(source, path(65)).value == "error: a key names at most 64 places inside one another");
    CHECK(run(source, path(100'000)).value == "error: a key names at most 64 places inside one another");
  }
  // A table's outputs and members of a record lead nowhere then.
  CHECK(run("zen.row({input.k: 1}) != null", path(100'000)).value == "true");
}
