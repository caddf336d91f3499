// site_test.cpp: the pages around the records: what is published here, the list of a form, files that pages name.
#include "rig.hpp"

using namespace pages_test;

TEST_CASE("pages site: the first page has the forms that are published, and no other", "[pages]") {
  FakeHost host;
  Rig rig(host);
  for (const char* name : {"drafted", "gone", "retired"}) rig.forms[name] = visit;
  rig.lines["drafted"] = R"(,"draft":true)";
  rig.lines["retired"] = R"(,"version":"1.0.0","retired":true)";
  rig.services["models/1.resolve"] = [before = rig.services["models/1.resolve"]](const ServiceCall& call) {
    if (call.meta("name") == "gone") return Reply::error(Code::not_found, "unknown_model", "it was retired since");
    return before(call);
  };
  const Reply page = rig.ask("home");
  REQUIRE(is_page(page));
  CHECK(has(page, "<a href=\"/forms/visit\">Visit &lt;b&gt;</a>"));
  for (const char* name : {"drafted", "gone", "retired"}) CHECK_FALSE(has(page, "/forms/" + std::string(name)));
  rig.forms.clear();
  CHECK(has(rig.ask("home"), "No form has been published yet."));
}

TEST_CASE("pages site: a list shows records by their first fields, the newest first, a page at a time", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada <i>","count":7})";
  rig.services["forms/1.list"] = [before = rig.services["forms/1.list"]](const ServiceCall& call) {
    const Reply reply = before(call);
    std::string text(reply.text());
    text.replace(text.find("null"), 4, "\"c&1\"");
    return Reply::json(text);
  };
  const Reply page = rig.ask("list", {{"form", "visit"}, {"filter", "count > 3"}});
  REQUIRE(is_page(page));
  CHECK(has(page, "<a href=\"/forms/visit/r1\">Ada &lt;i&gt;</a>"));
  CHECK(has(page, "<td data-label=\"Count\" class=\"figures\">7</td>"));
  CHECK(has(page, "cursor=c%261"));
  const auto question = rig.last("forms/1.list");
  CHECK(question.said("filter") == "count > 3");
  CHECK(question.said("order") == "-id");
  CHECK(question.said("limit") == "50");
}

TEST_CASE("pages site: a filter that cannot be read is told beside it, and stays to be mended", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.refuse("forms/1.list", Code::invalid, "invalid_filter", "there is no field 'cuont'", "", 400);
  const Reply page = rig.ask("list", {{"form", "visit"}, {"filter", "cuont > \"3\""}});
  REQUIRE(is_page(page));
  CHECK(page.http_status() == 400);
  CHECK(has(page, "there is no field &#39;cuont&#39;"));
  CHECK(has(page, "value=\"cuont &gt; &quot;3&quot;\""));
}

TEST_CASE("pages site: drafts are their owner's, above the list", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.answer("forms/1.drafts",
             R"({"items":[{"id":"d1","updated_at":"2026-01-31T12:00:00.000Z","doc":{"who":"Eve"}}]})");
  const Reply page = rig.ask("list", of_visit);
  CHECK(has(page, "<a href=\"/forms/visit/new?draft=d1\">Eve</a>"));
  const Reply gone = rig.post("remove_draft", {{"form", "visit"}, {"id", "d1"}}, {});
  CHECK(gone.meta("location") == "/forms/visit?done=deleted");
  CHECK(rig.last("forms/1.remove_draft").said("id") == "d1");
}

TEST_CASE("pages site: what is not there has a page that says so", "[pages]") {
  FakeHost host;
  Rig rig(host);
  for (const char* method : {"list", "blank", "edit", "record"}) {
    const Reply page = rig.ask(method, {{"form", "<none>"}, {"id", "r1"}});
    REQUIRE(is_page(page));
    CHECK(page.http_status() == 404);
    CHECK(has(page, "there is no form &#39;&lt;none&gt;&#39;"));
  }
  const Reply record = rig.ask("record", of_record);
  CHECK(record.http_status() == 404);
  CHECK(has(record, "there is no record &#39;r1&#39;"));
  rig.tenant = "globex";
  CHECK(rig.ask("blank", of_visit).http_status() == 404);
}

TEST_CASE("pages site: files have their content in their names, and are kept for ever", "[pages]") {
  FakeHost host;
  Rig rig(host);
  const Reply page = rig.ask("home");
  const auto text = page.text();
  const std::string begin = "<link rel=\"stylesheet\" href=\"/assets/";
  const auto at = text.find(begin);
  REQUIRE(at != std::string_view::npos);
  const auto rest = text.substr(at + begin.size());
  const Reply style = rig.ask("asset", {{"file", std::string(rest.substr(0, rest.find('"')))}});
  REQUIRE(style.ok());
  CHECK(style.meta("content-type").starts_with("text/css"));
  CHECK(style.meta("cache-control") == "public, max-age=31536000, immutable");
  for (const char* file : {"app.css", "app.0000000000000000.css", "../manifest.yaml", ""})
    CHECK(rig.ask("asset", {{"file", file}}).code() == Code::not_found);
}
