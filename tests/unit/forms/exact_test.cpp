// exact_test.cpp: exact numbers: judged wherever they stand, kept as they are stored, and looked at within the fuel.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
namespace json = socle::json;

TEST_CASE("forms logic: an exact number is judged where it stands, in columns and lists too", "[forms]") {
  const auto form = form_of(model_of(
      R"~("m":{"type":["string","null"],"format":"decimal"},"n":{"type":"number","format":"decimal"},"twice":{"type":"string"},
         "all":{"type":"array","items":{"type":"string","format":"decimal"}},
         "lines":{"type":"array","items":{"type":"object","properties":{"p":{"type":"string","format":"decimal"},
           "of":{"type":"object","properties":{"q":{"type":"string","format":"decimal"}}}}}})~",
      R"~("logic":{"twice":{"compute":"string(decimal(m) * decimal('2'))"}})~"));
  REQUIRE(form);
  for (const char* good : {"\"12\"", "\"-0.50\"", "\"1e3\"", "null"})
    CHECK(judged(*form, std::string(R"({"m":)") + good + "}").errors.empty());
  for (const char* bad : {"\"abc\"", "\"0010.10\"", "\"12,5\"", "\"1.\"", "\".5\"", "\"+1\"", "\"\"", "\"1e99999\""}) {
    INFO(bad);
    // Nothing is said of what is computed from it.
    CHECK(judged(*form, std::string(R"({"m":)") + bad + "}").errors == "/m format");
  }
  CHECK(judged(*form, R"~({"m":7})~").errors == "/m type");
  CHECK(judged(*form, R"~({"n":1.50})~").errors.empty());
  CHECK(judged(*form, R"({"n":)" + std::string(65, '7') + "}").errors == "/n format");
  CHECK(judged(*form, R"~({"all":["1","x","2","y"]})~").errors == "/all/1 format; /all/3 format");
  CHECK(judged(*form, R"~({"lines":[{"p":"1.0"},{"p":"abc","of":{"q":"1.x"}},7]})~").errors ==
        "/lines/1/of/q format; /lines/1/p format; /lines/2 type");
  const auto zh = judged(*form, R"~({"m":"abc"})~", {}, Language::zh);
  CHECK(zh.verdict.errors[0].message == "应为数字，例如 1234.50，最多 64 位");
  CHECK(zh.verdict.errors[0].params == R"({"format":"decimal"})");
}

TEST_CASE("forms logic: of what is computed from a faulty exact number nothing is told, wherever it stands",
          "[forms]") {
  const auto model = model_of(
      R"~("n":{"type":"number","format":"decimal"},"parts":{"type":"array","items":{"type":"string","format":"decimal"}},
         "lines":{"type":"array","items":{"type":"object","properties":{"qty":{"type":"integer"},
           "of":{"type":"object","properties":{"q":{"type":"string","format":"decimal"}}}}}},
         "twice":{"type":"string"},"sum":{"type":"string"},"total":{"type":"string"},"each":{"type":"integer"})~",
      R"~("logic":{"twice":{"compute":"string(decimal(n) * decimal('2'))"},
                   "sum":{"compute":"string(parts.map(x, decimal(string(x))).sum())"},
                   "total":{"compute":"string(lines.map(l, decimal(string(l.of.q))).sum())"},
                   "each":{"compute":"lines.map(l, 12 / l.qty).sum()"}})~");
  REQUIRE(errors_of(model) == "");
  const auto form = form_of(model);
  CHECK(judged(*form, R"({"n":)" + std::string(65, '7') + "}").errors == "/n format");
  CHECK(judged(*form, R"~({"parts":["1","x"]})~").errors == "/parts/1 format");
  CHECK(judged(*form, R"~({"lines":[{"qty":1,"of":{"q":"1.x"}}]})~").errors == "/lines/0/of/q format");
  // What errs with good numbers is told.
  CHECK(judged(*form, R"~({"lines":[{"qty":0,"of":{"q":"1.0"}}]})~").errors == "/each compute");
}

TEST_CASE("forms logic: a stored number that is no exact one may stay, but not come anew", "[forms]") {
  const auto form = form_of(
      model_of(R"~("m":{"type":"string","format":"decimal"},"kept":{"type":"string","format":"decimal","readOnly":true},
         "n":{"type":"number","format":"decimal"},"all":{"type":"array","items":{"type":"string","format":"decimal"}},
         "lines":{"type":"array","items":{"type":"object","properties":{"p":{"type":"string","format":"decimal"}}}},
         "found":{"type":"string","format":"decimal"},"note":{"type":"string"})~",
               R"~("index":["found"])~"));
  REQUIRE(form);
  const std::string wide(65, '7');
  const std::string old =
      R"~({"m":"0010.10","kept":"abc","n":)~" + wide + R"~(,"all":["1","x"],"lines":[{"p":"1."}]})~";
  CHECK(judged(*form, R"~({"m":"0010.10","note":"a","n":)~" + wide + R"~(,"all":["2","x"],"lines":[{"p":"1."}]})~", old)
            .errors.empty());
  CHECK(judged(*form, R"~({"note":"a"})~", old).doc == R"~({"note":"a","kept":"abc"})~");
  CHECK(judged(*form, R"~({"m":"010.10","n":8)~" + wide + R"~(,"all":["x","1"],"lines":[{"p":"1"},{"p":"1."}]})~", old)
            .errors == "/all/0 format; /lines/1/p format; /m format; /n format");
  CHECK(judged(*form, R"~({"m":"abc"})~", old).errors == "/m format");  // elsewhere it does not count
  // An index cannot hold it, stored before or not.
  CHECK(judged(*form, R"~({"found":"abc"})~", R"~({"found":"abc"})~").errors == "/found format");
}

TEST_CASE("forms logic: looking at very many cells takes fuel, so that a form without logic can stop, too", "[forms]") {
  std::string columns;
  for (int i = 0; i < 100; ++i)
    columns += (i > 0 ? ",\"c" : "\"c") + std::to_string(i) + R"~(":{"type":"string","format":"decimal"})~";
  const auto table = R"~("lines":{"type":"array","items":{"type":"object","properties":{)~" + columns + "}}";
  std::string rows;
  for (int i = 0; i < 1000; ++i) rows += i > 0 ? ",{}" : "{}";
  const auto document = json::Document::parse("{\"lines\":[" + rows + "]}").value();
  const auto under = [&](const Form& form, socle::cel::Limits limits) {
    Call call;
    call.doc = document.root();
    call.limits = limits;
    socle::cel::Arena arena;
    return judge(form, call, Language::en, arena);
  };
  const auto wide = form_of(model_of(table + "}"));
  REQUIRE(wide);
  socle::cel::Limits limits;
  limits.fuel = 30'000;
  CHECK(under(*wide, limits).stopped == "out_of_fuel");
  limits.fuel = 2'000'000;
  CHECK(under(*wide, limits).stopped.empty());
  CHECK(under(*wide, limits).errors.empty());
  CHECK(under(*wide, limits).fuel_used == 100'000);
  int asked = 0;
  limits.interval = 20'000;
  limits.data = &asked;
  limits.interrupt = [](void* data) { return ++*static_cast<int*>(data) < 3; };
  CHECK(under(*wide, limits).stopped == "interrupted");
  CHECK(asked == 3);
  // A table that is refused as a whole is not looked at.
  const auto narrow = form_of(model_of(table + R"~(,"maxItems":10})~"));
  REQUIRE(narrow);
  const auto refused = under(*narrow, {});
  REQUIRE(refused.errors.size() == 1);
  CHECK(refused.errors[0].code == "maxItems");
  CHECK(refused.fuel_used == 0);
}
