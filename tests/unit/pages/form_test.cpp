#include <random>

#include "form/texts.hpp"
#include "pages_rig.hpp"

namespace {

using namespace pages_test;
using forms::testing::judged;
using forms::testing::model_of;

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
    if (doc.find("\"abc\"") != std::string::npos) CHECK(server.errors.find("/price format") != std::string::npos);
  }
}

namespace {

// Models nobody wrote: fields of every kind, whose logic reads only fields before them, so that no circle comes about.
class RandomModel {
 public:
  explicit RandomModel(std::mt19937& random) : random_(random) {}

  std::string text() {
    const std::size_t count = 3 + random_() % 6;
    std::string properties, logic, checks, required, index;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(i);
      kinds_.push_back(random_() % 9);
      properties += (i > 0 ? "," : "") + ("\"" + name + "\":" + schema(kinds_.back()));
      if (random_() % 4 == 0) required += (required.empty() ? "" : ",") + ("\"" + name + "\"");
      if (kinds_.back() < 7 && random_() % 3 == 0) index += (index.empty() ? "\"" : ",\"") + name + "\"";
      if (i > 0 && random_() % 2 == 0) logic += (logic.empty() ? "" : ",") + ("\"" + name + "\":" + rule(i));
      if (i > 0 && random_() % 4 == 0)
        checks += (checks.empty() ? "" : ",") + (R"({"id":"c)" + std::to_string(i) + R"(","when":")" + condition(i) +
                                                 R"(","message":"no","at":"/)" + name + "\"}");
    }
    return R"({"form":"r","schema":{"type":"object","properties":{)" + properties + R"(},"required":[)" + required +
           R"(]},"logic":{)" + logic + R"(},"checks":[)" + checks + R"(],"index":[)" + index + "]}";
  }

  // A box that is not ticked says no, so a record from a page has all of them.
  std::string record() {
    std::string out = "{";
    for (std::size_t i = 0; i < kinds_.size(); ++i)
      if (kinds_[i] == boolean || random_() % 4 != 0)
        out += (out.size() > 1 ? ",\"f" : "\"f") + std::to_string(i) + "\":" + value(kinds_[i]);
    return out + "}";
  }

 private:
  static constexpr std::size_t boolean = 3;
  std::string one_of(std::initializer_list<const char*> values) { return values.begin()[random_() % values.size()]; }

  std::string schema(std::size_t kind) {
    switch (kind) {
      case 0:
        return one_of(
            {R"({"type":"string"})", R"({"type":"string","minLength":2})", R"({"type":"string","default":"d"})"});
      case 1: return one_of({R"({"type":"integer"})", R"({"type":"integer","minimum":3})"});
      case 2: return R"({"type":"number","maximum":100})";
      case 3: return R"({"type":"boolean"})";
      case 4: return R"({"enum":["a","b","c"]})";
      case 5: return R"({"type":"string","format":"date"})";
      case 6: return R"({"type":"string","format":"decimal"})";
      case 7: return R"({"type":"array","items":{"enum":["x","y"]}})";
      default:
        return R"({"type":"array","items":{"type":"object","required":["q"],"properties":{"q":{"type":"integer"},"w":{"type":"string"}}}})";
    }
  }
  std::string value(std::size_t kind) {
    switch (kind) {
      case 0: return one_of({R"("a")", R"("bcd")", R"("<i>&\"")"});
      case 1: return one_of({"0", "3", "12", R"("x")"});
      case 2: return one_of({"0.5", "7", "101.25", R"("1,5")"});
      case 3: return one_of({"true", "false"});
      case 4: return one_of({R"("a")", R"("b")", R"("z")"});
      case 5: return one_of({R"("2026-01-31")", R"("2026-02-30")"});
      case 6: return one_of({R"("1.20")", R"("12")", R"("0.5")", R"("-3")", R"("1e2")", R"("0010.10")", R"("abc")"});
      case 7: return one_of({R"(["x"])", R"(["x","y"])"});
      default: return one_of({R"([{"q":1}])", R"([{"q":"n"},{"w":"t"}])"});
    }
  }
  // Of a field before `i`; one that errs or reads nothing is false.
  std::string condition(std::size_t i) {
    const std::size_t other = random_() % i;
    const std::string name = "f" + std::to_string(other);
    switch (kinds_[other]) {
      case 0: return name + " == 'a'";
      case 1: return name + " > 2";
      case 2: return name + " < 50.0";
      case 3: return name;
      case 4: return name + " in ['a', 'c']";
      case 5: return name + " > date('2026-01-15')";
      case 6: return "decimal(" + name + ") > decimal('5')";
      case 7: return "size(" + name + ") > 1";
      default: return name + ".exists(l, l.q == 1)";
    }
  }
  std::string rule(std::size_t i) {
    const bool computed = kinds_[i] == 0 || kinds_[i] == 1;
    switch (random_() % (computed ? 6 : 4)) {
      case 0: return R"({"visible":")" + condition(i) + R"(","clear_on_hide":)" + one_of({"true", "false"}) + "}";
      case 1: return R"({"required":")" + condition(i) + "\"}";
      case 2: return R"({"read_only":")" + condition(i) + "\"}";
      case 3: return R"({"visible":")" + condition(i) + R"(","required":")" + condition(i) + "\"}";
      case 4:
        return R"({"compute":")" +
               std::string(kinds_[i] == 0 ? "(" + condition(i) + ") ? 'a' : 'q'" : "(" + condition(i) + ") ? 1 : 7") +
               "\"}";
      default:
        return R"({"default":")" + std::string(kinds_[i] == 0 ? "'bcd'" : "12") + R"(","options":")" +
               std::string(kinds_[i] == 0 ? "['a', 'bcd']" : "[0, 12]") + "\"}";
    }
  }

  std::mt19937& random_;
  std::vector<std::size_t> kinds_;
};

}  // namespace

TEST_CASE("pages: models that nobody wrote judge alike on the page and on the server", "[pages]") {
  std::mt19937 random(20261122);
  std::size_t refused = 0, fine = 0;
  for (int i = 0; i < 150; ++i) {
    RandomModel model(random);
    const std::string text = model.text();
    std::string errors;
    const auto form = form_of(text, &errors);
    INFO(text << "\n" << errors);
    REQUIRE(form);
    for (int k = 0; k < 20; ++k) {
      // A page cannot say everything (an empty list that is demanded is there); what it says, it says again.
      const std::string doc = back(form, rendered(form, model.record()).html);
      const auto server = judged(*form, doc);
      const auto sent = back(form, rendered(form, doc).html);
      const auto through = judged(*form, sent);
      INFO(doc << "\n" << sent);
      CHECK(through.errors == server.errors);
      CHECK(sorted(through.doc) == sorted(server.doc));
      ++(server.errors.empty() ? fine : refused);
    }
  }
  CHECK(refused > 200);
  CHECK(fine > 200);
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
  const auto read = json::Document::parse("\"" + evil + "\"").value();
  const std::string raw(read.root().as_string());
  const std::string doc =
      "{\"" + evil + "\":\"" + evil + "\",\"k\":\"" + evil + "\",\"l\":[{\"" + evil + "\":\"" + evil + "\"}]}";
  Faults faults{{"", raw}, {"/k", raw}};
  const auto made = rendered(form, doc, faults).html;
  CHECK(made.find("<script") == std::string::npos);
  CHECK(made.find("<img") == std::string::npos);
  CHECK(made.find("onerror=alert(2)>") == std::string::npos);
  CHECK(made.find("&lt;script&gt;alert(1)") != std::string::npos);
}
