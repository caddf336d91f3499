// model_test.cpp: what a model may say, and every way of saying it wrong.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"
#include "source/kinds.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
using Catch::Contains;

TEST_CASE("forms model: the catalogue knows each field's type, words and place", "[forms]") {
  const auto form = form_of(
      model_of(
          R"~("kind":{"enum":["a","b"],"labels":{"a":{"en":"First","zh":"甲"}},"title":{"en":"Kind","zh":"类型"}},
         "from":{"$ref":"#/$defs/day"},"at":{"type":"string","format":"date-time"},"sum":{"type":"string","format":"decimal"},
         "n":{"type":["integer","null"]},"address":{"type":"object","properties":{"city":{"type":"string"}}},
         "lines":{"type":"array","items":{"type":"object","required":["qty"],"properties":{"qty":{"type":"integer"}}}},
         "tags":{"type":"array","items":{"type":"string"}})~")
          .replace(22, 0, R"~("$defs":{"day":{"type":"string","format":"date"}},)~"));
  REQUIRE(form);
  const auto& fields = form->fields();
  const auto type = [&](std::string_view path) { return std::string(to_string(fields[fields.find(path)].type)); };
  CHECK(type("kind") == "string");
  CHECK(type("from") == "date");
  CHECK(type("at") == "date-time");
  CHECK(type("sum") == "decimal");
  CHECK(type("n") == "integer");
  CHECK(type("address") == "object");
  CHECK(type("lines") == "table");
  CHECK(type("tags") == "list");
  const auto& column = fields[fields.find("lines[].qty")];
  CHECK(column.pointer == "/lines/*/qty");
  CHECK(column.required);
  const auto& kind = fields[fields.find("kind")];
  CHECK(kind.title.zh == "类型");
  REQUIRE(kind.labels.size() == 2);
  CHECK(kind.labels[0].words.in(Language::zh) == "甲");
  CHECK(kind.labels[1].words.en == "b");
  CHECK(form->schema_document().find("properties").find("kind").find("title").as_string() == "Kind");
}

TEST_CASE("forms model: all mistakes are told at once, each at its place", "[forms]") {
  const auto errors = errors_of(
      R"~({"form":"f","schema":{"type":"object","properties":{"a":{"type":"integer","minimum":"x"},"b":{"type":"string"}}},
    "logic":{"c":{"visible":"true"},"a":{"visble":"true","compute":"b + 1","required":"a + 1"},"b":{"compute":"x.y"}},
    "checks":[{"id":"one","when":"a >","message":"m"},{"id":"one","when":"true","message":"m","at":"zz"},{}],
    "ui":{"type":"VerticalLayout","elements":[{"type":"Control","scope":"#/properties/q"},{"type":"Contrl"}]},
    "index":["q",{"field":"a","order":"up"}],"unique":[["b","b2"]],"access":{"reed":"true","read":"record.zz == 1"},
    "rules":["r","r"],"colour":1})~");
  CHECK_THAT(errors, Contains("/schema/properties/a/minimum bad_schema"));
  CHECK_THAT(errors, Contains("/logic/c unknown_field: there is no field 'c'"));
  CHECK_THAT(errors, Contains("/logic/a/visble unknown_key: 'visble' means nothing here; did you mean 'visible'?"));
  CHECK_THAT(errors, Contains("/logic/a/compute@2 expression: "));
  CHECK_THAT(errors, Contains("/logic/a/required@0 expression: a condition is true or false; this one is int"));
  CHECK_THAT(errors, Contains("/logic/b/compute@0 expression: there is no field 'x'"));
  CHECK_THAT(errors, Contains("/checks/0/when@"));
  CHECK_THAT(errors, Contains("/checks/1/id duplicate"));
  CHECK_THAT(errors, Contains("/checks/1/at unknown_field"));
  CHECK_THAT(errors, Contains("/checks/2/id required"));
  CHECK_THAT(errors, Contains("/ui/elements/0/scope unknown_field"));
  CHECK_THAT(errors, Contains("/ui/elements/1/type bad_value") && Contains("did you mean Control?"));
  CHECK_THAT(errors, Contains("/index/0 unknown_field"));
  CHECK_THAT(errors, Contains("/index/1/order bad_value"));
  CHECK_THAT(errors, Contains("/unique/0/1 unknown_field: there is no field 'b2'; did you mean 'b'?"));
  CHECK_THAT(errors, Contains("/access/reed unknown_key") && Contains("did you mean 'read'?"));
  CHECK_THAT(errors, Contains("/rules/1 duplicate"));
  CHECK_THAT(errors, Contains("/colour unknown_key"));
}

TEST_CASE("forms model: a key of a later part is said as models/1 says it, and both together once", "[forms]") {
  const std::string text = model_of(R"~("a":{"type":"string"})~", R"~("workflow":"x")~");
  CHECK(errors_of(text) == "/workflow later_part: 'workflow' belongs to a part that is not there yet; remove it\n");
  namespace models = socle::models;
  std::vector<models::Diagnostic> all;
  const auto source = models::Source::read(text, models::Media::json, all);
  REQUIRE(source);
  models::check_frame(*models::find_kind("forms"), "f", *source, all);
  Diagnostics own;
  (void)Form::compile(source->root(), own);
  REQUIRE(own.all().size() == 1);
  all.push_back({own.all()[0].pointer, std::string(own.all()[0].code), own.all()[0].message});
  source->find_places(all);
  models::put_in_order(all);
  REQUIRE(all.size() == 1);
  CHECK(all[0].code == "later_part");
}

TEST_CASE("forms model: a cycle is told with the fields on it", "[forms]") {
  const std::string fields = R"~("a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"})~";
  CHECK(errors_of(model_of(fields, R"~("logic":{"a":{"compute":"b"},"b":{"compute":"c"},"c":{"compute":"a + 1"}})~")) ==
        "/logic/a/compute cycle: a needs b needs c needs a: no order can satisfy this; break the circle, or read the "
        "stored value through 'old'\n");
  CHECK_THAT(errors_of(model_of(fields, R"~("logic":{"a":{"visible":"a > 1","clear_on_hide":true}})~")),
             Contains("cycle: a needs a"));
  CHECK(errors_of(model_of(fields, R"~("logic":{"a":{"visible":"a > 1"},"b":{"read_only":"old.b == 1"}})~")).empty());
}

TEST_CASE("forms model: what rows cannot do is said", "[forms]") {
  const std::string rows =
      R"~("l":{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"},"o":{"type":"object","properties":{"x":{"type":"integer"}}}}}})~";
  CHECK_THAT(errors_of(model_of(rows, R"~("logic":{"l[].o.x":{"compute":"1"}})~")),
             Contains("/logic/l[].o.x not_supported: columns of a sub-table have logic"));
  CHECK_THAT(errors_of(model_of(rows, R"~("logic":{"l":{"default":"[]"},"l[].a":{"compute":"1"}})~")),
             Contains("/logic/l not_supported: a sub-table with logic in its columns is filled in by people"));
  CHECK_THAT(errors_of(model_of(rows, R"~("logic":{"l[].a":{"compute":"row"}})~")), Contains("not the whole row"));
}

TEST_CASE("forms model: a name that CEL uses itself is the field only behind record.", "[forms]") {
  const std::string fields =
      R"~("date":{"type":"integer"},"user":{"type":"integer"},"math":{"type":"number"},"x":{"type":"integer"})~";
  CHECK(errors_of(model_of(fields, R"~("logic":{"x":{"compute":"record.date + record.user"}})~")).empty());
  CHECK(errors_of(model_of(fields, R"~("logic":{"x":{"compute":"int(math.abs(record.math))"
}
})~"))
            .empty());
  CHECK_THAT(errors_of(model_of(fields, R"~("logic":{"x":{"compute":"date + 1"}})~")), Contains("/logic/x/compute@"));
  CHECK_THAT(errors_of(model_of(fields, R"~("logic":{"x":{"compute":"size(record)"
  }
  })~")),
             Contains("logic reads fields, not the whole record"));
  CHECK(errors_of(model_of(fields, R"~("logic":{"x":{"compute":"[1, 2].filter(x, x > 1)[0]"}})~")).empty());
}

TEST_CASE("forms model: indexes become declarations of storage/1 with stable names", "[forms]") {
  const auto form = form_of(model_of(
      R"~("kind":{"enum":["a"]},"from":{"type":"string","format":"date"},"o":{"type":"object","properties":{"n":{"type":"number"}}})~",
      R"~("index":["kind",{"field":"from","order":"ordered"},["o.n",{"field":"created_at","order":"desc"}],"created_by"],"unique":[["kind","from"]])~"));
  REQUIRE(form);
  CHECK(
      form->collections() ==
      R"~([{"collection":"f:f","indexes":[{"name":"i:kind-string","fields":[{"field":"/doc/kind","type":"string"}]},)~"
      R"~({"name":"i:from-date","fields":[{"field":"/doc/from","type":"date"}]},)~"
      R"~({"name":"i:o.n-number:created_at-desc-timestamp","fields":[{"field":"/doc/o/n","type":"number"},{"field":"created_at","type":"timestamp","order":"desc"}]},)~"
      R"~({"name":"i:.created_by-string","fields":[{"field":"/created_by","type":"string"}]},)~"
      R"~({"name":"u:kind-string:from-date","fields":[{"field":"/doc/kind","type":"string"},{"field":"/doc/from","type":"date"}],"unique":true}]},)~"
      R"~({"collection":"forms:drafts","indexes":[{"name":"own","fields":[{"field":"/owner","type":"string"},{"field":"/form","type":"string"}]}]}])~");
}

TEST_CASE("forms model: on_delete wants one record's reference, and declares the index that finds its referrers",
          "[forms]") {
  const std::string fields =
      R"~("who":{"type":"string"},"many":{"type":"array","items":{"type":"string"}},"rows":{"type":"array","items":{"type":"object",
      "properties":{"who":{"type":"string"}}}},"o":{"type":"object","properties":{"who":{"type":"string"}}})~";
  const auto told_of = [&](const std::string& field, const std::string& logic) {
    return errors_of(model_of(fields, R"~("logic":{")~" + field + R"~(":{)~" + logic + "}}"));
  };
  CHECK(told_of("who", R"~("reference":"customer","on_delete":"forget")~") ==
        "/logic/who/on_delete unknown_value: on_delete is restrict, clear or cascade; found \"forget\"\n");
  CHECK(told_of("who", R"~("on_delete":"clear")~") ==
        "/logic/who/on_delete bad_value: on_delete is for a reference: say which form's records the field names\n");
  const std::string one_only =
      "/on_delete not_supported: on_delete is for a field that names one record, outside of sub-tables: what a list or "
      "a column names has no index to find it by\n";
  CHECK(told_of("many", R"~("reference":"customer","on_delete":"clear")~") == "/logic/many" + one_only);
  CHECK(told_of("rows[].who", R"~("reference":"customer","on_delete":"clear")~") == "/logic/rows[].who" + one_only);
  const std::string needed =
      "/logic/who/on_delete bad_value: a required field cannot be cleared: say restrict or cascade\n";
  CHECK(told_of("who", R"~("reference":"customer","on_delete":"clear","required":true)~") == needed);
  CHECK(told_of("who", R"~("reference":"customer","on_delete":"clear","required":"true")~") == needed);
  CHECK(told_of("who", R"~("reference":"customer","on_delete":"clear","required":"size(many) > 0")~").empty());
  CHECK(errors_of(
            R"~({"form":"f","schema":{"type":"object","required":["who"],"properties":{"who":{"type":"string"}}},
            "logic":{"who":{"reference":"customer","on_delete":"clear"}}})~") == needed);
  CHECK(told_of("who", R"~("reference":"customer","on_delete":"clear","compute":"o.who")~") ==
        "/logic/who/on_delete bad_value: a field that is computed or read-only cannot be cleared: say restrict or "
        "cascade\n");
  const auto form = form_of(model_of(
      fields,
      R"~("logic":{"who":{"reference":"customer","on_delete":"restrict"},"o.who":{"reference":"customer","on_delete":"clear"}},"index":["who"])~"));
  REQUIRE(form);
  CHECK(form->has_on_delete());
  CHECK(
      form->collections() ==
      R"~([{"collection":"f:f","indexes":[{"name":"i:who-string","fields":[{"field":"/doc/who","type":"string"}]},)~"
      R"~({"name":"i:o.who-string","fields":[{"field":"/doc/o/who","type":"string"}]}]},)~"
      R"~({"collection":"forms:referred","indexes":[]},)~"
      R"~({"collection":"forms:drafts","indexes":[{"name":"own","fields":[{"field":"/owner","type":"string"},{"field":"/form","type":"string"}]}]}])~");
  CHECK_FALSE(form_of(model_of(fields, R"~("logic":{"who":{"reference":"customer"}})~"))->has_on_delete());
}

TEST_CASE("forms model: sequences have one number and known parts", "[forms]") {
  const auto good = Sequence::parse("LN-{year}-{000000}");
  REQUIRE(good);
  CHECK(good->text(1795257600, 123) == "LN-2026-000123");
  CHECK(good->text(1795257600, 12345678) == "LN-2026-12345678");
  CHECK(good->period(1795257600) == "LN-2026-#");
  CHECK(Sequence::parse("{month}{day}-{0}")->text(1795257600, 5) == "1121-5");
  CHECK(Sequence::parse("LN-{yeer}-{0}").error().message ==
        "sequence 'LN-{yeer}-{0}': '{yeer}' is none of {year}, {month}, {day} and {000}; wanted for example "
        "LN-{year}-{000000}");
  CHECK_FALSE(Sequence::parse("LN"));
  CHECK_FALSE(Sequence::parse("{00}{00}"));
  CHECK_FALSE(Sequence::parse("{00"));
  CHECK_FALSE(Sequence::parse(""));
}

TEST_CASE("forms model: the language of an answer follows the header's weights", "[forms]") {
  CHECK(language_of("") == Language::en);
  CHECK(language_of("zh-CN,zh;q=0.9,en;q=0.8") == Language::zh);
  CHECK(language_of("en;q=0.5, zh;q=0.4") == Language::en);
  CHECK(language_of("fr, zh;q=0.1") == Language::zh);
  CHECK(language_of("zh;q=x,de") == Language::en);
}

TEST_CASE("forms model: an expression that needs more fuel than there is for sure is refused where it stands",
          "[forms]") {
  const std::string rows =
      R"~("rows":{"type":"array","maxItems":2000,"items":{"type":"integer"}},"a":{"type":"boolean"})~";
  const std::string costly = "rows.all(x, rows.all(y, x != y))";
  const auto starts = [&](const std::string& rest, const std::string& wanted) {
    const auto errors = errors_of(model_of(rows, rest));
    INFO(errors);
    CHECK(errors.starts_with(wanted));
  };
  starts(R"~("checks":[{"id":"c","when":")~" + costly + R"~(","message":"m"}])~", "/checks/0/when@0 too_costly: ");
  starts(R"~("logic":{"a":{"visible":")~" + costly + R"~("}})~", "/logic/a/visible@0 too_costly: ");
  starts(R"~("access":{"read":"record.rows.all(x, record.rows.all(y, x != y))"})~", "/access/read@0 too_costly: ");
  // Without a declared bound nothing is sure.
  std::string unbounded = rows;
  unbounded.erase(unbounded.find(R"~("maxItems":2000,)~"), std::string_view(R"~("maxItems":2000,)~").size());
  CHECK(
      errors_of(model_of(unbounded, R"~("checks":[{"id":"c","when":")~" + costly + R"~(","message":"m"}])~")).empty());
}
