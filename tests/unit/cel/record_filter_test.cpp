// record_filter_test.cpp: conditions on records as questions to a store. That the store's answers are CEL's is the
// other half: tests/unit/storage/record_filter_test.cpp.
#include "socle/cel/record_filter.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "socle/json/document.hpp"

using namespace socle::cel;
namespace json = socle::json;

namespace {

const auto schema = json::Document::parse(R"~({"type":"object","properties":{
  "kind":{"enum":["sick","annual"]},"days":{"type":"integer"},"price":{"type":"number"},"open":{"type":"boolean"},
  "from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"},"seen":{"type":"string","format":"date-time"},
  "name":{"type":"string"},"any":{},"id":{"type":"integer"},"user":{"type":"string"},"size":{"type":"integer"},
  "where":{"type":"object","properties":{"city":{"type":"string"},"since":{"type":"string","format":"date"}}},
  "items":{"type":"array","items":{"type":"object","properties":{"day":{"type":"string","format":"date"}}}}},
  "additionalProperties":false})~");

Options mixing() {
  Options options;
  options.mixed_numbers = true;
  return options;
}

struct Filters {
  Filters() { REQUIRE(declare_record(env, schema->root())); }
  socle::Result<StoreQuery> ask(const std::string& text) {
    const auto condition = env.compile(text);
    INFO(text << (condition ? "" : condition.error().message));
    REQUIRE(condition);
    KnownValues known;
    known.user = user.root();
    known.now = Value::timestamp(1704067200, 0);
    return store_query(env, *condition, {"/doc", {{"from", "date"}, {"seen", "timestamp"}}}, known);
  }
  std::string filter(const std::string& text) {
    const auto query = ask(text);
    INFO(text << (query ? query->remainder : query.error().message));
    REQUIRE(query);
    CHECK(query->remainder.empty());
    return query->filter;
  }
  std::string remainder(const std::string& text) {
    const auto query = ask(text);
    INFO(text << (query ? query->filter : query.error().message));
    REQUIRE(query);
    CHECK(query->filter.empty());
    return query->remainder;
  }
  Environment env{mixing()};
  json::Document user = *json::Document::parse(R"({"id":"u1","roles":["hr","dev"],"level":3})");
};

}  // namespace

TEST_CASE_METHOD(Filters, "record filter: comparisons with constants go to the store, typed", "[cel]") {
  CHECK(filter("record.kind == 'sick'") == R"({"op":"eq","field":"/doc/kind","type":"string","value":"sick"})");
  CHECK(filter("kind == 'sick' && 3 < days") ==
        R"({"op":"and","args":[{"op":"eq","field":"/doc/kind","type":"string","value":"sick"},)"
        R"({"op":"gt","field":"/doc/days","type":"integer","value":3}]})");
  CHECK(filter("price <= 2.5 || price == 7") ==
        R"({"op":"or","args":[{"op":"le","field":"/doc/price","type":"number","value":2.5},)"
        R"({"op":"eq","field":"/doc/price","type":"number","value":7}]})");
  CHECK(filter("name.startsWith('A')") == R"({"op":"prefix","field":"/doc/name","type":"string","value":"A"})");
  CHECK(filter("where.city in ['Linz', 'Wien']") ==
        R"({"op":"in","field":"/doc/where/city","type":"string","value":["Linz","Wien"]})");
  CHECK(filter("open") == R"({"op":"eq","field":"/doc/open","type":"boolean","value":true})");
  CHECK(filter("!open") == R"({"op":"eq","field":"/doc/open","type":"boolean","value":false})");
}

TEST_CASE_METHOD(Filters, "record filter: what is kept of every record wins over a field of its name", "[cel]") {
  CHECK(filter("record.id == 'a'") == R"({"op":"eq","field":"id","type":"string","value":"a"})");
  CHECK(filter("record.created_by == user.id") == R"({"op":"eq","field":"/created_by","type":"string","value":"u1"})");
  CHECK(filter("record.created_at > now - duration('24h')") ==
        R"({"op":"gt","field":"created_at","type":"timestamp","value":"2023-12-31T00:00:00Z"})");
  CHECK(filter("record.version >= 2") == R"({"op":"ge","field":"version","type":"integer","value":2})");
}

TEST_CASE_METHOD(Filters, "record filter: dates go to the store where an index vouches for the values", "[cel]") {
  CHECK(filter("from >= date('2024-01-31')") ==
        R"({"op":"ge","field":"/doc/from","type":"date","value":"2024-01-31"})");
  CHECK(filter("date(now) > from") == R"({"op":"lt","field":"/doc/from","type":"date","value":"2024-01-01"})");
  CHECK(filter("seen < now") == R"({"op":"lt","field":"/doc/seen","type":"timestamp","value":"2024-01-01T00:00:00Z"})");
  CHECK(remainder("to >= date('2024-01-31')") ==
        R"~({"cel":"record.to >= date(\"2024-01-31\")","record":"/doc","types":{"to":"date"}})~");
  // The store's instants end in 2262, CEL's in 9999.
  CHECK(remainder("seen < timestamp('9999-12-31T23:59:59Z')").find("\"cel\"") == 1);
}

TEST_CASE_METHOD(Filters, "record filter: the rest is written over record, with its types and the values it names",
                 "[cel]") {
  CHECK(remainder("to < from") ==
        R"({"cel":"record.to < record.from","record":"/doc","types":{"from":"date","to":"date"}})");
  CHECK(remainder("kind != 'sick'") ==
        R"({"cel":"record.kind != \"sick\"","record":"/doc","types":{"kind":"string"}})");
  CHECK(remainder("name == user.missing") ==
        R"({"cel":"record.name == user.missing","record":"/doc","types":{"name":"string"},)"
        R"("user":{"id":"u1","roles":["hr","dev"],"level":3}})");
  // A value of another type than the field: the comparison errs wherever it is made.
  CHECK(remainder("days > user.id").find("record.days > user.id") != std::string::npos);
  // Dates further down are converted where they are read; a variable of a macro is not the field of its name.
  CHECK(remainder("where.since > to").find("date(record.where.since) > record.to") != std::string::npos);
  CHECK(
      remainder("items.exists(days, days.day == to)").find("record.items.exists(days, date(days.day) == record.to)") !=
      std::string::npos);
  CHECK(remainder("items.exists(record, name == 'x')").find(".exists(record, .record.name == \\\"x\\\")") !=
        std::string::npos);
}

TEST_CASE_METHOD(Filters, "record filter: store and remainder share the conjuncts", "[cel]") {
  const auto query = ask("kind == 'sick' && ('hr' in user.roles || open) && to > from");
  REQUIRE(query);
  CHECK(query->filter == R"({"op":"eq","field":"/doc/kind","type":"string","value":"sick"})");
  CHECK(query->cel == "record.to > record.from");
}

TEST_CASE_METHOD(Filters, "record filter: has() is left out beside a comparison that says it too", "[cel]") {
  CHECK(filter("has(record.days) && days > 1") == R"({"op":"gt","field":"/doc/days","type":"integer","value":1})");
  CHECK(filter("open || (has(record.where) && record.where.city == 'Linz')").find("/doc/where/city") !=
        std::string::npos);
  // A field that is null is there for CEL and missing for the store.
  CHECK(remainder("has(record.any)").find("has(record.any)") != std::string::npos);
}

TEST_CASE_METHOD(Filters, "record filter: what is decided needs no store, what nobody satisfies asks nothing",
                 "[cel]") {
  CHECK(filter("'hr' in user.roles").empty());
  const auto none = ask("kind == 'sick' && 'boss' in user.roles");
  REQUIRE(none);
  CHECK(none->nothing);
}

TEST_CASE_METHOD(Filters, "record filter: numbers that a double cannot tell apart stay with CEL", "[cel]") {
  CHECK(remainder("any == 9007199254740993").find("cel") != std::string::npos);
  CHECK(filter("days == 9007199254740993").find("9007199254740993") != std::string::npos);
}

TEST_CASE_METHOD(Filters, "record filter: refusals say what is wrong and where", "[cel]") {
  (void)env.declare_variable("old", *Type::parse("map(string, dyn)"));
  const auto unknown = ask("record.days > 1 && old.days == days");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.starts_with("1:20: a filter cannot name 'old': the store does not know it"));
  const auto number = ask("days + 1");
  REQUIRE_FALSE(number);
  CHECK(number.error().message.starts_with("1:6: a filter is a condition, true or false; this one is of type int"));
  const auto valueless = ask("size(tenant.plan) == days");
  REQUIRE_FALSE(valueless);
  CHECK(valueless.error().message == "the filter names 'tenant', which has no value here");
  std::string text = "any == 'a'";
  for (int i = 0; i < 2000; ++i) text += " && size(name) != " + std::to_string(i);
  const auto long_one = ask(text);
  REQUIRE_FALSE(long_one);
  CHECK(long_one.error().code == socle::Code::too_large);
}

TEST_CASE_METHOD(Filters, "record filter: a filter stays within the store's bounds, the rest goes on in CEL", "[cel]") {
  std::string text = "days == 0";
  for (int i = 1; i < 300; ++i) text += " && days != 0 - " + std::to_string(i) + " || days == " + std::to_string(i);
  const auto query = ask(text);
  REQUIRE(query);
  std::string many = "any == 'x'";
  for (int i = 1; i < 400; ++i) many += " && days > " + std::to_string(i);
  const auto long_one = ask(many);
  REQUIRE(long_one);
  CHECK(json::Document::parse(long_one->filter)->root().find("args").size() < 256);
  CHECK(long_one->cel.find("record.days > 399") != std::string::npos);
}

TEST_CASE("record filter: without a schema record is a map and its fields are not bare", "[cel]") {
  Environment env;
  REQUIRE(declare_record(env, {}));
  CHECK(env.compile("record.anything == 1"));
  CHECK_FALSE(env.compile("anything == 1"));
  const auto query = store_query(env, *env.compile("record.a.b == 1"), {""}, {});
  REQUIRE(query);
  CHECK(query->filter == R"({"op":"eq","field":"/a/b","type":"number","value":1})");
}

TEST_CASE("record filter: a field is bare unless its name means something else", "[cel]") {
  Environment env;
  REQUIRE(declare_record(env, schema->root()));
  CHECK(env.variable("kind") != nullptr);
  CHECK(env.variable("size") == nullptr);
  CHECK(env.variable("user")->type.text() == "map(string, dyn)");
  CHECK(env.variable("id") == nullptr);
}
