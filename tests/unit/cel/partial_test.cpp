// partial_test.cpp: residuals and their split into a store's predicate and a remainder.
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
  std::pair<std::string, std::string> parts(const std::string& source) {
    const auto ast = env.compile(source);
    const auto out = split(env, *ast, "record");
    return {out.predicate.to_json(), out.remainder ? unparse(*out.remainder) : ""};
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

TEST_CASE_METHOD(Fixture, "cel: simple comparisons go to the store", "[cel]") {
  const auto [predicate, rest] = parts("record.kind == 'sick' && 3 < record.days && record.name.startsWith('A')");
  CHECK(
      predicate ==
      R"({"and":[{"eq":{"path":["kind"],"value":"sick"}},{"gt":{"path":["days"],"value":3}},{"prefix":{"path":["name"],"value":"A"}}]})");
  CHECK(rest.empty());
}

TEST_CASE_METHOD(Fixture, "cel: what a store cannot answer stays in the remainder", "[cel]") {
  const auto [predicate, rest] = parts("record.a.b in [1, 2] && record.x != 1 && (has(record.y) || record.z == true)");
  CHECK(
      predicate ==
      R"({"and":[{"in":{"path":["a","b"],"values":[1,2]}},{"or":[{"exists":{"path":["y"]}},{"eq":{"path":["z"],"value":true}}]}]})");
  CHECK(rest == "record.x != 1");
}

TEST_CASE_METHOD(Fixture, "cel: a disjunction with a part the store cannot answer stays whole", "[cel]") {
  const auto [predicate, rest] = parts("record.a == 1 || size(record.b) > 2");
  CHECK(predicate == R"({"and":[]})");
  CHECK(rest == "record.a == 1 || size(record.b) > 2");
}
