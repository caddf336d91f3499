// cost_test.cpp: static estimates hold and explain themselves; declared records are typed and coerced.
#include <catch2/catch.hpp>
#include <ctime>
#include <string>
#include <vector>

#include "socle/cel/cost.hpp"
#include "socle/cel/program.hpp"
#include "socle/json/document.hpp"

using namespace socle::cel;

namespace {

struct Fixture {
  Fixture() {
    ObjectType order{"order",
                     {{"items", Type::list_of(TypeKind::real), {.max_items = 10, .max_length = {}}, {}},
                      {"tags", Type::list_of(TypeKind::string), {}, {}},
                      {"due", TypeKind::date, {}, {}},
                      {"days", Type::list_of(TypeKind::date), {}, {}},
                      {"total", TypeKind::decimal, {}, {}},
                      {"count", TypeKind::integer, {}, {}},
                      {"rate", TypeKind::real, {}, {}}},
                     false,
                     true};
    (void)env.declare_object(order);
    (void)env.declare_variable("o", Type::object("order"));
  }
  CostEstimate cost(const std::string& source) { return estimate_cost(env, *env.compile(source)); }
  std::string value(const std::string& source, const std::string& json) {
    const auto document = socle::json::Document::parse(json);
    const auto ast = env.compile(source);
    if (!ast) return ast.error().message;
    const auto program = Program::compile(env, *ast);
    Activation activation(env);
    activation.set(env.variable("o")->slot, document->root());
    Arena arena;
    const auto out = program->evaluate(activation, arena);
    return out.is_error() ? program->describe(out) : to_text(out);
  }
  Environment env;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "cel: a loop over a bounded list has a bounded cost", "[cel]") {
  const auto once = cost("o.items.all(i, i > 0.0)");
  CHECK(once.bounded);
  CHECK(once.most < 200);
  const auto nested = cost("o.items.all(i, o.items.all(j, i > j))");
  CHECK(nested.bounded);
  CHECK(nested.most > 5 * once.most);
}

TEST_CASE_METHOD(Fixture, "cel: an unbounded list is named in the estimate", "[cel]") {
  const auto out = cost("o.tags.exists(t, t == 'x')");
  CHECK_FALSE(out.bounded);
  CHECK(out.unbounded == "o.tags");
  CHECK(out.most > 1000);
}

TEST_CASE_METHOD(Fixture, "cel: what is assumed of a value without a type makes the estimate unbounded", "[cel]") {
  REQUIRE(env.declare_variable("d", Type()));
  REQUIRE(env.declare_variable("words", Type::list_of(Type::list_of(TypeKind::string)),
                               {.max_items = 3, .max_length = {}}));
  for (const auto* source : {"d.all(x, x > 1)", "d.items.all(x, x > 1)", "size(d.name) > 3", "d.name.contains('x')",
                             // the unbounded loop is under a select, in an index, in a local
                             "o.tags.filter(t, t == 'a')[0].size() > 0", "{'a': d.map(x, x)}.a.size() > 0",
                             "words[0].all(w, w == 'x')", "words.all(w, w.all(x, x == 'y'))",
                             "cel.bind(l, d.l, l.all(x, x == 1))", "lists.range(o.count).all(i, i > 0)"}) {
    INFO(source);
    CHECK_FALSE(cost(source).bounded);
    CHECK_FALSE(cost(source).unbounded.empty());
  }
  for (const auto* source : {"d.x == 'vip'", "d.x == 3", "o.tags == []", "has(d.x)", "o.count > 3", "d", "o.tags",
                             "[d.x, d.y]", "d.x ? 1 : 2", "[1, 2].all(x, d.x == x)"}) {
    INFO(source << " " << cost(source).unbounded);
    CHECK(cost(source).bounded);
  }
  CHECK(cost("o.tags.exists(t, t == 'x')").unbounded == "o.tags");
  CHECK(cost("d.items.all(x, x > 1)").unbounded == "d.items");
}

TEST_CASE_METHOD(Fixture, "cel: the least an expression costs takes what has no bound as one item", "[cel]") {
  REQUIRE(env.declare_variable("text", TypeKind::string, {.max_items = {}, .max_length = 20'000}));
  const auto least = [&](const std::string& source) { return least_cost(env, *env.compile(source)); };
  CHECK(least("o.tags.all(a, o.tags.all(b, a == b))") < 100);
  CHECK(least("regex.replace(text, '[^0-9]', '') == '1'") < Limits{}.fuel);
  CHECK(cost("regex.replace(text, '[^0-9]', '') == '1'").most > Limits{}.fuel);
  CHECK(least("lists.range(2000).all(a, lists.range(2000).all(b, a == b))") > Limits{}.fuel);
}

TEST_CASE_METHOD(Fixture, "cel: nested ranges are estimated before they run", "[cel]") {
  CHECK(cost("lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0)))").most >
        1'000'000'000);
}

TEST_CASE_METHOD(Fixture, "cel: fields of a declared record have their declared types", "[cel]") {
  CHECK(value("o.due < date('2024-06-01')", R"({"due":"2024-05-31"})") == "true");
  CHECK(value("o.total + decimal('0.01')", R"({"total":"19.99"})") == "decimal(\"20.00\")");
  CHECK(value("o.count + 1", R"({"count":1.0})") == "2");
  CHECK(value("o.rate * 2.0", R"({"rate":3})") == "6.0");
  CHECK(value("o.items.map(i, i + 0.5)", R"({"items":[1,2.5]})") == "[1.5, 3.0]");
  CHECK(value("date('2024-05-31') in o.days.map(d, d)", R"({"days":["2024-05-31"]})") == "true");
  CHECK(value("o.items.map(i, i).sum()", R"({"items":[1,2.5]})") == "3.5");
  CHECK(value("o.due == null", "{}") == "true");
  CHECK(value("optional.of(o).due.orValue(date('2024-06-01')) < date('2024-06-01')", R"({"due":"2024-05-31"})") ==
        "true");
  CHECK(value("optional.of(o).rate.orValue(0.0)", R"({"rate":3})") == "3.0");
  CHECK(value("optional.of(o).?due.hasValue()", R"({"due":"soon"})").find("\"soon\" is no date") != std::string::npos);
  CHECK(value("o.days[?0].hasValue()", R"({"days":["soon"]})").find("\"soon\" is no date") != std::string::npos);
  CHECK(value("o.tota", "{}").find("undefined field 'tota' of order; did you mean 'total'?") != std::string::npos);
  CHECK(value("o.due < date('2024-06-01')", R"({"due":"soon"})").find("\"soon\" is no date") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "cel: an evaluation takes no more fuel than its bounded estimate", "[cel]") {
  std::string items = "1.5";
  for (int i = 1; i < 10; ++i) items += "," + std::to_string(i) + ".5";
  const auto document = socle::json::Document::parse(
      R"({"items":[)" + items + R"(],"tags":[],"due":"2024-05-31","total":"19.99","count":7,"rate":0.5})");
  REQUIRE(document);
  const std::vector<std::string> sources{
      "o.items.all(i, i > 0.0)",
      "o.items.exists(i, i > 100.0)",
      "o.items.exists_one(i, i == 2.5)",
      "o.items.map(i, i * 2.0).size()",
      "o.items.filter(i, i > 3.0).map(i, i + 1.0)",
      "o.items.all(i, o.items.exists(j, i == j))",
      "o.items.map(i, o.items.map(j, i * j)).flatten().sum()",
      "o.items + o.items == o.items",
      "o.items.sort()",
      "o.items.distinct().size()",
      "[o.items, o.items]",
      "o.items.sum() > 3.0 ? o.items.size() : 0",
      "2.5 in o.items",
      "o.items.slice(1, 4)",
      "o.items == o.items",
      "sets.contains(o.items, o.items)",
      "'%s'.format([o.items]).size()",
      "o.items.map(i, string(i)).join(',')",
      "{'a': o.items, 'b': o.count}",
      "cel.bind(x, o.items, x.map(i, x.size()))",
      "o.items.sortBy(i, -i)",
      "o.items.transformMap(k, v, v + 1.0)",
      "lists.range(5).map(i, o.items[i])",
      "o.total + decimal('1.50')",
      "o.due.addMonths(2) > o.due",
      "regex.replace('" + std::string(60, 'a') + "', r'(a[^b]*b)|a', 'xyz').size()",
      "regex.replace('" + std::string(60, 'a') + "', 'a+', r'\\0\\0').size()",
      "regex.replace('aaaa', string(o.count), 'b')",
      "regex.extractAll('" + std::string(60, 'a') + "', r'(a[^b]*b)|a').size()",
      "'" + std::string(60, 'a') + "'.replace('a', 'xyzxyzxyzxyzxyzxyzxyzxyz').size()",
      "'" + std::string(60, 'a') + "'.split('a').size()",
      "'" + std::string(60, 'a') + "'.lastIndexOf('" + std::string(40, 'a') + "b')",
      "o.count + 1 > 2 && o.rate < 1.0 || o.total > decimal('5')"};
  for (const auto& source : sources) {
    INFO(source);
    const auto ast = env.compile(source);
    REQUIRE(ast);
    const auto estimate = estimate_cost(env, *ast);
    CHECK(estimate.bounded);
    for (const bool optimize : {true, false}) {
      const auto program = Program::compile(env, *ast, {optimize});
      Activation activation(env);
      activation.set(env.variable("o")->slot, document->root());
      Arena arena;
      constexpr std::uint64_t fuel = 10'000'000;
      std::uint64_t left = 0;
      const auto value = program->evaluate(activation, arena, {.fuel = fuel}, &left);
      INFO((value.is_error() ? program->describe(value) : to_text(value)));
      CHECK_FALSE(value.is_error());
      CHECK(fuel - left <= estimate.most);
    }
  }
}

TEST_CASE("cel: a pattern that looks at the rest of the text for every match runs out of fuel", "[cel]") {
  const Environment env;
  const std::string text = "'" + std::string(20'000, 'a') + "'";
  for (const auto* call : {"regex.replace(%, r'(a[^b]*b)|a', 'x')", "regex.extractAll(%, r'(a[^b]*b)|a')"}) {
    INFO(call);
    std::string source = call;
    source.replace(source.find('%'), 1, text);
    const auto ast = env.compile(source);
    REQUIRE(ast);
    CHECK(estimate_cost(env, *ast).most > Limits{}.fuel);
    const auto program = Program::compile(env, *ast);
    Arena arena;
    const auto value = program->evaluate(Activation(env), arena);
    REQUIRE(value.is_error());
    CHECK(value.error_info().code == ErrorCode::out_of_fuel);
  }
}

TEST_CASE("cel: searching for a long text takes a time that its fuel pays for", "[cel]") {
  Environment env;
  REQUIRE(env.declare_variable("text", TypeKind::string));
  REQUIRE(env.declare_variable("part", TypeKind::string));
  const std::string text(1'000'000, 'a');
  const std::string part = std::string(4'000, 'a') + "b";
  const auto ast = env.compile("text.contains(part) || text.indexOf(part) >= 0 || text.replace(part, '') != text");
  REQUIRE(ast);
  const auto program = Program::compile(env, *ast);
  Activation activation(env);
  activation.set(env.variable("text")->slot, Value::string(text));
  activation.set(env.variable("part")->slot, Value::string(part));
  Arena arena;
  const auto begun = std::clock();
  CHECK(program->evaluate(activation, arena).is(Kind::boolean));
  CHECK(static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC < 1.0);

  for (const auto* source :
       {"text.lastIndexOf(text.substring(0, 500000) + 'b')", "text.contains(text.substring(1) + 'b')",
        "text.contains(text.substring(0, 500000) + 'b')", "text.replace(text.substring(0, 500000) + 'b', '')"}) {
    INFO(source);
    const auto costly = Program::compile(env, *env.compile(source));
    const auto value = costly->evaluate(activation, arena);
    if (value.is_error()) CHECK(value.error_info().code == ErrorCode::out_of_fuel);
    CHECK(value.is_error() == (std::string(source).find("substring(1)") == std::string::npos));
  }
}
