// partial_test.cpp: residuals.
#include <catch2/catch.hpp>
#include <string>

#include "socle/cel/partial.hpp"
#include "socle/cel/printer.hpp"
#include "socle/json/document.hpp"

using namespace socle::cel;

namespace {

struct Fixture {
  Fixture() {
    (void)env.declare_variable("record", *Type::parse("map(string, dyn)"));
    (void)env.declare_variable("user", *Type::parse("map(string, dyn)"));
    document = *socle::json::Document::parse(R"({"id":"u1","roles":["hr","dev"],"level":3})");
  }
  std::string left(const std::string& source) {
    Activation known(env);
    known.set(env.variable("user")->slot, document.root());
    const auto out = residual(env, *env.compile(source), known);
    return out ? unparse(*out->root) : out.error().message;
  }
  Environment env;
  socle::json::Document document;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "cel: a residual keeps only what is unknown", "[cel]") {
  CHECK(left("record.created_by == user.id || 'admin' in user.roles") == "record.created_by == \"u1\"");
  CHECK(left("record.created_by == user.id || 'hr' in user.roles") == "true");
  CHECK(left("user.level > 2 ? record.a == 1 : record.b == 2") == "record.a == 1");
  CHECK(left("record.x in user.roles && user.level + 1 == 4") == "record.x in [\"hr\", \"dev\"]");
  CHECK(left("math.abs(-3) > 2 && record.a > math.abs(-3)") == "record.a > 3");
}

TEST_CASE_METHOD(Fixture, "cel: what errs stays, so that the residual errs too", "[cel]") {
  CHECK(left("user.missing == 1 || record.a == 1") == "user.missing == 1 || record.a == 1");
}

TEST_CASE_METHOD(Fixture, "cel: names bound by macros are not taken for known ones", "[cel]") {
  CHECK(left("record.tags.exists(user, user == 'x')") == "record.tags.exists(user, user == \"x\")");
  CHECK(left("user.roles.exists(r, r == 'hr')") == "true");
}

TEST_CASE("cel: what is left of a choice between a whole number and a double is a double", "[cel]") {
  Options options;
  options.mixed_numbers = true;
  Environment env(options);
  REQUIRE(env.declare_variable("yes", TypeKind::boolean));
  REQUIRE(env.declare_variable("n", TypeKind::integer));
  Activation known(env);
  known.set(env.variable("yes")->slot, Value::boolean(true));
  const auto out = residual(env, *env.compile("(yes ? n : 2.5) / 2 == 0.5"), known);
  REQUIRE(out);
  CHECK(unparse(*out->root) == "double(n) / 2 == 0.5");
  CHECK(unparse(*residual(env, *env.compile("(yes ? 1 : 2.5) / n == 0.5"), known)->root) == "1.0 / n == 0.5");
}
