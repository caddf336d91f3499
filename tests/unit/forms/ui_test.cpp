// ui_test.cpp: what is told of a form's layout: keys that nothing follows, and fields that nobody could fill in.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
using Catch::Contains;

namespace {

const std::string ui_fields =
    R"~("kind":{"type":"string"},"note":{"type":"string"},"home":{"type":"object","required":["city"],"properties":{
    "city":{"type":"string"},"no":{"type":"integer"}}},"lines":{"type":"array","items":{"type":"object","properties":{"qty":{"type":"integer"}}}})~";

std::string told_of(const std::string& ui) { return errors_of(model_of(ui_fields, "\"ui\":" + ui)); }
std::string kind_control(const std::string& more = {}) {
  return R"~({"type":"Control","scope":"#/properties/kind")~" + more + "}";
}

// A form with these fields (JSON members), those demanded (JSON texts) and other keys; its layout shows `kind` alone.
std::string left_out(const std::string& properties, const std::string& required, const std::string& rest = {}) {
  return errors_of(R"~({"form":"f","schema":{"type":"object","required":[)~" + required +
                   R"~(],"properties":{"kind":{"type":"string"},)~" + properties + "}" + rest +
                   R"~(,"ui":{"type":"VerticalLayout","elements":[)~" + kind_control() + "]}}");
}

}  // namespace

TEST_CASE("forms ui: a layout of every shape that pages follow draws no diagnostic", "[forms]") {
  CHECK(told_of(R"~({"type":"Categorization","label":"All","elements":[
    {"type":"Category","label":{"en":"A","zh":"甲"},"elements":[
      {"type":"Label","text":{"en":"First","zh":"一"}},
      {"type":"HorizontalLayout","elements":[)~" +
                kind_control(R"~(,"label":"Sort","options":{"multi":true})~") + R"~(]},
      {"type":"Group","label":"G","elements":[{"type":"Control","scope":"#/properties/home/properties/city","label":true}]}]}]})~")
            .empty());
  // A bare Control is a layout, too, and a name is escaped as in any JSON pointer.
  CHECK(told_of(kind_control()).empty());
  CHECK(errors_of(model_of(R"~("a/b":{"type":"string"})~", R"~("ui":{"type":"Control","scope":"#/properties/a~1b"})~"))
            .empty());
}

TEST_CASE("forms ui: a key that pages do not follow is told at its place", "[forms]") {
  const auto errors = told_of(R"~({"type":"VerticalLayout","label":"x","elements":[)~" +
                              kind_control(R"~(,"labl":"L","options":{"multi":"yes","readonly":true,"nonsense":1},
    "rule":{"effect":"HIDE","condition":{"scope":"#/properties/note","schema":{"const":"x"}}})~") +
                              R"~(,{"type":"Group","label":"G","text":"t","options":{"variant":"x"},"elements":[]},
    {"type":"Label","text":7,"elements":[]}]})~");
  INFO(errors);
  CHECK_THAT(errors, Contains("/ui/label unknown_key: "));
  CHECK_THAT(errors, Contains("/ui/elements/0/labl unknown_key: 'labl' means nothing here; did you mean 'label'?"));
  CHECK_THAT(errors,
             Contains("/ui/elements/0/rule not_supported: ") && Contains("in logic: its visible and read_only"));
  CHECK_THAT(errors, Contains("/ui/elements/0/options/readonly not_supported: ") && Contains("say read_only"));
  CHECK_THAT(errors, Contains("/ui/elements/0/options/nonsense unknown_key: "));
  CHECK_THAT(errors, Contains("/ui/elements/0/options/multi bad_value: "));
  CHECK_THAT(errors, Contains("/ui/elements/1/text unknown_key: "));
  CHECK_THAT(errors, Contains("/ui/elements/1/options not_supported: "));
  CHECK_THAT(errors, Contains("/ui/elements/2/text bad_value: ") && Contains("/ui/elements/2/elements unknown_key: "));
  CHECK_THAT(told_of(kind_control(R"~(,"options":"multi")~")), Contains("/ui/options bad_value: "));
  CHECK_THAT(told_of(kind_control(R"~(,"label":false)~")), Contains("/ui/label not_supported: "));
}

TEST_CASE("forms ui: a Control that no step would show is told", "[forms]") {
  CHECK_THAT(told_of(R"~({"type":"Categorization","elements":[)~" + kind_control() + "]}"),
             Contains("/ui/elements/0/type bad_value: a Categorization holds a Category for each step"));
  CHECK_THAT(told_of(R"~({"type":"Control","scope":"#/properties/lines[].qty"})~"),
             Contains("/ui/scope not_supported: columns are shown by the Control of their sub-table"));
  CHECK_THAT(told_of(R"~({"type":"Control","scope":"#/properties/home/city"})~"), Contains("/ui/scope bad_value: "));
}

TEST_CASE("forms ui: fields that must be filled in and have no Control draw one warning", "[forms]") {
  const auto document =
      socle::json::Document::parse(R"~({"form":"f","schema":{"type":"object","required":["from","to"],"properties":{
    "kind":{"type":"string"},"from":{"type":"string"},"to":{"type":"string"},"note":{"type":"string"}}},
    "ui":{"type":"VerticalLayout","elements":[{"type":"Control","scope":"#/properties/kind"}]}})~")
          .value();
  Diagnostics diagnostics;
  CHECK(Form::compile(document.root(), diagnostics));
  REQUIRE(diagnostics.all().size() == 1);
  const auto& only = diagnostics.all().front();
  CHECK(only.severity == Severity::warning);
  CHECK(only.pointer == "/ui");
  CHECK(only.code == "left_out");
  CHECK(only.message ==
        "the layout has no Control for 'from', 'to', without which a record may not be saved; pages show it at the end "
        "of the last step");
}

TEST_CASE("forms ui: what nobody has to fill in may be left out", "[forms]") {
  const std::string a = R"~("a":{"type":"string"})~";
  CHECK(left_out(a, "", "}").empty());
  CHECK(left_out(R"~("a":{"type":"string","default":"x"})~", "\"a\"", "}").empty());
  CHECK(left_out(R"~("a":{"type":"string","readOnly":true})~", "\"a\"", "}").empty());
  CHECK(left_out(a, "\"a\"", R"~(},"logic":{"a":{"compute":"kind"}})~").empty());
  CHECK(left_out(a, "\"a\"", R"~(},"logic":{"a":{"default":"'x'"}})~").empty());
  CHECK(left_out(a, "\"a\"", R"~(},"logic":{"a":{"sequence":"A-{000}"}})~").empty());
  // An object that nobody begins has no parts that must be there.
  const std::string o =
      R"~("o":{"type":"object","required":["p"],"properties":{"p":{"type":"integer"},"q":{"type":"integer"}}})~";
  CHECK(left_out(o, "", "}").empty());
  CHECK(left_out(o, "", R"~(},"logic":{"o.q":{"compute":"o.p * 2"}})~").empty());
  // Rows that nobody adds demand no columns.
  CHECK(errors_of(model_of(ui_fields, R"~("ui":{"type":"Control","scope":"#/properties/kind"},
    "logic":{"lines[].qty":{"required":true}})~"))
            .empty());
}

TEST_CASE("forms ui: what is demanded at times is left out, too", "[forms]") {
  const std::string a = R"~("a":{"type":"string"})~";
  CHECK_THAT(left_out(a, "\"a\"", "}"), Contains("no Control for 'a',"));
  CHECK_THAT(left_out(a, "", R"~(},"logic":{"a":{"required":"kind == 'x'"}})~"), Contains("no Control for 'a',"));
  CHECK_THAT(left_out(a, "", R"~(,"if":{"properties":{"kind":{"const":"x"}}},"then":{"required":["a"]}})~"),
             Contains("no Control for 'a',"));
  CHECK_THAT(left_out(a, "", R"~(,"dependentRequired":{"kind":["a"]}})~"), Contains("no Control for 'a',"));
  const std::string o =
      R"~("o":{"type":"object","required":["p"],"properties":{"p":{"type":"integer"},"q":{"type":"integer"}}})~";
  CHECK_THAT(left_out(o, "\"o\"", "}"), Contains("no Control for 'o',"));
  CHECK_THAT(left_out(o, "", R"~(},"logic":{"o.q":{"default":"1"}})~"), Contains("no Control for 'o.p',"));
  CHECK_THAT(left_out(o, "", R"~(},"logic":{"o.q":{"compute":"size(kind)"}})~"), Contains("no Control for 'o.p',"));
  CHECK_THAT(errors_of(model_of(ui_fields, R"~("ui":{"type":"Control","scope":"#/properties/home/properties/no"})~")),
             Contains("no Control for 'home.city',"));
}

TEST_CASE("forms ui: a layout that was published before it was looked at so closely is served", "[forms]") {
  const auto model = model_of(ui_fields, R"~("ui":{"type":"Control","scope":"#/properties/kind","label":false,
    "rule":{"effect":"HIDE"},"more":1})~");
  CHECK_FALSE(errors_of(model).empty());
  const auto document = socle::json::Document::parse(model);
  REQUIRE(document);
  const auto form = Form::compile_published(document->root());
  REQUIRE(form);
  CHECK(form->ui().find("type").as_string() == "Control");
  // What no record could be judged by is not.
  CHECK_FALSE(Form::compile_published(socle::json::Document::parse(R"~({"form":"x","schema":{"type":1}})~")->root()));
}
