// The adapter suite: filters, order, pages, counts; each with and without an index that could serve it.
#include <catch2/catch.hpp>

#include <set>

#include "adapter.hpp"

using namespace contract;

namespace {

// Loans: a..j with kind, amount, day, flag, note; j has none of them.
void fill(Adapter& store, const std::string& indexes) {
  declare(store, "loans", indexes);
  const char* documents[] = {
      R"({"kind":"car","amount":10,"day":"2026-01-03","flag":true,"rate":"1.50","note":"ab"})",
      R"({"kind":"car","amount":-5.5,"day":"2026-01-01","flag":false,"rate":"-0.1","note":"abc"})",
      R"({"kind":"home","amount":10,"day":"2026-01-02","flag":true,"rate":"10"})",
      R"({"kind":"home","amount":3,"day":"2025-12-31","flag":null,"rate":"9.9","note":""})",
      R"({"kind":"boat","amount":0,"day":"2026-01-03","rate":"1.5","note":"b"})",
      R"({"kind":"car","amount":100,"day":"2026-02-01","flag":false,"rate":"0"})",
      R"({"kind":"Car","amount":7,"day":"1969-12-31","flag":true,"rate":"-100"})",
      R"({"kind":"car","amount":10.0,"day":"2026-01-03","flag":true,"rate":"1.500"})",
      R"({"kind":"boat","amount":-100,"day":"2026-01-01","flag":true,"rate":"1e1"})",
      R"({})"};
  char id = 'a';
  for (const auto* document : documents) {
    INFO(document);
    const Reply reply = put(store, "loans", std::string(1, id++), document);
    INFO(reply.message);
    REQUIRE(reply.ok);
  }
}

constexpr const char* no_index = "[]";
constexpr const char* up = R"([{"name":"kind","fields":[{"field":"/kind","type":"string"}]},
  {"name":"amount","fields":[{"field":"/amount","type":"number"}]},
  {"name":"day","fields":[{"field":"/day","type":"date"}]},
  {"name":"flag","fields":[{"field":"/flag","type":"boolean"}]},
  {"name":"rate","fields":[{"field":"/rate","type":"decimal"}]},
  {"name":"note","fields":[{"field":"/note","type":"string"}]},
  {"name":"kind_day","fields":[{"field":"/kind","type":"string"},{"field":"/day","type":"date"}]},
  {"name":"kind_amount","fields":[{"field":"/kind","type":"string"},{"field":"/amount","type":"number","order":"desc"}]}])";
constexpr const char* down = R"([{"name":"kind","fields":[{"field":"/kind","type":"string","order":"desc"}]},
  {"name":"amount","fields":[{"field":"/amount","type":"number","order":"desc"}]},
  {"name":"day","fields":[{"field":"/day","type":"date","order":"desc"}]},
  {"name":"flag","fields":[{"field":"/flag","type":"boolean","order":"desc"}]},
  {"name":"rate","fields":[{"field":"/rate","type":"decimal","order":"desc"}]},
  {"name":"note","fields":[{"field":"/note","type":"string","order":"desc"}]},
  {"name":"kind_day","fields":[{"field":"/kind","type":"string","order":"desc"},{"field":"/day","type":"date"}]}])";

struct Case {
  const char *filter, *order, *ids;
};
const Case cases[] = {
    {R"({"op":"eq","field":"/kind","value":"car"})", "[]", "a b f h"},
    {R"({"op":"ne","field":"/kind","value":"car"})", "[]", "c d e g i j"},
    {R"({"op":"in","field":"/kind","value":["boat","home"]})", "[]", "c d e i"},
    {R"({"op":"in","field":"/kind","value":["boat"]})", "[]", "e i"},
    {R"({"op":"in","field":"/kind","value":[]})", "[]", ""},
    {R"({"op":"eq","field":"/amount","type":"number","value":10})", "[]", "a c h"},
    {R"({"op":"lt","field":"/amount","type":"number","value":0})", "[]", "b i"},
    {R"({"op":"le","field":"/amount","type":"number","value":0.0})", "[]", "b e i"},
    {R"({"op":"gt","field":"/amount","type":"number","value":7})", "[]", "a c f h"},
    {R"({"op":"ge","field":"/amount","type":"number","value":7})", "[]", "a c f g h"},
    {R"({"op":"ge","field":"/day","type":"date","value":"2026-01-02"})", "[]", "a c e f h"},
    {R"({"op":"lt","field":"/day","type":"date","value":"2026-01-01"})", "[]", "d g"},
    {R"({"op":"eq","field":"/flag","value":false})", "[]", "b f"},
    {R"({"op":"exists","field":"/flag"})", "[]", "a b c f g h i"},
    {R"({"op":"not","args":[{"op":"exists","field":"/flag"}]})", "[]", "d e j"},
    {R"({"op":"prefix","field":"/note","value":"ab"})", "[]", "a b"},
    {R"({"op":"prefix","field":"/note","value":""})", "[]", "a b d e"},
    {R"({"op":"eq","field":"/note","value":""})", "[]", "d"},
    {R"({"op":"eq","field":"/rate","type":"decimal","value":"1.5"})", "[]", "a e h"},
    {R"({"op":"gt","field":"/rate","type":"decimal","value":"1.5"})", "[]", "c d i"},
    {R"({"op":"lt","field":"/rate","type":"decimal","value":0})", "[]", "b g"},
    {R"({"op":"and","args":[{"op":"eq","field":"/kind","value":"car"},{"op":"ge","field":"/day","type":"date","value":"2026-01-03"}]})",
     "[]", "a f h"},
    {R"({"op":"and","args":[{"op":"gt","field":"/amount","type":"number","value":0},{"op":"lt","field":"/amount","type":"number","value":10},{"op":"eq","field":"/flag","value":true}]})",
     "[]", "g"},
    {R"({"op":"and","args":[{"op":"gt","field":"/amount","type":"number","value":10},{"op":"lt","field":"/amount","type":"number","value":10}]})",
     "[]", ""},
    {R"({"op":"or","args":[{"op":"eq","field":"/kind","value":"boat"},{"op":"eq","field":"/amount","type":"number","value":3}]})",
     "[]", "d e i"},
    {R"({"op":"or","args":[]})", "[]", ""},
    {R"({"op":"and","args":[]})", "[]", "a b c d e f g h i j"},
    {R"({"op":"gt","field":"id","value":"h"})", "[]", "i j"},
    {R"({"op":"eq","field":"version","value":1})", "[]", "a b c d e f g h i j"},
    {"null", R"([{"field":"/amount","type":"number"}])", "j i b e d g a c h f"},
    {"null", R"([{"field":"/amount","type":"number","desc":true}])", "f h c a g d e b i j"},
    {"null", R"([{"field":"/day","type":"date"},{"field":"id","desc":true}])", "j g d i b c h e a f"},
    {"null", R"([{"field":"/kind","type":"string"},{"field":"/day","type":"date"}])", "j g i e b a h f d c"},
    {"null", R"([{"field":"/kind","type":"string"},{"field":"/amount","type":"number","desc":true}])",
     "j g e i f h a b c d"},
    {"null", R"([{"field":"id","desc":true}])", "j i h g f e d c b a"},
    {R"({"op":"eq","field":"/kind","value":"car"})", R"([{"field":"/day","type":"date","desc":true}])", "f h a b"},
    {R"({"op":"eq","field":"/kind","value":"car"})",
     R"([{"field":"/kind","type":"string"},{"field":"/day","type":"date"}])", "b a h f"},
    {R"({"op":"ge","field":"/amount","type":"number","value":3})",
     R"([{"field":"/amount","type":"number","desc":true}])", "f h c a g d"},
    {R"({"op":"exists","field":"/note"})", R"([{"field":"/note","type":"string"}])", "d a b e"},
};

}  // namespace

CONTRACT_TEST("storage: filters and orders give the same answers with any indexes or none", "[storage]") {
  for (const char* indexes : {no_index, up, down}) {
    fill(store, indexes);
    for (const auto& each : cases) {
      INFO(each.filter << " " << each.order << " " << indexes);
      const std::string query =
          std::string(R"({"collection":"loans","filter":)") + each.filter + R"(,"order":)" + each.order;
      const Reply all = store.call("query", query + "}");
      INFO(all.message);
      REQUIRE(all.ok);
      CHECK(ids_of(all) == each.ids);
      CHECK(all.root().find("next").is_null());
      // The same in pages of two.
      std::string paged, cursor;
      for (int page = 0; page < 6; ++page) {
        const Reply part = store.call(
            "query", query + R"(,"limit":2)" + (cursor.empty() ? "" : R"(,"cursor":")" + cursor + "\"") + "}");
        INFO(part.message);
        REQUIRE(part.ok);
        const std::string ids = ids_of(part);
        if (!ids.empty()) paged += (paged.empty() ? "" : " ") + ids;
        if (part.root().find("next").is_null()) break;
        cursor = part.root().find("next").as_string();
      }
      CHECK(paged == each.ids);
      const Reply counted = store.call("query", query + R"(,"limit":1,"count":"exact"})");
      CHECK(counted.root().find("count").as_uint64() == all.root().find("items").size());
      CHECK(counted.root().find("count_exact").as_bool());
    }
    REQUIRE(store.call("erase", "{}").ok);
  }
}

CONTRACT_TEST("storage: order by a system field", "[storage]") {
  declare(store, "x", R"([{"name":"u","fields":[{"field":"updated_at","type":"timestamp"}]}])");
  for (const auto* id : {"c", "a", "b"}) {
    REQUIRE(put(store, "x", id, "{}").ok);
    store.advance(std::chrono::seconds(1));
  }
  REQUIRE(put(store, "x", "c", "{}").ok);
  CHECK(ids_of(store.call("query", R"({"collection":"x","order":[{"field":"updated_at","desc":true}]})")) == "c b a");
  CHECK(ids_of(store.call("query", R"({"collection":"x","order":[{"field":"created_at"}]})")) == "c a b");
  CHECK(ids_of(store.call("query", R"({"collection":"x","order":[{"field":"version"}]})")) == "a b c");
}

CONTRACT_TEST("storage: a cursor visits each document once though others come and go", "[storage]") {
  for (const char* order : {"[]", R"([{"field":"/n","type":"integer"}])", R"([{"field":"/m","type":"integer"}])"}) {
    declare(store, "x", R"([{"name":"n","fields":[{"field":"/n","type":"integer"}]}])");
    const auto document = [](int n) {
      return "{\"n\":" + std::to_string(n / 2) + ",\"m\":" + std::to_string(n / 2) + "}";
    };
    for (int n = 10; n < 40; n += 2) REQUIRE(put(store, "x", "k" + std::to_string(n), document(n)).ok);
    std::string cursor;
    std::multiset<std::string> seen;
    for (int page = 0; page < 20; ++page) {
      const Reply part = store.call("query", std::string(R"({"collection":"x","limit":3,"order":)") + order +
                                                 (cursor.empty() ? "" : R"(,"cursor":")" + cursor + "\"") + "}");
      REQUIRE(part.ok);
      for (const auto item : part.root().find("items").elements()) seen.emplace(item.find("id").as_string());
      // Before the place: must not come; where the place was: must not lose the rest.
      REQUIRE(put(store, "x", "a" + std::to_string(page), document(0)).ok);
      const std::string last(part.root().find("items").at(2).find("id").as_string());
      if (!last.empty())
        REQUIRE(store.call("write", R"({"operations":[{"op":"delete","collection":"x","id":")" + last + "\"}]}").ok);
      if (part.root().find("next").is_null()) break;
      cursor = part.root().find("next").as_string();
    }
    CHECK(seen.size() == 15);
    for (int n = 10; n < 40; n += 2) CHECK(seen.count("k" + std::to_string(n)) == 1);
    REQUIRE(store.call("erase", "{}").ok);
  }
}

CONTRACT_TEST("storage: a cursor of another query is refused", "[storage]") {
  declare(store, "x");
  for (const auto* id : {"a", "b", "c"}) REQUIRE(put(store, "x", id, "{}").ok);
  const Reply part = store.call("query", R"({"collection":"x","limit":1})");
  const std::string cursor(part.root().find("next").as_string());
  CHECK(store.call("query", R"({"collection":"x","limit":2,"cursor":")" + cursor + "\"}").ok);
  CHECK(store.call("query", R"({"collection":"x","filter":{"op":"exists","field":"/a"},"cursor":")" + cursor + "\"}")
            .code == "bad_cursor");
}

CONTRACT_TEST("storage: fields cut the document down", "[storage]") {
  declare(store, "x");
  REQUIRE(put(store, "x", "a", R"({"p":1,"q":{"r":2},"s":3})").ok);
  const Reply query = store.call("query", R"({"collection":"x","fields":["/s","/p","/nix"]})");
  CHECK(socle::json::to_text(query.root().find("items").at(0).find("doc")) == R"({"p":1,"s":3})");
  const Reply get = store.call("get", R"({"collection":"x","id":"a","fields":["/q"]})");
  CHECK(socle::json::to_text(get.root().find("doc")) == R"({"q":{"r":2}})");
}

CONTRACT_TEST("storage: counts of many are exact, or extrapolated from the first ones", "[storage]") {
  for (const auto* indexes : {no_index, up}) {
    const std::string name = indexes == up ? "indexed" : "plain";
    declare(store, name, indexes);
    for (int block = 0; block < 3; ++block) {
      std::string operations;
      for (int i = 0; i < 1000; ++i) {
        operations += std::string(i > 0 ? "," : "") + R"({"op":"put","collection":")" + name + R"(","doc":{"kind":")" +
                      (i % 2 == 0 ? "car" : "home") + R"(","amount":)" + std::to_string(i) + "}}";
      }
      REQUIRE(store.call("write", R"({"operations":[)" + operations + "]}").ok);
    }
    const auto count = [&](const std::string& kind, const std::string& filter) {
      const Reply reply = store.call(
          "query", R"({"collection":")" + name + R"(","limit":1,"filter":)" + filter + R"(,"count":")" + kind + "\"}");
      INFO(reply.message);
      REQUIRE(reply.ok);
      return std::pair(reply.root().find("count").as_uint64().value_or(0), reply.root().find("count_exact").as_bool());
    };
    const std::string cars = R"({"op":"eq","field":"/kind","value":"car"})";
    const std::string rich = R"({"op":"and","args":[)" + cars + R"(,{"op":"gt","field":"/amount","value":99}]})";
    CHECK(count("exact", cars) == std::pair(std::uint64_t{1500}, true));
    CHECK(count("exact", rich) == std::pair(std::uint64_t{1350}, true));
    const auto [some, exact] = count("estimated", cars);
    if (indexes == up) CHECK(exact);
    CHECK(some > (exact ? 1499 : 1400));
    CHECK(some < (exact ? 1501 : 1600));
  }
}

CONTRACT_TEST("storage: a count without a filter is the collection's", "[storage]") {
  declare(store, "x");
  for (int i = 0; i < 7; ++i) REQUIRE(put(store, "x", std::to_string(i), "{}").ok);
  REQUIRE(store.call("write", R"({"operations":[{"op":"delete","collection":"x","id":"3"}]})").ok);
  for (const auto* kind : {"exact", "estimated"}) {
    const Reply reply = store.call("query", R"({"collection":"x","limit":2,"count":")" + std::string(kind) + "\"}");
    CHECK(reply.root().find("count").as_uint64() == 6);
  }
  CHECK(store.call("describe", R"({"collection":"x"})").root().find("documents").as_uint64() == 6);
  CHECK(store.call("usage", "{}").root().find("documents").as_uint64() == 6);
}
