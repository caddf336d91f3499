// steps_test.cpp: how much may be worked between two looks at the interrupt, counted in fuel: what grows with its input
// is paid for in small pieces; what cannot be stopped in the middle pays for what it may come to.
#include <catch2/catch.hpp>
#include <string>

#include "socle/cel/environment.hpp"
#include "socle/cel/pattern_cost.hpp"
#include "socle/cel/program.hpp"
#include "socle/cel/text_steps.hpp"
#include "socle/json/document.hpp"

namespace {

using namespace socle::cel;

struct Run {
  Value value;
  std::uint64_t used = 0;
  std::uint64_t largest = 0;  // taken at once
  std::string error;
};

// `text` and `list` are what the expressions are about.
class Rig {
 public:
  explicit Rig(std::string text, std::string list = "[]") : text_(std::move(text)) {
    REQUIRE(env_.declare_variable("text", TypeKind::string));
    REQUIRE(env_.declare_variable("list", *Type::parse("list(int)")));
    auto parsed = socle::json::Document::parse(list);
    REQUIRE(parsed);
    list_ = *std::move(parsed);
  }
  Run run(const std::string& source, std::uint64_t fuel = 1'000'000'000) {
    INFO(source);
    const auto ast = env_.compile(source);
    REQUIRE(ast);
    program_ = std::make_unique<Program>(*Program::compile(env_, *ast));
    Activation activation(env_);
    activation.set(env_.variable("text")->slot, Value::string(text_));
    activation.set(env_.variable("list")->slot, list_.root());
    arena_ = std::make_unique<Arena>(std::size_t{256} << 20);
    Run out;
    std::uint64_t left = 0;
    Limits limits{.fuel = fuel, .memory = std::size_t{256} << 20, .interval = 1};
    limits.interrupt = [](void*) { return true; };
    limits.largest = &out.largest;
    out.value = program_->evaluate(activation, *arena_, limits, &left);
    out.used = fuel - left;
    if (out.value.is_error()) out.error = program_->describe(out.value);
    return out;
  }

 private:
  Environment env_;
  std::string text_;
  socle::json::Document list_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<Arena> arena_;
};

std::string numbers(int count) {
  std::string out = "[0";
  for (int i = 1; i < count; ++i) out += "," + std::to_string(i * 7 % count);
  return out + "]";
}

constexpr std::uint64_t most_at_once = text_step / 16 + 60;  // a step, and straight-line code

}  // namespace

TEST_CASE("cel steps: patterns over letters of all languages answer on a page of prose within the usual fuel",
          "[cel]") {
  std::string prose;
  while (prose.size() < 1800) prose += "Größe und Ähnliches, ";
  for (const char* source : {R"(text.matches('^[\\p{L} -]{1,50}$'))", R"(text.matches('^\\p{Lu}[\\p{L} ]{0,20}$'))",
                             R"(size(regex.replace(text, '[^\\p{L}\\p{N}]+', '-')) > 0)",
                             R"(size(regex.extractAll(text, '\\p{L}+')) > 0)"}) {
    const auto run = Rig(prose).run(source, 1'000'000);
    INFO(source << ": " << run.used);
    CHECK(run.error.empty());
  }
}

TEST_CASE("cel: what grows with its input is paid for in small pieces", "[cel]") {
  std::string text;
  while (text.size() < 300'000) text += "ab \u00e9-";
  Rig rig(text, numbers(60'000));
  for (const auto* source : {"size(text)",
                             "text.charAt(200000)",
                             "text.substring(100000, 200000)",
                             "text.upperAscii()",
                             "text.lowerAscii()",
                             "text.reverse()",
                             "strings.quote(text)",
                             "text.contains('zz')",
                             "text.indexOf('zz')",
                             "text.indexOf('-', 150000)",
                             "text.lastIndexOf('zz')",
                             "text.replace('a', 'xyz')",
                             "text.replace('', '.')",
                             "text.split(' ')",
                             "text.split('')",
                             "text.split(' ').join('+')",
                             "text.startsWith(text)",
                             "text.endsWith(text)",
                             "text + text",
                             "base64.encode(bytes(text))",
                             "base64.decode(base64.encode(bytes(text)))",
                             "string(bytes(text))",
                             "'%s'.format([text])",
                             "'%s'.format([bytes(text)])",
                             "'%x'.format([text])",
                             "list.map(i, i + 1)",
                             "list.filter(i, i % 2 == 0)",
                             "list.distinct()",
                             "list.sort()",
                             "list.reverse()",
                             "list.slice(1, 50000)",
                             "list + list",
                             "[list, list].flatten()",
                             "list.sum()",
                             "sets.contains(list, list)",
                             "sets.equivalent(list, list)",
                             "list == list",
                             "59999 in list",
                             "'%s'.format([list])",
                             "list.sortBy(i, -i)",
                             "lists.range(list.size() + 40000)",
                             "list.transformMapEntry(i, v, {v: i})",
                             "'%s'.format([list.transformMapEntry(i, v, {v: i})])"}) {
    const auto run = rig.run(source);
    INFO(source << " " << run.error);
    CHECK(run.error.empty());
    CHECK(run.used > 300);
    CHECK(run.largest <= most_at_once);
  }
}

TEST_CASE("cel: what looks at little of a long text takes little fuel", "[cel]") {
  Rig rig(std::string(300'000, 'a'));
  for (const auto* source :
       {"text.charAt(5)", "text.substring(0, 5)", "text.trim()", "text.contains('aa')", "text.indexOf('a')"}) {
    INFO(source);
    CHECK(rig.run(source).used < 2'200);
  }
  Rig blank(std::string(300'000, ' '));
  CHECK(blank.run("text.trim() == ''").used > 100'000);
}

TEST_CASE("cel: a text is looked through for a part once, however many places it stands at", "[cel]") {
  std::string text;
  while (text.size() < 100'000) text += "a,";
  Rig rig(text);
  // Twice through the text, a unit for each piece counted and one for each made, and the copies.
  CHECK(rig.run("text.split(',').size() == 50001").used < 2 * 100'000 / 16 + 2 * 50'001 + 1'000);
  CHECK(rig.run("text.replace(',', ';').size() == 100000").used < 3 * 100'000 / 16 + 2 * 50'000 + 10'000);
}

TEST_CASE("cel: a pattern pays for all the places that it may be at", "[cel]") {
  Rig rig(std::string(60'000, 'a'));
  // It may be at 900 places of the pattern for every character, and took a second.
  const auto many = rig.run("text.matches('(a|b)*a(a|b){900}c')", 1'000'000);
  CHECK(many.error.find("needs more fuel") != std::string::npos);
  CHECK(rig.run("text.matches('a+$')", 1'000'000).used < 100'000);
  CHECK(rig.run("regex.extract(text, '(a|b)*a(?:a|b){900}c').hasValue()", 1'000'000).error.find("needs more fuel") !=
        std::string::npos);
  // A computed pattern pays for its program as well, before it is made.
  Rig small("x");
  const auto computed = [&](const std::string& pattern) {
    return small.run("text.matches(text.substring(0, 0) + r'" + pattern + "')").used;
  };
  CHECK(computed("a{1000}") > computed("a") + 15'000);
  CHECK(computed("(a{100}){10}") > computed("a") + 15'000);
  CHECK(computed("\\pL") > computed("a") + 20'000);
  CHECK(computed("[a-z0-9._%+-]+@[a-z0-9.-]+") < 2'000);
}

TEST_CASE("cel: the fuel of making a pattern follows its groups, classes and repetitions", "[cel]") {
  CHECK(making_fuel("") == 200);
  CHECK(making_fuel("abc") == 260);
  CHECK(making_fuel("a{3}b") == 200 + 20 * 4);
  CHECK(making_fuel("(ab){3,5}") == 200 + 20 * 20);
  CHECK(making_fuel("[0-9]{4}") == 200 + 20 * 16);
  CHECK(making_fuel("\\d{2,}") == 200 + 20 * 8);
  CHECK(making_fuel("((a{1000}){1000}){1000}") == most_making_fuel);
  // What is no pattern costs something, too, and ends.
  for (const auto* wrong : {"(", ")", "[", "{", "a{", "a{x}", "\\", "[\\", ")))(((", "a{99999999999999999999}", "[]a"})
    CHECK(making_fuel(wrong) < 1'000);
}

TEST_CASE("cel: long texts that are read as numbers and moments are paid for, or none", "[cel]") {
  Rig digits(std::string(2'000, '1'));
  CHECK(digits.run("int(text)").error.find("is no int") != std::string::npos);
  CHECK(digits.run("double(text)").error.find("is no double") != std::string::npos);
  CHECK(digits.run("duration(text + 's')").error.find("is no duration") != std::string::npos);
  Rig moment("2024-05-01T10:00:00." + std::string(100'000, '0') + "Z");
  CHECK(moment.run("timestamp(text) == timestamp('2024-05-01T10:00:00Z')").used > 10'000);
  // The system is asked for a zone it does not know each time.
  CHECK(digits.run("timestamp('2024-05-01T10:00:00Z').getHours('No/' + text.substring(0, 5))").used > 1'000);
}

TEST_CASE("cel: a message about a long text shows the beginning of it", "[cel]") {
  Rig rig(std::string(100'000, 'x'));
  const auto run = rig.run("{'a': 1}[text]");
  CHECK(run.error.size() < 500);
  CHECK(run.error.find("no such key: \"xxx") != std::string::npos);
  CHECK(shown(Value::string(std::string(150, 'x') + "\u00e9\u00e9")) ==
        to_text(Value::string(std::string(150, 'x') + "\u00e9\u00e9")));
  const std::string accents = [] {
    std::string out = "x";
    for (int i = 0; i < 200; ++i) out += "\u00e9";
    return out;
  }();
  CHECK(shown(Value::string(accents)) == "\"" + accents.substr(0, 199) + "\"\u2026");
}

TEST_CASE("cel: values of programs that follow one another do not nest without end", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("held", Type()));
  const auto program = Program::compile(env, *env.compile(std::string(100, '[') + "held" + std::string(100, ']')));
  REQUIRE(program);
  Arena arena(std::size_t{64} << 20);
  Activation activation(env);
  auto value = Value::integer(1);
  int rounds = 0;
  for (; rounds < 50 && !value.is_error(); ++rounds) {
    activation.set(env.variable("held")->slot, value);
    value = program->evaluate(activation, arena, {.memory = std::size_t{64} << 20});
  }
  CHECK(rounds == 11);
  REQUIRE(value.is_error());
  CHECK(program->describe(value).find("nested deeper than 1000 levels") != std::string::npos);
  const auto inner = Value::integer(1);
  CHECK(Value::optional(&inner).depth() == 1);
  CHECK(make_map(arena, {{Value::string("a"), make_list(arena, {Value(), make_list(arena, {})})}}).depth() == 3);
}
