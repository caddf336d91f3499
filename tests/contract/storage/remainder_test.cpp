// The adapter suite: the CEL remainder of a query, on what the predicate tree admits.
#include <catch2/catch.hpp>

#include "adapter.hpp"

using namespace contract;

namespace {

// Five leaves a..e. `doc` says what each test needs; created one second apart.
void fill(Adapter& store, const std::string& indexes = "[]") {
  declare(store, "leaves", indexes);
  const char* documents[] = {
      R"({"kind":"sick","days":3,"from":"2026-01-10","to":"2026-01-12","tags":["a","b"],"pay":"10.10","created_by":"ada"})",
      R"({"kind":"annual","days":10,"from":"2026-02-01","to":"2026-02-10","tags":[],"pay":"2","created_by":"bob"})",
      R"({"kind":"annual","days":"many","from":"2026-01-01","to":"2025-12-31","tags":["c"],"created_by":"ada"})",
      R"({"kind":null,"id":"own","version":99})",
      R"({"kind":"unpaid","days":0,"from":"2026-03-01","to":"2026-03-01","where":{"city":"Linz"},"created_by":"eve"})"};
  char id = 'a';
  for (const auto* document : documents) {
    INFO(document);
    REQUIRE(put(store, "leaves", std::string(1, id++), document).ok);
    store.advance(std::chrono::seconds(1));
  }
}

std::string quoted(std::string_view text) {
  std::string out;
  socle::json::append_quoted(out, text);
  return out;
}

std::string with(std::string_view cel, const std::string& more = "") {
  return R"({"collection":"leaves","remainder":{"cel":)" + quoted(cel) + more + "}}";
}

// ids of the records for which the condition is true, or the refusal's code.
std::string matching(Adapter& store, std::string_view cel, const std::string& more = "") {
  const Reply reply = store.call("query", with(cel, more));
  INFO(reply.message);
  return reply.ok ? ids_of(reply) : reply.code;
}

}  // namespace

CONTRACT_TEST("storage: a remainder admits the records for which it is true", "[storage]") {
  fill(store);
  const std::pair<const char*, const char*> cases[] = {
      {"true", "a b c d e"},
      {"false", ""},
      {"record.kind == 'annual'", "b c"},
      {"record.kind == 'annual' || record.days == 0", "b c e"},
      {"record.kind in ['sick', 'unpaid']", "a e"},
      {"record.from > record.to", "c"},
      {"'b' in record.tags", "a"},
      {"has(record.tags) && record.tags.exists(t, t == 'c')", "c"},
      {"has(record.where) && record.where.city.startsWith('Li')", "e"},
      {"!has(record.days)", "d"},
      {"record.kind == null", "d"},
      {"size(record.created_by) == 3", "a b c e"},
  };
  for (const auto& [cel, ids] : cases) {
    INFO(cel);
    CHECK(matching(store, cel) == ids);
  }
  CHECK(ids_of(store.call("query", R"({"collection":"leaves","remainder":"record.days < 5"})")) == "a e");
}

CONTRACT_TEST("storage: a record on which the remainder errs is excluded", "[storage]") {
  fill(store);
  CHECK(matching(store, "record.days > 1") == "a b");                // c: a text, d: none
  CHECK(matching(store, "!(record.days > 1)") == "e");               // the error stays one
  CHECK(matching(store, "10 / record.days > 1") == "a");             // e: division by zero
  CHECK(matching(store, "record.where.city == 'Linz'") == "e");      // no such key elsewhere
  CHECK(matching(store, "record.days > 1 || true") == "a b c d e");  // || absorbs it, as CEL says
}

CONTRACT_TEST("storage: a remainder sees the record's own properties before its fields", "[storage]") {
  fill(store);
  REQUIRE(put(store, "leaves", "b", R"({"kind":"annual"})").ok);
  CHECK(matching(store, "record.id == 'd'") == "d");
  CHECK(matching(store, "record.version > 1") == "b");
  CHECK(matching(store, "record.updated_at > record.created_at") == "b");
  CHECK(matching(store, "record.created_at < now", R"(,"now":"2100-01-01T00:00:00Z")") == "a b c d e");
  CHECK(matching(store, "now - record.created_at < duration('1h')", R"(,"now":"2100-01-01T00:00:00+01:00")").empty());
}

CONTRACT_TEST("storage: a remainder names what the query gives", "[storage]") {
  fill(store);
  const std::string user = R"(,"user":{"id":"ada","roles":["hr"]})";
  CHECK(matching(store, "record.created_by == user.id", user) == "a c");
  CHECK(matching(store, "'hr' in user.roles && record.kind == 'annual'", user) == "b c");
  CHECK(matching(store, "tenant.plan == 'free' && env.region == 'at'",
                 R"(,"tenant":{"plan":"free"},"env":{"region":"at"})") == "a b c d e");
  // The same text with another value is another answer, compiled once or not.
  CHECK(matching(store, "record.created_by == user.id", R"(,"user":{"id":"eve"})") == "e");
  CHECK(matching(store, "record.created_by == user.id") == "bad_remainder");
}

CONTRACT_TEST("storage: a remainder reads fields as the types the query tells", "[storage]") {
  fill(store);
  const std::string types = R"(,"types":{"from":"date","to":"date","pay":"decimal"})";
  CHECK(matching(store, "record.from >= date('2026-02-01')", types) == "b e");
  CHECK(matching(store, "record.to < record.from", types) == "c");
  CHECK(matching(store, "record.pay > decimal('2')", types) == "a");
  CHECK(matching(store, "record.pay > 'x'", types) == "bad_remainder");  // the checker knows as well
}

CONTRACT_TEST("storage: a remainder finds the record's fields where the query says they lie", "[storage]") {
  declare(store, "leaves");
  REQUIRE(put(store, "leaves", "a", R"({"doc":{"kind":"sick"},"created_by":"ada","model_version":3})").ok);
  REQUIRE(put(store, "leaves", "b", R"({"doc":{"kind":"sick","created_by":"me"},"created_by":"bob"})").ok);
  REQUIRE(put(store, "leaves", "c", R"({"doc":{"kind":"annual"},"created_by":"ada"})").ok);
  const std::string at = R"(,"record":"/doc")";
  CHECK(matching(store, "record.kind == 'sick'", at) == "a b");
  CHECK(matching(store, "record.created_by == 'ada'", at) == "a c");
  CHECK(matching(store, "record.model_version == 3", at) == "a");
}

CONTRACT_TEST("storage: a remainder goes with filter, order, pages and count, with and without an index", "[storage]") {
  for (const char* indexes : {"[]", R"([{"name":"kind","fields":[{"field":"/kind","type":"string"}]}])"}) {
    declare(store, "leaves", indexes);
    for (int i = 0; i < 60; ++i) {
      const std::string kind = i % 2 == 0 ? "even" : "odd";
      REQUIRE(
          put(store, "leaves", std::to_string(100 + i), R"({"kind":")" + kind + R"(","n":)" + std::to_string(i) + "}")
              .ok);
    }
    const std::string query =
        R"({"collection":"leaves","filter":{"op":"eq","field":"/kind","value":"even"},"remainder":"record.n % 3 == 0")";
    std::string paged, cursor;
    for (int page = 0; page < 10; ++page) {
      const Reply part =
          store.call("query", query + R"(,"order":[{"field":"/n","type":"integer","desc":true}],"limit":4)" +
                                  (cursor.empty() ? "" : R"(,"cursor":")" + cursor + "\"") + "}");
      INFO(part.message);
      REQUIRE(part.ok);
      paged += ids_of(part) + " ";
      if (part.root().find("next").is_null()) break;
      cursor = part.root().find("next").as_string();
    }
    CHECK(paged == "154 148 142 136 130 124 118 112 106 100 ");
    const Reply counted = store.call("query", query + R"(,"limit":1,"count":"exact"})");
    CHECK(counted.root().find("count").as_uint64() == 10);
    REQUIRE(store.call("erase", "{}").ok);
  }
}

CONTRACT_TEST("storage: a cursor goes on at another time but not with another remainder", "[storage]") {
  fill(store);
  const auto page = [&](const std::string& cel, const std::string& now, const std::string& cursor) {
    std::string query = R"({"collection":"leaves","limit":2,"remainder":{"cel":")" + cel + R"(","now":")" + now + "\"}";
    if (!cursor.empty()) query += R"(,"cursor":")" + cursor + "\"";
    return store.call("query", query + "}");
  };
  const Reply first = page("record.created_at < now", "2100-01-01T00:00:00Z", "");
  REQUIRE(first.ok);
  const std::string cursor(first.root().find("next").as_string());
  CHECK(ids_of(page("record.created_at < now", "2100-01-01T00:00:01Z", cursor)) == "c d");
  CHECK(page("record.updated_at < now", "2100-01-01T00:00:00Z", cursor).code == "bad_cursor");
}

CONTRACT_TEST("storage: a wrong remainder is refused with its place", "[storage]") {
  fill(store);
  struct Wrong {
    std::string request;
    const char *pointer, *words;
  };
  const Wrong wrong[] = {
      {with("record.days >"), "/remainder/cel", "1:14"},
      {with("record.days > missing"), "/remainder/cel", "undeclared reference to 'missing'"},
      {with("size(record.kind) + 1"), "/remainder/cel", "a remainder is a condition"},
      {with("'text'"), "/remainder/cel", "of type string"},
      {with("record.kind.matches('[')"), "/remainder/cel", "1:"},
      {with("true", R"(,"types":{"from":7})"), "/remainder/types/from", "is a CEL type"},
      {with("true", R"(,"types":[])"), "/remainder/types", "object of at most 256"},
      {with("true", R"(,"now":"yesterday")"), "/remainder/now", "RFC 3339"},
      {with("true", R"(,"user":"ada")"), "/remainder/user", "JSON object"},
      {with("true", R"(,"record":"doc")"), "/remainder/record", ""},
      {with("true", R"(,"record":"version")"), "/remainder/record", "JSON Pointer"},
      {with(std::string(20'000, ' ') + "true"), "/remainder/cel", "16384"},
      {R"({"collection":"leaves","remainder":7})", "/remainder/cel", "a CEL condition"},
      {R"({"collection":"leaves","remainder":"1 +"})", "/remainder", "1:"},
  };
  for (const auto& each : wrong) {
    const Reply reply = store.call("query", each.request);
    INFO(each.request.substr(0, 120) << " " << reply.message);
    CHECK_FALSE(reply.ok);
    CHECK(reply.status == "invalid");
    CHECK(reply.pointer == each.pointer);
    CHECK(reply.message.find(each.words) != std::string::npos);
  }
}
