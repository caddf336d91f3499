// zen_test.cpp: ZEN expressions and cells, translated to CEL and evaluated.
#include <catch2/catch.hpp>

#include "socle/cel/json_form.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"
#include "zen/functions.hpp"
#include "zen/number.hpp"
#include "zen/translate.hpp"

namespace {

using namespace socle;
namespace zen = rules::zen;

// The value as JSON, or "refused: …" / "error: …".
std::string value_of(const std::string& expression, const std::string& input = "{}") {
  static const auto environment = [] {
    cel::Options options;
    options.mixed_numbers = true;
    auto env = std::make_unique<cel::Environment>(options);
    rules::declare_zen_functions(*env);
    (void)env->declare_variable("input", cel::Type());
    (void)env->declare_variable("now", cel::TypeKind::timestamp);
    return env;
  }();
  const auto text = zen::to_cel(expression, {"input", "null", {}, {}});
  if (!text) return "refused: " + text.error().message;
  const auto ast = environment->compile("zen.result(" + *text + ")");
  if (!ast) return "refused: " + ast.error().message + " of " + *text;
  const auto program = cel::Program::compile(*environment, *ast);
  const auto document = json::Document::parse(input);
  cel::Activation activation(*environment);
  activation.set(environment->variable("input")->slot, document->root());
  activation.set(environment->variable("now")->slot, cel::Value::timestamp(1714557600, 0));
  cel::Arena arena;
  const auto value = program->evaluate(activation, arena);
  if (value.is_error()) return "error: " + std::string(value.error_info().message);
  return *cel::to_json(value);
}

struct Row {
  std::string expression;
  std::string value;
  std::string input = "{}";
};

void all_are(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    INFO(row.expression << "  " << row.input);
    CHECK(value_of(row.expression, row.input) == row.value);
  }
}

}  // namespace

TEST_CASE("zen: numbers are decimals", "[rules]") {
  all_are({{"0.1 + 0.2", "0.3"},
           {"0.1 * 0.2", "0.02"},
           {"1 / 3", "0.3333333333333333333333333333"},
           {"2 / 3 * 3", "2"},
           {"10 / 0", "null"},
           {"7 % 3", "1"},
           {"-7.5 % 2", "-1.5"},
           {"2 ^ 10", "1024"},
           {"2 ^ -2", "0.25"},
           {"2 + 3 * 4 ^ 2 / 2", "26"},
           {"(2 + 3) * 4", "20"},
           {"1.5e3", "1500"},
           {"-x + 1", "-1", R"({"x":2})"},
           {"x * 1.1", "110", R"({"x":100})"},
           {"x + 0.1", "0.4", R"({"x":0.3})"},
           {"round(2.345, 2)", "2.35"},
           {"round(-2.5)", "-3"},
           {"floor(-1.1)", "-2"},
           {"ceil(1.1)", "2"},
           {"trunc(9.99, 1)", "9.9"},
           {"abs(-3.5)", "3.5"},
           {"99999999999999999999 + 1", "100000000000000000000"}});
}

TEST_CASE("zen: what is missing is null, what cannot be done is an error", "[rules]") {
  all_are({{"a.b.c", "null"},
           {"a.b[3].c ?? 'none'", "\"none\"", R"({"a":{"b":[1]}})"},
           {"null ?? null ?? 7", "7"},
           {"a == null", "true"},
           {"a != 'x'", "true"},
           {"items[0] + items[1]", "5", R"({"items":[2,3]})"},
           {"name[0]", "\"a\"", R"({"name":"ada"})"},
           {"[1, 2] == [1, 2]", "false"}});
  CHECK(value_of("a + 1").starts_with("error: + wants two numbers; found null and 1"));
  CHECK(value_of("a > 1").starts_with("error: "));
  CHECK(value_of("not 1").starts_with("error: a condition is true or false"));
  CHECK(value_of("rand(5)").starts_with("refused: rand() gives another answer each time"));
  CHECK(value_of("nothing(1)") == "refused: there is no translation for the function nothing()");
  CHECK(value_of("1 +").starts_with("refused: 1:4: wanted a value, found the end"));
  CHECK(value_of("[1, 2").starts_with("refused: "));
  CHECK(value_of(std::string(100, '(') + "1" + std::string(100, ')')).find("nested too deeply") != std::string::npos);
}

TEST_CASE("zen: logic goes from left to right and stops where it is decided", "[rules]") {
  all_are({{"false and a > 1", "false"},
           {"true or a > 1", "true"},
           {"not false and true", "true"},
           {"!(1 == 2)", "true"},
           {"1 < 2 and 2 >= 2 or false", "true"},
           {"x > 5 ? 'big' : x > 2 ? 'middle' : 'small'", "\"middle\"", R"({"x":3})"}});
  CHECK(value_of("a > 1 or true").starts_with("error: "));
}

TEST_CASE("zen: lists, intervals and closures", "[rules]") {
  all_are({{"5 in [1..5]", "true"},
           {"5 in [1..5)", "false"},
           {"1 not in (1..5]", "true"},
           {"'b' in ['a', 'b']", "true"},
           {"map([1, 2, 3], # * 2)", "[2,4,6]"},
           {"filter([1..5], # % 2 == 0)", "[2,4]"},
           {"some(list, #.ok)", "true", R"({"list":[{"ok":false},{"ok":true}]})"},
           {"all(list, #.n > 0)", "false", R"({"list":[{"n":1},{"n":0}]})"},
           {"none([1, 2], # > 2)", "true"},
           {"one([1, 2, 2], # == 1)", "true"},
           {"count([1, 2, 2], # == 2)", "2"},
           {"flatMap([[1], [2, 3]], #)", "[1,2,3]"},
           {"map(orders as o, map(o.items as i, o.id + i))", "[[11,12],[23]]",
            R"({"orders":[{"id":10,"items":[1,2]},{"id":20,"items":[3]}]})"},
           {"sum(map(list, #.n))", "3.5", R"({"list":[{"n":1.5},{"n":2}]})"},
           {"avg([1, 2])", "1.5"},
           {"min([3, 1, 2]) + max([3, 1, 2])", "4"},
           {"median([4, 1, 3, 2])", "2.5"},
           {"mode([1, 2, 2, 3])", "2"},
           {"list[1:2]", "[2,3]", R"({"list":[1,2,3]})"},
           {"len(['a', 'b'])", "2"},
           {"keys({a: 1, 'b c': 2})", R"(["a","b c"])"},
           {"values({a: 1, b: 2})", "[1,2]"},
           {"{[`k${1 + 1}`]: 5}", R"({"k2":5})"},
           {"merge([{a: 1}, {a: 2, b: 3}])", R"({"a":2,"b":3})"},
           {"mergeDeep([{a: {x: 1}}, {a: {y: 2}}])", R"({"a":{"x":1,"y":2}})"},
           {"flatten([[1], 2, [3]])", "[1,2,3]"}});
}

TEST_CASE("zen: texts", "[rules]") {
  all_are({{"'a' + \"b\"", "\"ab\""},
           {"`Hi ${name}, ${1 + 1}!`", "\"Hi Ann, 2!\"", R"({"name":"Ann"})"},
           {"upper('aé') + lower('BÉ')", "\"AÉbé\""},
           {"trim('  a ')", "\"a\""},
           {"contains('hello', 'ell') and startsWith('hello', 'he') and endsWith('hello', 'lo')", "true"},
           {"matches('a-12', '^[a-z]-[0-9]+$')", "true"},
           {"extract('2024-05', '([0-9]+)-([0-9]+)')", R"(["2024-05","2024","05"])"},
           {"split('a,b', ',')", R"(["a","b"])"},
           {"fuzzyMatch('world', 'hello')", "0.2"},
           {"string(1.50)", "\"1.5\""},
           {"number(' 12.50 ') + number(true)", "13.5"},
           {"bool('false') or isNumeric('1e3')", "true"},
           {"type(1) + type('') + type(null) + type([]) + type({})", R"("numberstringnullarrayobject")"},
           {"text[0:2]", "\"hel\"", R"({"text":"hello"})"}});
  CHECK(value_of("matches('a', '(')").starts_with("error: the pattern is wrong"));
}

TEST_CASE("zen: the older date functions count seconds", "[rules]") {
  all_are({{"date('2024-05-01T12:00:00Z')", "1714564800"},
           {"date('2024-05-01') + duration('1d 2h')", "1714615200"},
           {"date('now')", "1714557600"},
           {"time('22:30')", "81000"},
           {"year('2024-05-01') + monthOfYear('2024-05-01') + dayOfMonth('2024-05-01')", "2030"},
           {"dayOfWeek('2024-05-05')", "7"},
           {"weekOfYear('2021-01-03')", "53"},
           {"dayOfYear('2024-12-31')", "366"},
           {"monthString('2024-05-01') + weekdayString('2024-05-01')", "\"MayWed\""},
           {"dateString(startOf('2024-05-15 10:20:30', 'month'))", "\"2024-05-01 00:00:00\""},
           {"dateString(endOf('2024-02-15', 'M'))", "\"2024-02-29 23:59:59\""}});
}

TEST_CASE("zen: d() and its methods", "[rules]") {
  all_are({{"d('2024-05-01')", "\"2024-05-01T00:00:00Z\""},
           {"d('2024-05-01 14:30', 'Europe/Berlin')", "\"2024-05-01T14:30:00+02:00\""},
           {"d('2024-01-31').add(1, 'month')", "\"2024-02-29T00:00:00Z\""},
           {"d('2024-05-01').add('1d 5h').sub('1h')", "\"2024-05-02T04:00:00Z\""},
           {"d('2024-05-01').isBefore(d('2024-05-02'))", "true"},
           {"d('2024-05-15').isSame(d('2024-05-01'), 'month')", "true"},
           {"d('2024-05-15').isAfter('2024-05-01', 'month')", "false"},
           {"d('2024-05-15').startOf('week')", "\"2024-05-13T00:00:00Z\""},
           {"d('2024-05-15').endOf('quarter')", "\"2024-06-30T23:59:59Z\""},
           {"d('2024-05-15').set('year', 2025).year()", "2025"},
           {"d('2024-05-15').diff('2024-05-01', 'day')", "14"},
           {"d('2024-05-15').diff('2024-01-01', 'months')", "4"},
           {"d('2024-05-15').format('%d.%m.%Y %A')", "\"15.05.2024 Wednesday\""},
           {"d('2024-05-15T00:00:00Z').tz('America/New_York')", "\"2024-05-14T20:00:00-04:00\""},
           {"d('nonsense').isValid()", "false"},
           {"d().isToday() and d().sub('1d').isYesterday()", "true"},
           {"d('2024-05-15') > d('2024-05-14')", "true"},
           {"d('2024-05-15').quarter() + d('2024-05-15').weekday()", "5"},
           {"max([d('2024-05-15'), d('2024-05-16')])", "\"2024-05-16T00:00:00Z\""},
           {"d('2024-05-15').timestamp()", "1715731200000"}});
}

TEST_CASE("zen: assignments build an object, each seen by the next", "[rules]") {
  all_are({{"a = 5; b = a * 2", R"({"a":5,"b":10})"},
           {"user.name = 'Eve'; user.name + '!'", "\"Eve!\""},
           {"x.y = 1; x.z = 2; x", R"({"w":0,"y":1,"z":2})", R"({"x":{"w":0}})"}});
}

TEST_CASE("zen: cells of constants become our shorthand, others conditions", "[rules]") {
  const zen::Scope scope{"input", "value", {}, {}};
  const std::vector<std::pair<std::string, std::string>> rows{
      {"> 5", "> 5"},
      {"'a', 'b'", "'a', 'b'"},
      {"[1..5)", "[1..5)"},
      {"['a', 'b']", "in ['a', 'b']"},
      {"not in ['a']", "not('a')"},
      {"> 5 and <= 10", "> 5 && <= 10"},
      {"-3", "-3"},
      {"true", "true"},
      {"null", "null"},
      {"!= 'x'", "!= 'x'"},
      {"\"it's\"", "'it\\'s'"},
      {"> limit", "(zen.gt(value, zen.get(input, 'limit')))"},
      {"contains($, 'x')", "(zen.truth(zen.bool(zen.contains(value, 'x'))))"},
      {"limit", "(zen.eq(value, zen.get(input, 'limit')))"},
      {"> 5 and < 10 or 3",
       "((zen.truth((zen.truth(zen.gt(value, 5)) ? zen.truth(zen.lt(value, 10)) : false)) ? true : "
       "zen.truth(zen.eq(value, 3))))"}};
  for (const auto& [cell, wanted] : rows) {
    INFO(cell);
    const auto text = zen::to_cell(cell, scope);
    REQUIRE(text);
    CHECK(*text == wanted);
  }
  CHECK_FALSE(zen::to_cell("> 5 6", scope));
}

TEST_CASE("zen: decimals of 28 digits round half up and refuse what is too long", "[rules]") {
  const auto n = [](const char* text) { return *zen::Number::parse(text); };
  CHECK(zen::divide(n("2"), n("3"))->text() == "0.6666666666666666666666666667");
  CHECK(zen::multiply(n("1234567890.123456789"), n("9876543210.987654321"))->text() == "12193263113702179522.37463801");
  CHECK(zen::add(n("0.1"), n("-0.3"))->text() == "-0.2");
  CHECK(zen::compare(n("1.10"), n("1.1")) == 0);
  CHECK(zen::compare(n("-2"), n("-1.5")) < 0);
  CHECK_FALSE(zen::multiply(n("9999999999999999999999999999"), n("10")));
  CHECK_FALSE(zen::Number::parse("1e40"));
  CHECK(zen::Number::parse("1e-40")->text() == "0");
  CHECK_FALSE(zen::Number::parse("1.2.3"));
}
