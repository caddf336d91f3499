// limits_test.cpp: expressions made to explode are refused or stopped, and a host can interrupt.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "socle/json/document.hpp"
#include "unit/cel/evaluating.hpp"

using cel_test::evaluate;
using namespace socle::cel;

namespace {
std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}
}  // namespace

TEST_CASE("cel: nested comprehensions run out of fuel", "[cel]") {
  const std::string ten = "[1,2,3,4,5,6,7,8,9,10]";
  std::string source = "true";
  for (char c = 'a'; c < 'm'; ++c) source = ten + ".all(" + c + ", " + source + ")";
  const auto start = std::chrono::steady_clock::now();
  const auto out = evaluate(Environment(), source, true, {.fuel = 100000});
  CHECK(out.error.find("more fuel than it is allowed") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}

TEST_CASE("cel: doubling strings and lists runs out of memory or fuel", "[cel]") {
  std::string text = "'0123456789'";
  std::string list = "[1, 2, 3, 4]";
  for (int i = 0; i < 40; ++i) {
    text = "cel.bind(s, " + text + ", s + s)";
    list = "cel.bind(s, " + list + ", s + s)";
  }
  const Environment env;
  for (const auto& source : {text, list}) {
    const auto out = evaluate(env, "size(" + source + ") > 0", true, {.memory = 1 << 20});
    CHECK(out.error.find("than it is allowed") != std::string::npos);
    const auto starved = evaluate(env, "size(" + source + ") > 0", true, {.fuel = 1000});
    CHECK(starved.error.find("more fuel") != std::string::npos);
  }
}

TEST_CASE("cel: a stop is not absorbed by ||", "[cel]") {
  const auto out = evaluate(Environment(), "lists.range(1000000).all(x, x >= 0) || true", true, {.fuel = 1000}, false);
  CHECK(out.error.find("more fuel") != std::string::npos);
}

TEST_CASE("cel: a pattern that was folded away is none of those that a program holds", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("a", TypeKind::string));
  const auto compiled = [&](const char* source) {
    auto program = Program::compile(env, *env.compile(source));
    REQUIRE(program);
    return *std::move(program);
  };
  const auto one = compiled("a.matches('^b+$')");
  CHECK(one.live_pattern_bytes() > 0);
  CHECK(one.live_pattern_bytes() == one.pattern_bytes());
  CHECK(one.live_pattern_bytes() < one.bytes());
  const auto folded = compiled("'abc'.matches('^a')");
  CHECK(folded.live_pattern_bytes() == 0);
  CHECK(folded.pattern_bytes() > folded.bytes());
  // In a branch that is never taken, too.
  for (const auto* source : {"'abc'.matches('^a') && a.matches('^b+$')", "false ? a.matches('^a') : a.matches('^b+$')",
                             "a.matches('^b+$') || ['abc'].exists(x, x.matches('^a')) && false"}) {
    INFO(source);
    CHECK(compiled(source).live_pattern_bytes() == one.live_pattern_bytes());
  }
}

TEST_CASE("cel: deep nesting and long chains are refused by the parser", "[cel]") {
  const Environment env;
  for (const auto& source :
       {repeated("(", 5000) + "1" + repeated(")", 5000), repeated("[", 5000), "1" + repeated("+1", 5000),
        "a" + repeated(".b", 5000), "a" + repeated("[0]", 5000), repeated("true ? true : ", 3000) + "true",
        repeated("-(", 3000) + "1" + repeated(")", 3000)}) {
    const auto out = evaluate(env, source, false);
    INFO(source.substr(0, 20) << ": " << out.refusal.substr(0, 200) << out.text << out.error);
    CHECK(out.refusal.find("deep") != std::string::npos);
  }
  CHECK(evaluate(env, "true" + repeated(" && true", 5000)).text == "true");  // balanced: not deep at all
}

TEST_CASE("cel: a source beyond the limit is refused", "[cel]") {
  CHECK(evaluate("'" + repeated("x", 70000) + "'").refusal.find("at most 65536 are allowed") != std::string::npos);
}

TEST_CASE("cel: huge ranges, formats and replacements are stopped before they are built", "[cel]") {
  const Environment env;
  for (const auto* source : {"lists.range(2000000000).size()",
                             "size('x'.replace('', 'y'.replace('', '%s'))) < 0 || lists.range(900000000) == []",
                             "'%.99999999f'.format([1.0])"}) {
    const auto out = evaluate(env, source);
    INFO(source);
    CHECK(!out.error.empty());
  }
}

TEST_CASE("cel: what is gathered before its size is known counts against the memory of the evaluation", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("text", TypeKind::string));
  REQUIRE(env.declare_variable("list", *Type::parse("list(list(int))")));
  const std::string text(500'000, 'a');
  std::string numbers = "0";
  for (int i = 1; i < 60'000; ++i) numbers += "," + std::to_string(i);
  const auto list = socle::json::Document::parse("[[" + numbers + "]]");
  REQUIRE(list);
  Activation activation(env);
  activation.set(env.variable("text")->slot, Value::string(text));
  activation.set(env.variable("list")->slot, list->root());
  for (const auto* source :
       {"text.split('').size() > 0", "text.split('a').size() > 0", "regex.extractAll(text, 'a').size() > 0",
        "regex.replace(text, 'aa', 'bbbbbb').size() > 0", "regex.replace(text, '^a+$', r'\\0\\0\\0').size() > 0",
        "list.flatten().size() > 0", "list[0].distinct().size() > 0", "list[0].sort().size() > 0"}) {
    for (const bool optimize : {true, false}) {
      INFO(source);
      const auto program = Program::compile(env, *env.compile(source), {optimize});
      REQUIRE(program);
      Arena arena;
      const auto value =
          program->evaluate(activation, arena, {.fuel = 1'000'000'000'000, .memory = std::size_t{1} << 20});
      REQUIRE(value.is_error());
      CHECK(value.error_info().code == ErrorCode::out_of_memory);
      CHECK(arena.held() <= std::size_t{3} << 19);
      CHECK(
          program->evaluate(activation, arena, {.fuel = 1'000'000'000'000, .memory = std::size_t{64} << 20}).is_true());
    }
  }
}

TEST_CASE("cel: long lists and texts are made with a look at the interrupt in between", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("text", TypeKind::string));
  const std::string text(200'000, 'a');
  Activation activation(env);
  activation.set(env.variable("text")->slot, Value::string(text));
  struct Clock {
    const Arena& arena;
    std::size_t asked = 0;
    std::size_t while_held = 0;  // asked after the result had its place
  };
  for (const auto* source :
       {"lists.range(200000).size() > 0", "text.split('').size() > 0", "text.split('a').size() > 0"}) {
    INFO(source);
    const auto program = Program::compile(env, *env.compile(source), {false});
    REQUIRE(program);
    Arena arena;
    Clock clock{arena};
    Limits limits;
    limits.fuel = 1'000'000'000;
    limits.interval = 5'000;
    limits.data = &clock;
    limits.interrupt = [](void* data) {
      auto& at = *static_cast<Clock*>(data);
      ++at.asked;
      if (at.arena.used() >= 200'000 * sizeof(Value)) ++at.while_held;
      return true;
    };
    CHECK(program->evaluate(activation, arena, limits).is_true());
    CHECK(clock.while_held >= 39);
  }
}

TEST_CASE("cel: long texts come out as short ones do", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("text", TypeKind::string));
  std::string text;
  while (text.size() < 100'000) text += "ab\u00e9-";
  Activation activation(env);
  activation.set(env.variable("text")->slot, Value::string(text));
  for (const auto* source :
       {"text.split('-').join('-') == text", "text.split('').join() == text", "text.reverse().reverse() == text",
        "text.replace('-', '+').replace('+', '-') == text",
        "regex.replace(text, '-', r'\\\\0') == text.replace('-', r'\\0')",
        "regex.replace(text, '(a)(b)', r'\\2\\1') == text.replace('ab', 'ba')",
        "(text + text).size() == 2 * text.size()", "text.split('', 3) == ['a', 'b', text.substring(2)]",
        "text.split('-', 1) == [text]", "''.split('') == []", "''.split('-') == ['']", "'a-'.split('-') == ['a', '']",
        "text.replace('', '.', 2).startsWith('.a.b')", "lists.range(5001).reverse().reverse() == lists.range(5001)",
        "(lists.range(3000) + lists.range(3000)).distinct() == lists.range(3000)",
        "[lists.range(3000), lists.range(3000)].flatten().sort().slice(4, 6) == [2, 2]",
        "regex.extractAll(text, '[a-z]b').distinct() == ['ab']"}) {
    for (const bool optimize : {true, false}) {
      INFO(source);
      const auto ast = env.compile(source);
      REQUIRE(ast);
      const auto program = Program::compile(env, *ast, {optimize});
      REQUIRE(program);
      Arena arena(std::size_t{64} << 20);
      const auto value = program->evaluate(activation, arena, {.fuel = 1'000'000'000, .memory = std::size_t{64} << 20});
      INFO((value.is_error() ? program->describe(value) : to_text(value)));
      CHECK(value.is_true());
    }
  }
}

TEST_CASE("cel: a computed pattern is limited and cannot backtrack", "[cel]") {
  const auto computed = evaluate("lists.range(1).exists(i, 'a'.matches('" + repeated("a", 300) + "' + string(i)))");
  CHECK(computed.error.find("at most 256 bytes") != std::string::npos);
  CHECK(evaluate("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('(a+)+$')").text == "false");
  CHECK(evaluate("'a'.matches('((a{1000}){1000}){1000}')").refusal.find("bad regular expression") != std::string::npos);
}

TEST_CASE("cel: integer edges are errors, never wrap", "[cel]") {
  for (const auto* source : {"-9223372036854775807 - 2", "9223372036854775807 * 2", "-(-9223372036854775807 - 1)",
                             "(-9223372036854775807 - 1) / -1", "math.abs(-9223372036854775807 - 1)", "0u - 1u",
                             "[9223372036854775807, 1].sum()", "int(9.3e18)", "uint(-1.5)"}) {
    INFO(source);
    CHECK(!evaluate(source).error.empty());
  }
}

TEST_CASE("cel: the host is asked every so much fuel and may end the evaluation", "[cel]") {
  int asked = 0;
  Limits limits;
  limits.interval = 100;
  limits.data = &asked;
  limits.interrupt = [](void* data) { return ++*static_cast<int*>(data) < 5; };
  const auto out = evaluate(Environment(), "lists.range(1000).map(x, x + 1).size()", true, limits);
  CHECK(asked == 5);
  CHECK(out.error.find("interrupted") != std::string::npos);
}

TEST_CASE("cel: checking a source full of type variables takes linear time", "[cel]") {
  const auto source = "true" + repeated("||[]==[]", 8000);
  const auto start = std::chrono::steady_clock::now();
  CHECK(evaluate(source).text == "true");
  CHECK(evaluate(Environment(), "[" + repeated("{},", 16000) + "].size()", true, {.memory = std::size_t{16} << 20})
            .text == "16000");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("cel: types do not grow with maps used as keys", "[cel]") {
  std::string source = "{1: 1}";
  for (int i = 0; i < 60; ++i) source = "cel.bind(m, " + source + ", {m: m})";
  CHECK(evaluate("size(" + source + ") > 0").error.find("cannot be a map key") != std::string::npos);
}

TEST_CASE("cel: values that share their parts many times over are paid for as often as they are looked at", "[cel]") {
  std::string source = "lists.range(2)";
  for (int i = 0; i < 60; ++i) source = "cel.bind(s, " + source + ", [s, s])";
  for (const auto* question : {"v == v", "v in [v]", "{'a': v} == {'a': v}", "[v, v].distinct().size() == 1",
                               "sets.contains([v], [v])", "'%s'.format([v]) == ''", "v[0] in {1: 2}"}) {
    const auto start = std::chrono::steady_clock::now();
    const auto out = evaluate("cel.bind(v, " + source + ", " + question + ")");
    INFO(question << " " << out.text << out.refusal);
    CHECK((out.error.find("than it is allowed") != std::string::npos || std::string(question) == "v[0] in {1: 2}"));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  }
}

TEST_CASE("cel: values of one hash cost fuel for each that is looked at", "[cel]") {
  const auto taken = [](const std::string& source) {
    const auto start = std::chrono::steady_clock::now();
    const auto out = evaluate(Environment(), source, true, {.memory = std::size_t{64} << 20});
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
    return out.error.empty() ? out.text : out.error;
  };
  // NaN equals nothing and need not be looked for.
  CHECK(taken("lists.range(50000).map(i, 0.0 / 0.0).distinct().size()") == "50000");
  // Beyond 2^53 neighbouring whole numbers have one hash, that of the double they are compared as.
  const std::string crowded = "lists.range(50000).map(i, 4611686018427387904 + i)";
  CHECK(taken(crowded + ".distinct().size()").find("needs more fuel") != std::string::npos);
  CHECK(taken("cel.bind(l, " + crowded + ", sets.contains(l, l))").find("needs more fuel") != std::string::npos);
  CHECK(taken("cel.bind(l, lists.range(50000).map(i, 7), sets.equivalent(l, l))") == "true");
  const auto keys = [](int count, const char* key) {
    return "lists.range(" + std::to_string(count) + ").transformMapEntry(i, v, {" + key + ": v})";
  };
  CHECK(taken(keys(20000, "4611686018427387904 + v") + ".size()").find("needs more fuel") != std::string::npos);
  CHECK(taken(keys(20000, "v") + ".size()") == "20000");
  const auto asked = [&](const char* question) {
    return taken("cel.bind(m, " + keys(500, "4611686018427387904 + v") + ", lists.range(10000).all(i, " + question +
                 "))");
  };
  CHECK(asked("m[4611686018427388303] == 399").find("needs more fuel") != std::string::npos);
  CHECK(asked("4611686018427388303 in m").find("needs more fuel") != std::string::npos);
  CHECK(asked("m[?4611686018427388303].hasValue()").find("needs more fuel") != std::string::npos);
  CHECK(asked("m == m").find("needs more fuel") != std::string::npos);
  CHECK(asked("!(dyn([i]) in m)") == "true");
}

TEST_CASE("cel: a guard and what it guards read the field once", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("a", *Type::parse("map(string, dyn)")));
  const auto cost = [&](const char* source, bool optimize) {
    return Program::compile(env, *env.compile(source), {optimize})->base_cost();
  };
  CHECK(cost("has(a.x) && a.x > 5", true) == cost("a.x > 5", true));
  CHECK(cost("a.x != null && a.x > 5", true) == cost("a.x > 5", true));
  CHECK(cost("has(a.x) && a.x > 5", false) > cost("a.x > 5", false));
  CHECK(cost("has(a.y) && a.x > 5", true) > cost("a.x > 5", true));
  CHECK(cost("has(a.x) && a.x != null && a.x > 5", true) == cost("a.x > 5", true));
}

TEST_CASE("cel: what is left out of && and || leaves every value and error as it was", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("a", *Type::parse("map(string, dyn)")));
  const auto seen = [&](const char* source, const char* text, bool optimize) -> std::string {
    const auto document = socle::json::Document::parse(text);
    REQUIRE(document);
    Activation activation(env);
    activation.set(env.variable("a")->slot, Value::json(document->root()));
    Arena arena;
    const auto program = Program::compile(env, *env.compile(source), {optimize});
    REQUIRE(program);
    const auto value = program->evaluate(activation, arena);
    return value.is_error() ? "an error" : to_text(value);
  };
  for (const bool optimize : {true, false}) {
    INFO(optimize);
    for (const auto* guarded : {"has(a.x) && a.x != null && a.x > 5", "has(a.x) && (a.x != null && a.x > 5)",
                                "(has(a.x) && a.x != null) && a.x > 5"}) {
      CHECK(seen(guarded, "{}", optimize) == "false");
      CHECK(seen(guarded, R"({"x":null})", optimize) == "false");
      CHECK(seen(guarded, R"({"x":5})", optimize) == "false");
      CHECK(seen(guarded, R"({"x":6})", optimize) == "true");
      CHECK(seen(guarded, R"({"x":"6"})", optimize) == "an error");
    }
    // The checker takes the element to be bool, because || wants one.
    CHECK(seen("false || a.l.last().value()", R"({"l":[2]})", optimize) == "an error");
    CHECK(seen("a.l.last().value() && true", R"({"l":[2]})", optimize) == "an error");
    CHECK(seen("false || a.l.last().value()", R"({"l":[true]})", optimize) == "true");
  }
}
