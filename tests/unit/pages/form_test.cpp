#include <catch2/catch.hpp>
#include <random>

#include "form/edit.hpp"
#include "form/posted.hpp"
#include "form/texts.hpp"
#include "forms/forms_rig.hpp"
#include "site/texts.hpp"
#include "socle/page/escape.hpp"

namespace {

using namespace socle;
using namespace socle::pages;
using forms::testing::form_of;
using forms::testing::judged;
using forms::testing::model_of;

const page::Templates& templates() {
  static const auto all =
      page::Templates::compile({template_sources().begin(), template_sources().end()}, messages(), page::Language::en)
          .value();
  return all;
}

struct Rendered {
  std::string html, live;
};

// The page of a record that is being filled in.
Rendered rendered(const std::shared_ptr<const Form>& form, std::string_view doc, const Faults& faults = {},
                  std::size_t step = 0) {
  const auto plan = plan_of(form);
  const auto given = json::Document::parse(doc).value();
  const auto user = json::Document::parse(R"~({"id":"ada","roles":["hr"]})~").value();
  forms::Call call;
  call.doc = given.root();
  call.user = user.root();
  call.now_seconds = 1795257600;
  cel::Arena arena;
  forms::Evaluation evaluation(*form, call, arena);
  REQUIRE(evaluation.run());
  const auto after = json::Document::parse(evaluation.changed() ? evaluation.document() : std::string(doc)).value();
  const Candidates none;
  const Shown shown{*plan, evaluation, after.root(), faults, none, messages(), Language::en};
  Editing editing;
  editing.step = step;
  return {templates().render("edit", edit_data(shown, editing)), live_text(shown)};
}

// As a browser reads the page and posts its form: every enabled input that counts.
std::string unescaped(std::string text) {
  for (const auto& [from, to] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += 1)
      text.replace(at, std::string_view(from).size(), to);
  return text;
}
std::string attribute(std::string_view tag, std::string_view name) {
  const std::string begin = " " + std::string(name) + "=\"";
  const auto at = tag.find(begin);
  return at == std::string_view::npos ? ""
                                      : unescaped(std::string(tag.substr(
                                            at + begin.size(), tag.find('"', at + begin.size()) - at - begin.size())));
}
std::string sent(const std::string& html) {
  std::string out;
  const auto add = [&](const std::string& name, const std::string& value) {
    page::append_component(out, name);
    out += '=';
    page::append_component(out, value);
    out += '&';
  };
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos; ++at) {
    const std::string tag = html.substr(at, html.find('>', at) - at + 1);
    if (tag.find(" disabled") != std::string::npos) continue;
    const std::string name = attribute(tag, "name");
    if (tag.starts_with("<input") &&
        !(attribute(tag, "type") == "checkbox" && tag.find(" checked") == std::string::npos))
      add(name, attribute(tag, "value"));
    if (tag.starts_with("<textarea"))
      add(name, unescaped(html.substr(at + tag.size() + 1, html.find("</textarea>", at) - at - tag.size() - 1)));
    if (tag.starts_with("<select")) {
      const std::string inside = html.substr(at, html.find("</select>", at) - at);
      const auto chosen = inside.find(" selected");
      const auto option = inside.rfind("<option", chosen);
      add(name, chosen == std::string::npos ? "" : attribute(inside.substr(option, chosen - option + 1), "value"));
    }
  }
  return out;
}
std::string back(const std::shared_ptr<const Form>& form, const std::string& html, std::string_view base = "{}",
                 const RowChange& change = {}) {
  const auto body = page::FormBody::parse(sent(html)).value();
  const auto stored = json::Document::parse(base).value();
  return document_of(*plan_of(form), body, stored.root(), change);
}
std::string sorted(std::string_view text) {
  // Members in any order, for comparing.
  const auto document = json::Document::parse(text).value();
  std::function<std::string(json::View)> all = [&](json::View view) -> std::string {
    if (view.is_object()) {
      std::map<std::string, std::string> members;
      for (const auto& [key, value] : view.members()) members[std::string(key)] = all(value);
      std::string out = "{";
      for (const auto& [key, value] : members) out += key + ":" + value + ",";
      return out + "}";
    }
    if (view.is_array()) {
      std::string out = "[";
      for (const auto one : view.elements()) out += all(one) + ",";
      return out + "]";
    }
    return json::to_text(view);
  };
  return all(document.root());
}

const std::string every =
    R"~("name":{"type":"string"},"note":{"type":"string","maxLength":2000},"count":{"type":"integer"},"rate":{"type":"number"},
    "price":{"type":"string","format":"decimal"},"vip":{"type":"boolean"},"kind":{"enum":["a","b",3]},"day":{"type":"string","format":"date"},
    "at":{"type":"string","format":"date-time"},"tags":{"type":"array","items":{"type":"string"}},
    "colours":{"type":"array","items":{"enum":["red","green"]}},"free":{},
    "home":{"type":"object","properties":{"city":{"type":"string"},"no":{"type":"integer"}}},
    "lines":{"type":"array","items":{"type":"object","properties":{"what":{"type":"string"},"qty":{"type":"integer"},"sum":{"type":"integer"}}}},
    "total":{"type":"integer"},"secret":{"type":"string"})~";
const std::string rules =
    R"~("logic":{"lines[].sum":{"compute":"qty * 2"},"total":{"compute":"count + 1"},"secret":{"visible":"kind == 'b'","required":"kind == 'b'","clear_on_hide":true}},
    "checks":[{"id":"low","when":"count < 3","message":"Too low","at":"/count"}])~";

std::shared_ptr<const Form> everything() {
  std::string errors;
  auto form = form_of(model_of(every, rules), &errors);
  INFO(errors);
  REQUIRE(form);
  return form;
}

}  // namespace

TEST_CASE("pages: every template compiles in both languages and no message lacks one", "[pages]") {
  for (const auto language : {page::Language::en, page::Language::zh}) {
    const auto made =
        page::Templates::compile({template_sources().begin(), template_sources().end()}, messages(), language);
    INFO((made ? "" : made.error().message));
    CHECK(made);
  }
}

TEST_CASE("pages: a record comes back from its page as it went in", "[pages]") {
  const auto form = everything();
  const std::string doc =
      R"~({"name":"Zoë <b>","note":"two\nlines","count":7,"rate":2.50,"price":"10.10","vip":true,"kind":3,"day":"2026-11-21","at":"2026-11-21T10:40:00Z",
      "tags":["x","y & z"],"colours":["green"],"free":{"a":[1]},"home":{"city":"Bonn","no":4},"lines":[{"what":"a","qty":1,"sum":2},{"what":"b","qty":2,"sum":4}],"total":8})~";
  CHECK(sorted(back(form, rendered(form, doc).html)) == sorted(doc));
}

TEST_CASE("pages: the same record gets the same verdict from the page and from the server", "[pages]") {
  const auto form = everything();
  std::mt19937 random(20261121);
  const auto pick = [&](std::initializer_list<const char*> values) {
    return std::string(values.begin()[random() % values.size()]);
  };
  for (int i = 0; i < 400; ++i) {
    std::string doc = "{\"vip\":" + pick({"true", "false"});
    if (random() % 3) doc += ",\"name\":" + pick({"\"a\"", "\"</p>\"", "\"'\\\"&\""});
    if (random() % 3) doc += ",\"count\":" + pick({"0", "3", "9", "\"x\"", "2.5"});
    if (random() % 3) doc += ",\"kind\":" + pick({"\"a\"", "\"b\"", "3", "\"nap\""});
    if (random() % 3) doc += ",\"secret\":" + pick({"\"s\"", "\"t\""});
    if (random() % 3) doc += ",\"price\":" + pick({"\"1.20\"", "\"abc\""});
    if (random() % 3) doc += ",\"day\":" + pick({"\"2026-01-31\"", "\"2026-02-31\""});
    if (random() % 3) doc += ",\"lines\":[{\"what\":\"a\",\"qty\":" + pick({"1", "\"two\""}) + "},{\"qty\":5}]";
    if (random() % 3) doc += ",\"home\":{\"city\":\"Bonn\"" + pick({"", ",\"no\":1", ",\"no\":\"x\""}) + "}";
    doc += "}";
    const auto server = judged(*form, doc);
    const auto through = judged(*form, back(form, rendered(form, doc).html));
    INFO(doc << "\n" << back(form, rendered(form, doc).html));
    CHECK(through.errors == server.errors);
    CHECK(sorted(through.doc) == sorted(server.doc));
  }
}

TEST_CASE("pages: a field appears, is demanded and computed as the record changes", "[pages]") {
  const auto form = everything();
  const auto a = rendered(form, R"~({"kind":"a","count":4})~").live;
  CHECK(a.find(R"~({"p":"/secret","visible":false,"required":false,"readonly":false})~") != std::string::npos);
  CHECK(a.find(R"~({"p":"/total","visible":true,"required":false,"readonly":true,"value":"5"})~") != std::string::npos);
  const auto b = rendered(form, R"~({"kind":"b","lines":[{"qty":3}]})~").live;
  CHECK(b.find(R"~({"p":"/secret","visible":true,"required":true,"readonly":false})~") != std::string::npos);
  CHECK(b.find(R"~({"p":"/lines/0/sum","visible":true,"required":false,"readonly":true,"value":"6"})~") !=
        std::string::npos);
}

TEST_CASE("pages: faults stand at their fields and in a summary that leads there", "[pages]") {
  const auto form = everything();
  const auto html = rendered(form, R"~({"count":1,"lines":[{},{}]})~",
                             {{"/count", "Too <low>"}, {"/lines/1/qty", "Wanted"}, {"", "Not at all"}})
                        .html;
  INFO(html.substr(html.find("<ul>"), 600));
  CHECK(html.find(R"~(<a href="#f/count">Count</a>: Too &lt;low&gt;)~") != std::string::npos);
  CHECK(html.find(R"~(<a href="#f/lines/1/qty">Lines 2, Qty</a>: Wanted)~") != std::string::npos);
  CHECK(html.find("Not at all") != std::string::npos);
  CHECK(html.find(R"~(aria-describedby="h/count e/count" aria-invalid="true")~") != std::string::npos);
  CHECK(html.find(R"~(id="e/count">Too &lt;low&gt;</p>)~") != std::string::npos);
}

TEST_CASE("pages: rows are added and removed by buttons without a script", "[pages]") {
  const auto form = everything();
  const auto html = rendered(form, R"~({"vip":false,"lines":[{"what":"a"},{"what":"b"}]})~").html;
  CHECK(back(form, html, "{}", RowChange::of("add:/lines")).find(R"~("lines":[{"what":"a"},{"what":"b"},{}])~") !=
        std::string::npos);
  CHECK(back(form, html, "{}", RowChange::of("remove:/lines/0")).find(R"~("lines":[{"what":"b"}])~") !=
        std::string::npos);
  CHECK(RowChange::of("remove:/").kind == RowChange::Kind::none);
  CHECK(RowChange::of("nonsense").kind == RowChange::Kind::none);
}

TEST_CASE("pages: what a page does not show stays as it is stored", "[pages]") {
  const auto form =
      form_of(R"~({"form":"f","schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}},
    "ui":{"type":"VerticalLayout","elements":[{"type":"Control","scope":"#/properties/a"}]}})~");
  REQUIRE(form);
  const auto html = rendered(form, R"~({"a":"1","b":"2","c":3})~").html;
  CHECK(html.find("name=\"/b\"") == std::string::npos);
  CHECK(sorted(back(form, html, R"~({"a":"0","b":"2","c":3})~")) == sorted(R"~({"a":"1","b":"2","c":3})~"));
}

TEST_CASE("pages: no text of a model, a record or a fault becomes HTML", "[pages]") {
  const std::string evil = R"~(\"><script>alert(1)</script><img src=x onerror=alert(2)>')~";
  const auto form =
      form_of("{\"form\":\"f\",\"title\":\"" + evil + "\",\"describe\":\"" + evil +
              "\",\"schema\":{\"type\":\"object\",\"properties\":{\"" + evil + "\":{\"type\":\"string\",\"title\":\"" +
              evil + "\",\"description\":\"" + evil + "\"},\"k\":{\"enum\":[\"" + evil +
              "\"]},\"l\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"" + evil +
              "\":{\"type\":\"string\"}}}}}}}");
  REQUIRE(form);
  const std::string raw = json::Document::parse("\"" + evil + "\"")->root().as_string().data();
  const std::string doc =
      "{\"" + evil + "\":\"" + evil + "\",\"k\":\"" + evil + "\",\"l\":[{\"" + evil + "\":\"" + evil + "\"}]}";
  Faults faults{{"", raw}, {"/k", raw}};
  const auto made = rendered(form, doc, faults).html;
  CHECK(made.find("<script") == std::string::npos);
  CHECK(made.find("<img") == std::string::npos);
  CHECK(made.find("onerror=alert(2)>") == std::string::npos);
  CHECK(made.find("&lt;script&gt;alert(1)") != std::string::npos);
}
