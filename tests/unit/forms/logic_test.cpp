// logic_test.cpp: a record under a form's logic: values, visibility, what is demanded, in full and step by step.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
namespace json = socle::json;

namespace {

// The contract's own example.
const std::string leave = R"~({"form":"leave","schema":{"type":"object","required":["kind","from","to"],"properties":{
  "kind":{"enum":["annual","sick","unpaid"]},"from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"},
  "days":{"type":"integer","minimum":1},"certificate":{"type":"string"}},"additionalProperties":false},
  "logic":{"days":{"compute":"duration_days(from, to)"
}
, "certificate" : { "visible" : "kind == 'sick'", "required" : "kind == 'sick' && days > 3", "clear_on_hide" : true }
}
, "checks" : [ {
  "id" : "order",
  "when" : "to < from",
  "message" : {"en" : "Ends before it starts", "zh" : "结束早于开始"},
  "at" : "/to"
} ],
             "access" : {
  "create" : "true", "read" : "record.created_by == user.id || 'hr' in user.roles"
}
})~";

const std::string order = model_of(
    R"~("lines":{"type":"array","items":{"type":"object","properties":{"price":{"type":"string","format":"decimal"},"qty":{"type":"integer"},
        "total":{"type":"string"},"note":{"type":"string"},"big":{"type":"boolean"}}}},
       "total":{"type":"string"},"rebate":{"type":"integer"},"vip":{"type":"boolean"})~",
    R"~("logic":{"lines[].total":{"compute":"string((price * decimal(qty)).round(2))"
}
, "lines[].note" : {"visible" : "big", "required" : "row.qty > 10", "clear_on_hide" : true},
                   "lines[].big" : {"compute" : "qty > 5 && record.vip"},
                                   "total" : {"compute" : "string(lines.map(l, decimal(l.total)).sum())"},
                                             "rebate" : {
  "default" : "vip ? 10 : 0"
}
})~");

}  // namespace

TEST_CASE("forms logic: the leave request of the contract", "[forms]") {
  const auto form = form_of(leave);
  REQUIRE(form);
  auto one = judged(*form, R"~({"kind":"annual","from":"2026-01-05","to":"2026-01-09","days":99,"certificate":"x"})~");
  CHECK(one.errors.empty());
  CHECK(one.doc == R"~({"kind":"annual","from":"2026-01-05","to":"2026-01-09","days":5})~");
  one = judged(*form, R"~({"kind":"sick","from":"2026-01-05","to":"2026-01-09"})~");
  CHECK(one.errors == "/certificate required");
  one = judged(*form, R"~({"kind":"sick","from":"2026-01-05","to":"2026-01-06"})~");
  CHECK(one.errors.empty());
  one = judged(*form, R"~({"kind":"annual","from":"2026-01-05","to":"2026-01-01"})~", {}, Language::zh);
  CHECK(one.errors == "/days minimum; /to order");
  CHECK(one.verdict.errors[1].message == "结束早于开始");
  CHECK(one.verdict.errors[0].message == "不能小于 1，实际为 -3");
}

TEST_CASE("forms logic: a compute that errs on missing input gives nothing, any other error is told", "[forms]") {
  const auto form = form_of(leave);
  CHECK(judged(*form, R"~({"kind":"annual","from":"2026-01-05"})~").errors == "/to required");
  const auto division = form_of(model_of(R"~("a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"})~",
                                         R"~("logic":{"c":{"compute":"a / b"}})~"));
  REQUIRE(division);
  CHECK(judged(*division, R"~({"a":1})~").doc == R"~({"a":1})~");
  CHECK(judged(*division, R"~({"a":6,"b":3})~").doc == R"~({"a":6,"b":3,"c":2})~");
  const auto wrong = judged(*division, R"~({"a":6,"b":0})~");
  CHECK(wrong.errors == "/c compute");
  CHECK(wrong.verdict.errors[0].message == "cannot be computed: 1:3: divide by zero");
}

TEST_CASE("forms logic: a condition that errs is false", "[forms]") {
  const auto form =
      form_of(model_of(R"~("a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"string"})~",
                       R"~("logic":{"b":{"visible":"a / 0 > 1","clear_on_hide":true},"c":{"required":"a > 3"}},
                                        "checks":[{"id":"never","when":"a > 1","message":"m"}])~"));
  REQUIRE(form);
  CHECK(judged(*form, R"~({"b":"x"})~").doc == "{}");
  CHECK(judged(*form, R"~({})~").errors.empty());
  CHECK(judged(*form, R"~({"a":4})~").errors == " never; /c required");
}

TEST_CASE("forms logic: rows have logic of their own, and totals over them see it", "[forms]") {
  std::string errors;
  const auto form = form_of(order, &errors);
  INFO(errors);
  REQUIRE(form);
  const auto one =
      judged(*form, R"~({"vip":true,"lines":[{"price":"2.50","qty":2,"note":"n"},{"price":"0.333","qty":12}]})~");
  CHECK(one.errors == "/lines/1/note required");
  CHECK(
      one.doc ==
      R"~({"vip":true,"lines":[{"price":"2.50","qty":2,"total":"5.00","big":false},{"price":"0.333","qty":12,"total":"4.00","big":true}],"total":"9.00","rebate":10})~");
  CHECK(judged(*form, R"~({"lines":[]})~").doc == R"~({"lines":[],"total":"0"})~");
  const auto partly = judged(*form, R"~({"lines":[{"price":"1.00"}]})~");
  CHECK(partly.errors.empty());
  CHECK(partly.doc.find("total") == std::string::npos);
}

TEST_CASE("forms logic: read-only fields keep what is stored, and defaults fill new records only", "[forms]") {
  const auto form = form_of(model_of(
      R"~("state":{"type":"string","default":"open"},"owner":{"type":"string","readOnly":true},"n":{"type":"integer"},"no":{"type":"string"})~",
      R"~("logic":{"state":{"read_only":"old.state == 'closed'"},"owner":{"default":"user.id"},"n":{"default":"size(state)"},
                  "no":{
  "sequence" : "N-{year}-{0000}"
}
})~"));
  REQUIRE(form);
  CHECK(judged(*form, R"~({"owner":"mallory","no":"mine"})~").doc ==
        R"~({"owner":"ada","no":"N-2026-0007","state":"open","n":4})~");
  CHECK(judged(*form, R"~({"state":"x","owner":"eve"})~", R"~({"state":"closed","owner":"bob","no":"N-2026-0001"})~")
            .doc == R"~({"state":"closed","owner":"bob","no":"N-2026-0001"})~");
  CHECK(judged(*form, "{}", R"~({"state":"open"})~").doc == "{}");
}

TEST_CASE("forms logic: parts of objects are computed, and whole objects are read after that", "[forms]") {
  const auto form = form_of(model_of(
      R"~("name":{"type":"object","properties":{"first":{"type":"string"},"last":{"type":"string"},"full":{"type":"string"}}},
         "parts":{"type":"integer"},"known":{"type":"boolean"})~",
      R"~("logic":{"name.full":{"compute":"name.first + ' ' + name.last"},"parts":{"compute":"[name].map(n, n.full)[0].size()"},
                  "known":{
  "compute" : "has(name.full) && !has(record.name.extra)"
}
})~"));
  REQUIRE(form);
  CHECK(judged(*form, R"~({"name":{"first":"Ada","last":"L"}})~").doc ==
        R"~({"name":{"first":"Ada","last":"L","full":"Ada L"},"parts":5,"known":true})~");
}

TEST_CASE("forms logic: options bound the choice, in lists too", "[forms]") {
  const auto form = form_of(model_of(
      R"~("country":{"type":"string"},"city":{"type":"string"},"all":{"type":"array","items":{"type":"string"}})~",
      R"~("logic":{"city":{"options":"country == 'FR' ? ['Paris', 'Lyon'] : ['Bonn']"},"all":{"options":"['a', 'b']"}})~"));
  REQUIRE(form);
  CHECK(judged(*form, R"~({"country":"FR","city":"Lyon","all":["a"]})~").errors.empty());
  CHECK(judged(*form, R"~({"country":"DE","city":"Lyon","all":["a","c"]})~").errors == "/all options; /city options");
}

TEST_CASE("forms logic: what is hidden is not demanded", "[forms]") {
  const auto form = form_of(
      R"~({"form":"f","schema":{"type":"object","required":["a","b"],"properties":{"a":{"type":"boolean"},"b":{"type":"string"}}},
          "logic":{"b":{"visible":"a"}}})~");
  REQUIRE(form);
  CHECK(judged(*form, R"~({"a":false})~").errors.empty());
  CHECK(judged(*form, R"~({"a":true})~").errors == "/b required");
}

TEST_CASE("forms logic: a change runs only what it reaches and ends where a whole run ends", "[forms]") {
  const auto form = form_of(order);
  REQUIRE(form);
  const auto before =
      json::Document::parse(R"~({"vip":true,"lines":[{"price":"2.50","qty":2},{"price":"1.00","qty":12,"note":"n"}]})~")
          .value();
  const auto more =
      json::Document::parse(
          R"~({"vip":true,"lines":[{"price":"2.50","qty":7},{"price":"1.00","qty":12,"note":"n"},{"price":"9.00","qty":1}]})~")
          .value();
  const auto plain = json::Document::parse(R"~({"vip":false,"lines":[{"price":"2.50","qty":7}]})~").value();
  Call call;
  call.doc = before.root();
  socle::cel::Arena arena;
  Evaluation evaluation(*form, call, arena);
  REQUIRE(evaluation.run());
  const auto whole = evaluation.evaluated();
  const std::uint32_t lines[] = {form->fields().find("lines")};
  const std::uint32_t vip[] = {form->fields().find("vip"), form->fields().find("lines")};
  const std::uint32_t rebate[] = {form->fields().find("rebate")};
  const auto same = [&](const json::Document& doc) {
    call.doc = doc.root();
    socle::cel::Arena other;
    Evaluation fresh(*form, call, other);
    REQUIRE(fresh.run());
    CHECK(evaluation.document() == fresh.document());
    for (std::uint32_t field = 0; field < form->fields().size(); ++field)
      for (std::size_t row = 0; row < 3; ++row) {
        CHECK(evaluation.state(field, row).required == fresh.state(field, row).required);
        CHECK(evaluation.visible(field, row) == fresh.visible(field, row));
      }
  };
  REQUIRE(evaluation.change(more.root(), lines));
  same(more);
  REQUIRE(evaluation.change(plain.root(), vip));
  same(plain);
  const auto so_far = evaluation.evaluated();
  REQUIRE(evaluation.change(plain.root(), rebate));
  CHECK(evaluation.evaluated() - so_far <= 1);
  CHECK(whole > 8);
  same(plain);
}

TEST_CASE("forms logic: a null that is sent stays, and the schema judges it", "[forms]") {
  const auto form = form_of(model_of(
      R"~("n":{"type":["string","null"]},"s":{"type":"string","default":"d"},"k":{"type":"string"},
         "kept":{"type":["string","null"]},
         "box":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","default":"x"}}})~",
      R"~("logic":{"n":{"default":"'auto'"},"box":{"visible":"k != 'hide'","clear_on_hide":true},
                  "kept":{"read_only":"k == 'keep'"}})~"));
  REQUIRE(form);
  CHECK(judged(*form, R"~({"n":null,"k":"1"})~").doc == R"~({"n":null,"k":"1","s":"d","box":{"b":"x"}})~");
  CHECK(judged(*form, R"~({"s":null})~").errors == "/s type");
  CHECK(judged(*form, R"~({"box":null})~").errors == "/box type");
  CHECK(judged(*form, R"~({"box":null,"k":"hide"})~").errors.empty());
  // What is stored stays as it is stored, null included.
  CHECK(judged(*form, R"~({"k":"keep","kept":"new"})~", R"~({"kept":null})~").doc == R"~({"k":"keep","kept":null})~");
  CHECK(judged(*form, R"~({"k":"keep","kept":null})~", R"~({"kept":"old"})~").doc == R"~({"k":"keep","kept":"old"})~");
  CHECK(judged(*form, R"~({"k":"keep","kept":null})~", R"~({"k":"x"})~").doc == R"~({"k":"keep"})~");
}

TEST_CASE("forms logic: a number that is kept or a default has the digits it was written with", "[forms]") {
  const auto form =
      form_of(model_of(R"~("a":{"type":"number","readOnly":true},"b":{"type":"number","default":0.10})~"));
  REQUIRE(form);
  CHECK(judged(*form, "{}").doc == R"~({"b":0.10})~");
  CHECK(judged(*form, R"~({"a":1})~", R"~({"a":0.1000000000000000000001})~").doc ==
        R"~({"a":0.1000000000000000000001})~");
  // Not when the same value is sent in other digits either.
  CHECK(judged(*form, R"~({"a":0.1})~", R"~({"a":0.10})~").doc == R"~({"a":0.10})~");
  CHECK(judged(*form, R"~({"a":1.0})~", R"~({"a":1.00})~").doc == R"~({"a":1.00})~");
  CHECK(judged(*form, R"~({"a":0.10})~", R"~({"a":0.10})~").verdict.text.empty());  // nothing is written again
}

TEST_CASE("forms logic: options that err allow nothing", "[forms]") {
  const auto form = form_of(model_of(R"~("flag":{"type":"boolean"},"level":{"type":"string"})~",
                                     R"~("logic":{"level":{"options":"flag ? ['a', 'b'] : ['a']"}})~"));
  REQUIRE(form);
  CHECK(judged(*form, R"~({"flag":true,"level":"b"})~").errors.empty());
  CHECK(judged(*form, R"~({"level":"zzz"})~").errors == "/level options");
  CHECK(judged(*form, R"~({"level":"a"})~").errors == "/level options");
  CHECK(judged(*form, "{}").errors.empty());
}

TEST_CASE("forms logic: of very many faults the rest is counted, in the language of the others", "[forms]") {
  const auto form = form_of(model_of(
      R"~("lines":{"type":"array","items":{"type":"object","properties":{"p":{"type":"string","format":"decimal"},"q":{"type":"integer"}}}})~"));
  REQUIRE(form);
  const auto rows = [](const std::string& row, int count) {
    std::string out = row;
    for (int i = 1; i < count; ++i) out += "," + row;
    return R"({"lines":[)" + out + "]}";
  };
  const auto decimals = judged(*form, rows(R"({"p":"x"})", 50'000), {}, Language::zh).verdict.errors;
  REQUIRE(decimals.size() == 201);
  CHECK(decimals[0].code == "more");
  CHECK(decimals[0].message == "还有 49800 处错误");
  const auto types = judged(*form, rows(R"({"q":"x"})", 203)).verdict.errors;
  REQUIRE(types.size() == 201);
  CHECK(types[0].message == "and 3 more");
}

TEST_CASE("forms logic: fuel ends an evaluation, and no verdict is given", "[forms]") {
  const auto form =
      form_of(model_of(R"~("a":{"type":"integer"})~",
                       R"~("logic":{"a":{"compute":"lists.range(300).map(x, lists.range(300).map(y, y).sum()).sum()"
}
})~"));
  REQUIRE(form);
  const auto doc = json::Document::parse("{}").value();
  Call call;
  call.doc = doc.root();
  call.limits.fuel = 20'000;
  socle::cel::Arena arena;
  const auto verdict = judge(*form, call, Language::en, arena);
  CHECK(verdict.stopped == "out_of_fuel");
  CHECK(verdict.errors.empty());
}

TEST_CASE("forms logic: errors are an array of pointer, code, message and params", "[forms]") {
  const auto form = form_of(leave);
  const auto one = judged(*form, R"~({"kind":"x","from":"2026-01-05","to":"2026-01-06","more":1})~");
  CHECK(errors_text(one.verdict.errors).find(R"~([{"pointer":"/kind","code":"enum","message":")~") == 0);
  CHECK(errors_text(one.verdict.errors).find(R"~({"pointer":"/more","code":"additionalProperties")~") !=
        std::string::npos);
  CHECK(errors_text(one.verdict.errors).find(R"~("params":{)~") != std::string::npos);
}

TEST_CASE("forms logic: a thousand fields and a thousand rows end where they should", "[forms]") {
  std::string properties, logic;
  for (int i = 0; i < 1000; ++i) {
    properties += (i > 0 ? "," : "") + std::string("\"f") + std::to_string(i) + "\":{\"type\":\"integer\"}";
    if (i > 0)
      logic += (i > 1 ? "," : "") + std::string("\"f") + std::to_string(i) + "\":{\"compute\":\"f" +
               std::to_string(i - 1) + " + 1\"}";
  }
  const auto wide = form_of(model_of(properties, "\"logic\":{" + logic + "}"));
  REQUIRE(wide);
  const auto chain = judged(*wide, R"~({"f0":5})~");
  CHECK(chain.errors.empty());
  CHECK(chain.doc.find("\"f999\":1004}") != std::string::npos);
  std::string rows;
  for (int i = 0; i < 1000; ++i) rows += (i > 0 ? "," : "") + std::string(R"~({"price":"1.50","qty":2})~");
  const auto form = form_of(order);
  const auto many = judged(*form, R"~({"lines":[)~" + rows + "]}");
  CHECK(many.errors.empty());
  CHECK(many.doc.find(R"~("total":"3000.00")~") != std::string::npos);
}
