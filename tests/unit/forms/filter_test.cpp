// filter_test.cpp: conditions as storage/1 takes them, lists' parameters, access to one record.
#include <catch2/catch.hpp>

#include "forms_rig.hpp"
#include "records/listing.hpp"
#include "records/texts.hpp"

using namespace socle::forms;
using namespace socle::forms::testing;
using Catch::Contains;
namespace json = socle::json;

namespace {

const std::string model = model_of(
    R"~("kind":{"enum":["a","b"]},"from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"},"n":{"type":"integer"},
        "address":{"type":"object","properties":{"city":{"type":"string"}}},"open":{"type":"boolean"},"sum":{"type":"string","format":"decimal"})~",
    R"~("index":["from","n","kind"],"access":{"read":"record.created_by == user.id || 'boss' in user.roles"})~");

struct Asking {
  std::shared_ptr<const Form> form = form_of(model);
  json::Document user = json::Document::parse(R"~({"id":"ada","roles":["hr"]})~").value();
  Known known{user.root(), {}, {}, "read", 1795257600, 0};
  std::vector<FieldError> errors;

  std::string query(const std::string& filter, ListParams params = {}) {
    Filter all(*form, known);
    params.filter = filter;
    errors.clear();
    const auto made = list_query(*form, all, params, {}, errors);
    if (!made) return errors.empty() ? "?" : errors[0].pointer + " " + errors[0].code + ": " + errors[0].message;
    if (made->never) return "never";
    const auto text = json::Document::parse(made->text).value();
    return json::to_text(text.root().find("filter")) + "|" + json::to_text(text.root().find("remainder").find("cel"));
  }
};

}  // namespace

TEST_CASE("forms filter: comparisons with constants become storage's predicates, typed by the schema", "[forms]") {
  Asking ask;
  CHECK(
      ask.query("kind == 'a' && n > 3") ==
      R"~({"op":"and","args":[{"op":"eq","field":"/doc/kind","type":"string","value":"a"},{"op":"gt","field":"/doc/n","type":"integer","value":3}]}|)~");
  CHECK(ask.query("record.from >= '2026-01-01'") ==
        R"~({"op":"ge","field":"/doc/from","type":"date","value":"2026-01-01"}|)~");
  CHECK(
      ask.query("from < date('2026-01-01') || kind in ['a', 'b']") ==
      R"~({"op":"or","args":[{"op":"lt","field":"/doc/from","type":"date","value":"2026-01-01"},{"op":"in","field":"/doc/kind","type":"string","value":["a","b"]}]}|)~");
  CHECK(ask.query("address.city.startsWith('Pa') && has(record.n)") ==
        R"~({"op":"prefix","field":"/doc/address/city","type":"string","value":"Pa"}|"has(record.n)")~");
  CHECK(
      ask.query("created_at > now - duration('24h') && record.created_by == user.id") ==
      R"~({"op":"and","args":[{"op":"gt","field":"created_at","type":"timestamp","value":"2026-11-20T10:40:00Z"},{"op":"eq","field":"/created_by","type":"string","value":"ada"}]}|)~");
}

TEST_CASE("forms filter: what no predicate says is a remainder over record", "[forms]") {
  Asking ask;
  CHECK(ask.query("kind == 'a' && from > to") ==
        R"~({"op":"eq","field":"/doc/kind","type":"string","value":"a"}|"record.from > record.to")~");
  CHECK(ask.query("kind != 'a' && !open") ==
        R"~({"op":"eq","field":"/doc/open","type":"boolean","value":false}|"record.kind != \"a\"")~");
  CHECK(ask.query("from != '2026-01-01'") == R"~(|"record.from != date(\"2026-01-01\")")~");
  CHECK(ask.query("1 == 2") == "never");
  CHECK(ask.query("'x' in user.roles") == "never");
  CHECK(ask.query("true") == "|");
}

TEST_CASE("forms filter: mistakes are told at their parameter", "[forms]") {
  Asking ask;
  CHECK_THAT(ask.query("kind = 'a'"), Contains("filter expression: "));
  CHECK_THAT(ask.query("kimd == 'a'"), Contains("filter expression: undeclared reference to 'kimd'"));
  CHECK(ask.query("n + 1") == "filter expression: a condition is true or false; this one is int");
  ListParams params;
  params.order = "-created_at,kimd,address";
  CHECK(ask.query("", params) == "order unknown_field: there is no field 'kimd'; did you mean 'kind'?");
  REQUIRE(ask.errors.size() == 2);
  CHECK(ask.errors[1].code == "not_orderable");
  params = {};
  params.fields = "kind,zz";
  CHECK(ask.query("", params) == "fields unknown_field: there is no field 'zz'; declare it in the schema");
}

TEST_CASE("forms filter: an access rule decides one record as it decides a list", "[forms]") {
  Asking ask;
  const auto doc = json::Document::parse(R"~({"kind":"a"})~").value();
  const auto& rule = ask.form->access(Action::read)->rule;
  const auto may = [&](std::string_view creator) {
    RecordFacts facts;
    facts.created_by = creator;
    return allows(*ask.form, rule, ask.known, doc.root(), {}, facts);
  };
  CHECK(may("ada"));
  CHECK_FALSE(may("eve"));
  CHECK(&ask.form->access(Action::remove)->rule == &rule);
  CHECK(ask.form->access(Action::create) == nullptr);
  Filter filter(*ask.form, ask.known);
  REQUIRE(filter.add(rule));
  REQUIRE(filter.finish());
  std::string text;
  json::Writer out(text);
  out.begin_object();
  filter.write(out);
  out.end_object();
  CHECK(text == R"~({"filter":{"op":"eq","field":"/created_by","type":"string","value":"ada"}})~");
  const auto boss = json::Document::parse(R"~({"id":"bob","roles":["boss"]})~").value();
  ask.known.user = boss.root();
  CHECK(may("eve"));
  Filter all(*ask.form, ask.known);
  REQUIRE(all.add(rule));
  REQUIRE(all.finish());
  CHECK(all.remainder().empty());
  CHECK_FALSE(all.never());
  const auto nobody = json::Document::parse("{}").value();
  ask.known.user = nobody.root();
  CHECK_FALSE(may("ada"));
}

TEST_CASE("forms filter: cursors carry the moment of the first page", "[forms]") {
  const PageCursor cursor{1795257600, 5, "abc.d-_"};
  CHECK(to_text(cursor) == "1795257600.5.abc.d-_");
  const auto read = cursor_of(to_text(cursor));
  REQUIRE(read);
  CHECK(read->storage == "abc.d-_");
  for (const auto* bad : {"", "1", "1.", "1.2", "x.1.a", "1.1000000000.a", "-1.2.a", "99999999999999.1.a"})
    CHECK_FALSE(cursor_of(bad));
}

TEST_CASE("forms records: If-Match compares strong tags", "[forms]") {
  CHECK(matches("", 3));
  CHECK(matches("\"3\"", 3));
  CHECK(matches("\"1\", \"3\"", 3));
  CHECK(matches("*", 3));
  CHECK_FALSE(matches("W/\"3\"", 3));
  CHECK_FALSE(matches("3", 3));
  CHECK_FALSE(matches("\"4\"", 3));
}

TEST_CASE("forms records: only UUIDs are ids", "[forms]") {
  CHECK(is_record_id("0199e0f1-8c6e-7abc-8def-0123456789ab"));
  CHECK_FALSE(is_record_id("0199e0f1-8c6e-7abc-8def-0123456789a"));
  CHECK_FALSE(is_record_id("0199E0f1-8c6e-7abc-8def-0123456789ab"));
  CHECK_FALSE(is_record_id("../../../../etc/passwd"));
}
