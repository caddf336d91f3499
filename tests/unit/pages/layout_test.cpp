// layout_test.cpp: layouts that leave fields out: whoever fills in the page can still save, and is told of faults in
// words.
#include <fstream>
#include <sstream>

#include "pages_rig.hpp"
#include "source/source.hpp"

namespace {

using namespace pages_test;
using Catch::Contains;
using forms::testing::judged;

// The first block of docs/forms.md in this language.
std::string of_the_docs(const std::string& language) {
  std::ifstream file(SOCLE_DOCS "/forms.md");
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str(), fence = "```" + language + "\n";
  const auto at = text.find(fence);
  REQUIRE(at != std::string::npos);
  return text.substr(at + fence.size(), text.find("```", at + fence.size()) - at - fence.size());
}

std::shared_ptr<const Form> compiled(const std::string& model) {
  std::string told;
  auto form = form_of(model, &told);
  INFO(told);
  REQUIRE(form);
  return form;
}

// Two steps: `a`; a group with `b` and the city of `home`.
const std::string stepped =
    R"~({"form":"f","schema":{"type":"object","required":["a","one","two","sum","auto","home"],"properties":{
    "two":{"type":"string","title":"Number two"},"a":{"type":"string"},"b":{"type":"string"},"one":{"type":"string"},
    "maybe":{"type":"string"},"sum":{"type":"string"},"auto":{"type":"string","default":"x"},"why":{"type":"string"},
    "home":{"type":"object","required":["street"],"properties":{"city":{"type":"string"},"street":{"type":"string"},"door":{"type":"string"}}},
    "lines":{"type":"array","title":"Rows","items":{"type":"object","properties":{"qty":{"type":"integer"}}}}}},
  "logic":{"sum":{"compute":"a + 'x'"},"why":{"visible":"b == 'odd'","required":"b == 'odd'"}},
  "ui":{"type":"Categorization","elements":[
    {"type":"Category","label":"First","elements":[{"type":"Control","scope":"#/properties/a"}]},
    {"type":"Category","label":"Second","elements":[{"type":"Group","label":"Named","elements":[{"type":"Control","scope":"#/properties/b"},
      {"type":"Control","scope":"#/properties/home/properties/city"}]}]},
    {"type":"Category","label":"Empty","elements":[{"type":"Label","text":"Nothing"}]}]}})~";

}  // namespace

TEST_CASE("layout: the leave request of the docs, whose layout shows its kind alone, is completed on its page",
          "[pages]") {
  std::vector<models::Diagnostic> problems;
  const auto written = models::Source::read(of_the_docs("yaml"), models::Media::yaml, problems);
  REQUIRE(written);
  const std::string model = json::to_text(written->root());
  CHECK(sorted(model) == sorted(of_the_docs("form")));
  const auto form = compiled(model);

  const auto blank = rendered(form, "{}").html;
  for (const std::string_view name : {"/kind", "/from", "/to", "/certificate"}) {
    INFO(name);
    CHECK(blank.find("name=\"" + std::string(name) + "\"") != std::string::npos);
  }
  CHECK(blank.find("name=\"/days\"") == std::string::npos);  // nobody enters what is computed
  CHECK_THAT(blank, Contains(R"~(data-field="/certificate" hidden)~"));
  CHECK_THAT(rendered(form, R"~({"kind":"sick"})~").html, !Contains(R"~(data-field="/certificate" hidden)~"));

  // What is typed into the page is all that a record needs.
  const std::string typed = R"~({"kind":"annual","from":"2026-01-05","to":"2026-01-09"})~";
  const auto sent = back(form, rendered(form, typed).html);
  CHECK(sorted(sent) == sorted(typed));
  CHECK(judged(*form, sent).errors.empty());
  CHECK(judged(*form, sent).doc.find("\"days\":5") != std::string::npos);
  const std::string sick = R"~({"kind":"sick","from":"2026-01-05","to":"2026-01-09","certificate":"seen"})~";
  CHECK(judged(*form, back(form, rendered(form, sick).html)).errors.empty());
}

TEST_CASE("layout: what must be filled in and has no Control stands at the end of the last step", "[pages]") {
  const auto form = compiled(stepped);
  const auto plan = plan_of(form);
  REQUIRE(plan->steps.size() == 2);
  CHECK(plan->steps[0].groups.size() == 1);
  const auto& groups = plan->steps[1].groups;
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].label.en == "Named");
  CHECK(groups[1].label.empty());  // not under a heading that is about something else
  std::string added;
  for (const auto& control : groups[1].controls) added += form->fields()[control.field].path + " ";
  CHECK(added == "two one why home.street ");

  const std::string doc =
      R"~({"two":"2","a":"1","b":"odd","one":"1","sum":"1x","auto":"x","why":"w","home":{"city":"Bonn","street":"s"}})~";
  const auto sent = back(form, rendered(form, doc, {}, 1).html);
  CHECK(judged(*form, sent).errors.empty());
  CHECK(sorted(judged(*form, sent).doc) == sorted(doc));
  CHECK_THAT(rendered(form, R"~({"b":"even"})~", {}, 1).html, Contains(R"~(data-field="/why" hidden)~"));
}

TEST_CASE("layout: a field that is withheld from whoever looks is not shown because it was left out", "[pages]") {
  forms::Masks masks;
  masks.hidden = {"/one"};
  const auto html = rendered(compiled(stepped), "{}", {}, 1, {}, masks).html;
  CHECK_THAT(html, Contains(R"~(data-field="/one" data-required="true" hidden)~"));
  CHECK_THAT(html, Contains(R"~(data-field="/two" data-required="true">)~"));
}

TEST_CASE("layout: a layout that is a Control or a group by itself is shown", "[pages]") {
  const auto names = [](const std::string& ui) {
    const auto plan = plan_of(compiled(forms::testing::model_of(R"~("a":{"type":"string"})~", "\"ui\":" + ui)));
    std::string out;
    for (const auto& group : plan->steps.front().groups)
      for (const auto& control : group.controls) out += group.label.en + "/" + control.label.en;
    return out;
  };
  CHECK(names(R"~({"type":"Control","scope":"#/properties/a","label":"Own"})~") == "/Own");
  CHECK(names(R"~({"type":"Group","label":"G","elements":[{"type":"Control","scope":"#/properties/a"}]})~") == "G/A");
}

TEST_CASE("layout: a fault in a place that the page does not show is told with the field's label", "[pages]") {
  const auto html = rendered(compiled(stepped), "{}",
                             {{"/lines/1/qty", "Too few"},
                              {"/sum", "Wrong"},
                              {"/home/door", "Shut"},
                              {"/extra/0", "Unknown"},
                              {"/two", "Missing"}},
                             1)
                        .html;
  const auto summary = html.substr(html.find("<ul>"), html.find("</ul>") - html.find("<ul>"));
  CHECK_THAT(summary, Contains("<strong>Rows 2, Qty</strong>: Too few"));
  CHECK_THAT(summary, Contains("<strong>Sum</strong>: Wrong"));
  CHECK_THAT(summary, Contains("<strong>Home, Door</strong>: Shut"));
  CHECK_THAT(summary, Contains("<strong>extra, 0</strong>: Unknown"));
  CHECK_THAT(summary, Contains(R"~(<a href="#f/two">Number two</a>: Missing)~"));
  CHECK_THAT(summary, !Contains("/lines") && !Contains("/sum") && !Contains("/home"));
}
