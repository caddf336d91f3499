// cost_test.cpp: static estimates hold and explain themselves; declared records are typed and coerced.
#include <catch2/catch.hpp>
#include <string>

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
  CHECK(value("o.due == null", "{}") == "true");
  CHECK(value("o.tota", "{}").find("undefined field 'tota' of order; did you mean 'total'?") != std::string::npos);
  CHECK(value("o.due < date('2024-06-01')", R"({"due":"soon"})").find("\"soon\" is no date") != std::string::npos);
}
