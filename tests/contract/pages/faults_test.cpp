// faults_test.cpp: pages while what they ask is away: a page that says so, the status of the failure, nothing entered
// lost; a swap in between; and a call that is given up anywhere.
#include "rig.hpp"

using namespace pages_test;

namespace {

struct Shown {
  const char* method;
  Texts meta;
};
const std::vector<Shown> every_page{{"home", {}},
                                    {"list", of_visit},
                                    {"blank", of_visit},
                                    {"record", of_record},
                                    {"edit", of_record},
                                    {"ask_delete", of_record},
                                    {"account", {}},
                                    {"users", {}},
                                    {"user", {{"id", "u2"}}},
                                    {"ask_delete_user", {{"id", "u2"}}},
                                    {"roles", {}},
                                    {"role", {{"role", "clerk"}}},
                                    {"welcome", {{"link", "l1"}}}};

}  // namespace

TEST_CASE("pages faults: every page has the status of what failed, and says it", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada"})";
  struct Failure {
    Code code;
    int status;
  };
  for (const auto& [code, status] :
       {Failure{Code::unavailable, 503}, Failure{Code::deadline, 504}, Failure{Code::cancelled, 503},
        Failure{Code::exhausted, 429}, Failure{Code::too_large, 413}, Failure{Code::storage_full, 507},
        Failure{Code::internal, 500}, Failure{Code::denied, 403}}) {
    rig.instead = [code = code](const std::string&) { return Reply::error(code, "no_way", "not <now>"); };
    for (const auto& one : every_page) {
      const Reply page = rig.ask(one.method, one.meta);
      INFO(one.method << " " << status);
      REQUIRE(is_page(page));
      CHECK(page.http_status() == status);
      CHECK(has(page, "not &lt;now&gt;"));
      CHECK(has(page, "<p class=\"dim\">no_way</p>"));
    }
  }
}

TEST_CASE("pages faults: every page is told when a service answers no JSON", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada"})";
  rig.instead = [](const std::string& what) -> std::optional<Reply> {
    if (what == "models/1.resolve") return std::nullopt;
    return Reply::json("no");
  };
  for (const auto& one : every_page) {
    if (std::string_view(one.method) == "ask_delete_user") continue;  // shows nothing of the answer
    const Reply page = rig.ask(one.method, one.meta);
    INFO(one.method);
    REQUIRE(is_page(page));
    CHECK(page.http_status() == 500);
  }
}

TEST_CASE("pages faults: what was entered is still there while forms/1 is away", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada"})";
  auto change = filled;
  change.emplace_back("version", "3");
  auto keep = filled;
  keep.back().second = "keep";
  for (const auto& [code, status] :
       {std::pair{Code::unavailable, 503}, {Code::deadline, 504}, {Code::storage_full, 507}}) {
    for (const char* what : {"forms/1.create", "forms/1.replace", "forms/1.create_draft"})
      rig.refuse(what, code, "no_way", "try again");
    for (const Reply& page : {rig.post("submit", of_visit, filled), rig.post("submit", of_record, change),
                              rig.post("submit", of_visit, keep)}) {
      REQUIRE(is_page(page));
      CHECK(page.http_status() == status);
      CHECK(has(page, "try again"));
      CHECK(has(page, "value=\"Ada &lt;i&gt;\""));
    }
  }
}

TEST_CASE("pages faults: a list of drafts, or of what may be chosen, is no reason to show nothing", "[pages]") {
  FakeHost host;
  Rig rig(host);
  rig.records["r1"] = R"({"who":"Ada"})";
  rig.forms["order"] = R"~({"form":"order","schema":{"type":"object","properties":{"by":{"type":"string"}}},
    "logic":{"by":{"reference":"visit"}}})~";
  rig.refuse("forms/1.drafts", Code::unavailable, "no_way", "not now");
  const Reply list = rig.ask("list", of_visit);
  CHECK(list.http_status() == 200);
  CHECK(has(list, "/forms/visit/r1"));
  const Texts of_order{{"form", "order"}};
  CHECK(has(rig.ask("blank", of_order), ">Ada</option>"));
  rig.refuse("forms/1.list", Code::unavailable, "no_way", "not now");
  const Reply typed = rig.ask("blank", of_order);  // the id is typed then
  CHECK(typed.http_status() == 200);
  CHECK(has(typed, "name=\"/by\""));
}

TEST_CASE("pages faults: a form that was opened before a swap can be sent after it", "[pages]") {
  FakeHost host;
  Rig rig(host);
  auto fields = filled;
  fields.emplace_back("csrf", rig.token());
  const Reply state = rig.plugin->export_state();
  REQUIRE(state.ok());
  const std::string bytes(state.text());
  auto next = std::make_unique<TestedPlugin>(host, PAGES_LIBRARY);
  REQUIRE(next->created().ok());
  CHECK_FALSE(next->import_state(bytes, 2, false).ok());
  CHECK_FALSE(next->import_state(bytes.substr(1), 1, false).ok());
  REQUIRE(next->import_state(bytes, 1, true).ok());
  std::swap(rig.plugin, next);
  CHECK(rig.post_raw("submit", of_visit, fields).http_status() == 403);  // a rehearsal takes nothing
  std::swap(rig.plugin, next);
  REQUIRE(next->import_state(bytes, 1, false).ok());
  std::swap(rig.plugin, next);
  CHECK(rig.post_raw("submit", of_visit, fields).http_status() == 303);
}

TEST_CASE("pages faults: a zone that does not exist is refused at the start", "[pages]") {
  FakeHost host;
  Rig rig(host, Answers::at_once, R"({"zone":"Europe/Nowhere"})");
  const Reply start = rig.plugin->start();
  REQUIRE_FALSE(start.ok());
  CHECK(start.message() ==
        "config zone: there is no time zone 'Europe/Nowhere'; wanted for example Europe/Paris, +02:00 or UTC");
}

TEST_CASE("pages faults: a record that is given up anywhere is written or not, and nothing is left behind", "[pages]") {
  const unsigned points = for_each_await_point([](FakeHost& host, unsigned cut) {
    Rig rig(host, Answers::later);
    const Reply reply = rig.post("submit", of_visit, filled);
    if (cut == 0) CHECK(reply.http_status() == 303);
    if (reply.http_status() == 303) CHECK(rig.times("forms/1.create") == 1);
    if (reply.http_status() != 303) CHECK(is_page(reply));
  });
  CHECK(points >= 5);
}
