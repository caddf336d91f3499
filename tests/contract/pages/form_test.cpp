// form_test.cpp: a record through its pages: shown, posted, refused, changed, deleted; what is asked of forms/1 for it.
#include "rig.hpp"

using namespace pages_test;

TEST_CASE("pages form: a new record's page has an input for each field, and nothing of a model runs in it", "[pages]") {
  FakeHost host;
  Rig rig(host);
  const Reply page = rig.ask("blank", of_visit);
  INFO(page.message());
  REQUIRE(is_page(page));
  CHECK(page.http_status() == 200);
  CHECK(page.meta("cache-control") == "no-store");
  CHECK(
      answered(page, "content-security-policy").starts_with("default-src 'none'; style-src 'self'; script-src 'self'"));
  CHECK(answered(page, "x-content-type-options") == "nosniff");
  CHECK(answered(page, "vary") == "Accept-Language, Cookie");
  for (const char* part : {"name=\"/who\"", "name=\"/count\"", "action=\"/forms/visit/new\"", "Visit &lt;b&gt;"}) {
    INFO(part);
    CHECK(has(page, part));
  }
  CHECK_FALSE(has(page, "<b>"));
  CHECK(hidden(page, "csrf").size() == 40);
  CHECK(hidden(page, "key").size() == 32);
  auto chinese = of_visit;
  chinese.push_back(header("accept-language", "zh-CN,en;q=0.5"));
  const Reply other = rig.ask("blank", chinese);
  CHECK(has(other, "<html lang=\"zh-Hans\">"));
  CHECK(has(other, "来访"));
}

TEST_CASE("pages form: what is posted becomes the bare document that forms/1 is given, once a key", "[pages]") {
  FakeHost host;
  Rig rig(host);
  const Reply saved = rig.post("submit", of_visit, filled);
  INFO(saved.message() << saved.text());
  CHECK(saved.http_status() == 303);
  CHECK(saved.meta("location") == "/forms/visit/r9?done=created");
  const auto question = rig.last("forms/1.create");
  CHECK(question.said("form") == "visit");
  CHECK(question.said("http.header.content-type") == "application/json");
  CHECK(question.key == "k1");
  const auto body = question.body();
  CHECK(body.root().size() == 2);
  CHECK(body.root().find("who").as_string() == "Ada <i>");
  CHECK(body.root().find("count").as_int64() == 7);
}

TEST_CASE("pages form: without a token of this very viewer nothing is written and nothing entered is lost", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada"})";
  const std::string own = rig.token();
  const auto refused = [&](const std::string& token) {
    auto fields = filled;
    fields.emplace_back("csrf", token);
    const Reply page = rig.post_raw("submit", of_visit, fields);
    CHECK(page.http_status() == 403);
    CHECK(has(page, "value=\"Ada &lt;i&gt;\""));
    CHECK(has(page, "This page had been open for too long."));
  };
  refused("");
  refused("x");
  rig.claims = R"({"user":"u1","session":"s2"})";
  refused(own);
  rig.claims = R"({"user":"u2","session":"s1"})";
  rig.principal = "u2";
  refused(own);
  for (const char* method : {"remove", "remove_draft"})
    CHECK(rig.post_raw(method, of_record, {{"csrf", own}}).http_status() == 403);
  for (const char* what : {"create", "replace", "remove", "remove_draft"})
    CHECK(rig.times(std::string("forms/1.") + what) == 0);
}

TEST_CASE("pages form: what forms/1 refuses stands at its field, beside what was entered", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.refuse("forms/1.create", Code::invalid, "invalid_record", "2 faults",
             R"([{"pointer":"/who","code":"required","message":"must be there"},)"
             R"({"pointer":"/count","code":"low","message":"Too <few>"}])",
             422);
  const Reply page = rig.post("submit", of_visit, filled);
  REQUIRE(is_page(page));
  CHECK(page.http_status() == 422);
  CHECK(has(page, "<a href=\"#f/who\">Who</a>: Fill this in"));
  CHECK(has(page, "<p class=\"error\" id=\"e/count\">Too &lt;few&gt;</p>"));
  CHECK(has(page, "value=\"Ada &lt;i&gt;\""));
  CHECK(has(page, "value=\"7\""));
}

TEST_CASE("pages form: a change names the version that it was made from; of two who change a record one is told",
          "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada","count":7,"kept":"as it is"})";
  const Reply page = rig.ask("edit", of_record);
  REQUIRE(is_page(page));
  CHECK(has(page, "value=\"Ada\""));
  CHECK(hidden(page, "version") == "3");
  auto fields = filled;
  fields.emplace_back("version", "3");
  const Reply saved = rig.post("submit", of_record, fields);
  CHECK(saved.http_status() == 303);
  CHECK(saved.meta("location") == "/forms/visit/r1?done=updated");
  const auto question = rig.last("forms/1.replace");
  CHECK(question.said("id") == "r1");
  CHECK(question.said("http.header.if-match") == "\"3\"");
  // What the page does not show stays as it was.
  CHECK(question.body().root().find("kept").as_string() == "as it is");
  rig.refuse("forms/1.replace", Code::precondition, "version_mismatch", "it has another version");
  fields.back().second = "2";
  const Reply late = rig.post("submit", of_record, fields);
  CHECK(late.http_status() == 409);
  CHECK(has(late, "Somebody has changed this record meanwhile."));
  CHECK(has(late, "value=\"Ada &lt;i&gt;\""));
  CHECK(hidden(late, "version") == "3");
}

TEST_CASE("pages form: a deletion is asked for once more, and then done", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"<Ada>"})";
  const Reply page = rig.ask("ask_delete", of_record);
  REQUIRE(is_page(page));
  CHECK(has(page, "action=\"/forms/visit/r1/delete\""));
  CHECK(has(page, "&lt;Ada&gt;. It cannot be brought back."));
  CHECK(rig.times("forms/1.remove") == 0);
  const Reply gone = rig.post("remove", of_record, {});
  CHECK(gone.http_status() == 303);
  CHECK(gone.meta("location") == "/forms/visit?done=deleted");
  CHECK(rig.last("forms/1.remove").said("id") == "r1");
  rig.refuse("forms/1.remove", Code::conflict, "referenced", "a record of 'order' names it", "", 409);
  const Reply held = rig.post("remove", of_record, {});
  CHECK(held.http_status() == 409);
  CHECK(has(held, "a record of &#39;order&#39; names it"));
}

TEST_CASE("pages form: while it is filled in the page is told what the server will say, and nothing is written",
          "[pages]") {
  FakeHost host;
  Rig rig(host);
  const Reply live = rig.post_raw("evaluate", of_visit, {{"/who", "nobody"}, {"/count", "1"}});
  REQUIRE(live.ok());
  CHECK(live.meta("cache-control") == "no-store");
  const auto answer = json::Document::parse(live.text());
  REQUIRE(answer);
  const auto fields = answer->root().find("fields");
  REQUIRE(fields.size() == 1);
  CHECK(fields.at(0).find("p").as_string() == "/count");
  CHECK_FALSE(fields.at(0).find("visible").as_bool());
  CHECK(json::to_text(answer->root().find("errors")) == R"([{"p":"/count","message":"Too few"}])");
  for (const auto& question : rig.asked)
    CHECK((question.what == "models/1.resolve" || question.what == "forms/1.masks"));
}

TEST_CASE("pages form: what is kept for later is not judged, and found again", "[pages]") {
  FakeHost host;
  Rig rig(host);
  const Reply kept = rig.post("submit", of_visit, {{"/who", ""}, {"/count", "x"}, {"go", "keep"}});
  CHECK(kept.http_status() == 303);
  CHECK(kept.meta("location") == "/forms/visit?done=kept");
  CHECK(rig.last("forms/1.create_draft").body().root().find("count").as_string() == "x");
  rig.answer("forms/1.draft", R"({"id":"d1","doc":{"count":"x"}})");
  auto of_draft = of_visit;
  of_draft.emplace_back("draft", "d1");
  const Reply page = rig.ask("blank", of_draft);
  REQUIRE(is_page(page));
  CHECK(has(page, "value=\"x\""));
  CHECK(hidden(page, "draft") == "d1");
  CHECK(rig.post("submit", of_visit, {{"/who", "Ada"}, {"draft", "d1"}, {"go", "keep"}}).http_status() == 303);
  CHECK(rig.last("forms/1.replace_draft").said("id") == "d1");
  CHECK(rig.post("submit", of_visit, {{"/who", "Ada"}, {"draft", "d1"}, {"go", "save"}}).http_status() == 303);
  CHECK(rig.last("forms/1.create").said("draft") == "d1");
}

TEST_CASE("pages form: what a role hides is shown on no page of the record, what it locks cannot be changed",
          "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada"})";  // forms/1 gives nothing away either
  CHECK_FALSE(has(rig.ask("blank", of_visit), "data-field=\"/count\" hidden"));
  rig.answer("forms/1.masks", R"({"hidden":["/count"],"read_only":["/who"]})");
  const Reply blank = rig.ask("blank", of_visit), edit = rig.ask("edit", of_record);
  for (const auto* page : {&blank, &edit}) {
    CHECK(has(*page, "data-field=\"/count\" hidden"));
    CHECK(has(*page, "name=\"/who\" value=\"" + std::string(page == &edit ? "Ada" : "") + "\" required readonly"));
  }
  const Reply read = rig.ask("record", of_record);
  REQUIRE(is_page(read));
  CHECK(has(read, "<dt>Who</dt>"));
  CHECK_FALSE(has(read, "<dt>Count</dt>"));
  CHECK(rig.last("forms/1.masks").said("id") == "r1");
}
