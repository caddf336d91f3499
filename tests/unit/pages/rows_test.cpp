// rows_test.cpp: sub-tables whose columns name records of other forms, and files.
#include "pages_rig.hpp"

namespace {

using namespace pages_test;
using Catch::Contains;

std::shared_ptr<const Form> order() {
  std::string errors;
  auto form = form_of(
      forms::testing::model_of(
          R"~("lines":{"type":"array","items":{"type":"object","properties":{"product":{"type":"string"},
          "also":{"type":"array","items":{"type":"string"}},"paper":{"type":"string"},"qty":{"type":"integer"}}}})~",
          R"~("logic":{"lines[].product":{"reference":"product"},"lines[].also":{"reference":"product"},"lines[].paper":{"attachment":true}})~"),
      &errors);
  INFO(errors);
  REQUIRE(form);
  return form;
}

Candidates products(const Form& form) {
  Candidates out;
  for (const auto* path : {"lines[].product", "lines[].also"})
    out[form.fields().find(path)] = {{"p1", "Apple"}, {"p2", "<b>Pear"}};
  return out;
}

const std::string two = R"~({"lines":[{"product":"p1","also":["p2"],"paper":"f1","qty":2},{"product":"p9","qty":1}]})~";

}  // namespace

TEST_CASE("rows: a column that names records offers them in each row", "[pages]") {
  const auto form = order();
  const auto page =
      rendered(form, two, {{"/lines/1/product", "there is no such record in product"}}, 0, products(*form));
  CHECK_THAT(page.html, Contains(R"~(<select id="f/lines/0/product" name="/lines/0/product")~"));
  CHECK_THAT(page.html, Contains(R"~(<option value="p1" selected>Apple</option>)~"));
  CHECK_THAT(page.html, Contains(R"~(<option value="p2">&lt;b&gt;Pear</option>)~"));
  CHECK_THAT(page.html, Contains(R"~(<option value="p9" selected>p9</option>)~"));  // no candidate any more
  CHECK_THAT(page.html, Contains(R"~(name="/lines/0/also" value="p2" checked)~"));
  CHECK_THAT(page.html, Contains(R"~(id="e/lines/1/product">there is no such record in product</p>)~"));
  CHECK_THAT(page.html, Contains(R"~(<input type="file" id="u/lines/0/paper" data-upload="/lines/0/paper")~"));
}

TEST_CASE("rows: without a script rows that name records are posted, added and removed", "[pages]") {
  const auto form = order();
  const auto page = rendered(form, two, {}, 0, products(*form)).html;
  CHECK(sorted(back(form, page)) == sorted(two));
  const auto more = back(form, page, "{}", RowChange::of("add:/lines"));
  CHECK(sorted(more) == sorted(two.substr(0, two.size() - 2) + ",{}]}"));
  CHECK_THAT(rendered(form, more, {}, 0, products(*form)).html,
             Contains(R"~(<select id="f/lines/2/product" name="/lines/2/product")~"));
  CHECK(sorted(back(form, page, "{}", RowChange::of("remove:/lines/0"))) ==
        sorted(R"~({"lines":[{"product":"p9","qty":1}]})~"));
  // More records than are listed: the id is typed.
  const auto typed = rendered(form, two).html;
  CHECK_THAT(typed, Contains(R"~(<input type="text" id="f/lines/0/product" name="/lines/0/product" value="p1")~"));
  CHECK(sorted(back(form, typed)) == sorted(two));
}

TEST_CASE("rows: for reading records are called by their names and files are linked", "[pages]") {
  const auto form = order();
  const auto page = rendered(form, two, {}, 0, products(*form)).reading;
  INFO(page);
  CHECK_THAT(page, Contains(R"~(<a href="/forms/product/p1">Apple</a>)~"));
  CHECK_THAT(page, Contains(R"~(<a href="/forms/product/p2">&lt;b&gt;Pear</a>)~"));
  CHECK_THAT(page, Contains(R"~(<a href="/v1/files/f1?inline=true">File 1</a>)~"));
  CHECK_THAT(page, Contains("p9") && !Contains("/forms/product/p9"));
}
