// Model-based: the same random calls to an adapter and to the model, the same answers. A fixed seed, printed on
// failure.
#include <catch2/catch.hpp>

#include <random>

#include "adapter.hpp"

using namespace contract;

namespace {

class Calls {
 public:
  explicit Calls(unsigned seed) : random_(seed) {}

  std::pair<std::string, std::string> next() {
    switch (pick(12)) {
      case 0: return {"declare", R"({"collection":")" + collection() + R"(","indexes":)" + indexes() + "}"};
      case 1:
      case 2: return {"query", query()};
      case 3: return {"get", R"({"collection":")" + collection() + R"(","id":")" + id() + "\"}"};
      case 4: return {"usage", "{}"};
      default: return {"write", write()};
    }
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }
  std::string collection() { return std::string("c") + std::to_string(pick(2)); }
  std::string id() { return std::string("d") + std::to_string(pick(12)); }
  std::string value() {
    static const char* values[] = {"0", "1", "2", "-3", "2.5", "\"a\"", "\"ab\"", "\"\"", "null", "true"};
    return values[pick(10)];
  }
  std::string indexes() {
    static const char* all[] = {
        "[]", R"([{"name":"i","fields":[{"field":"/s","type":"string"}],"unique":true}])",
        R"([{"name":"i","fields":[{"field":"/n","type":"number"}]},{"name":"j","fields":[{"field":"/s","type":"string","order":"desc"},{"field":"/n","type":"number"}]}])",
        R"([{"name":"j","fields":[{"field":"/n","type":"number","order":"desc"}]}])"};
    return all[pick(4)];
  }
  std::string document() {
    std::string out = "{";
    if (pick(4) != 0) out += "\"n\":" + std::to_string(static_cast<int>(pick(7)) - 3);
    if (pick(4) != 0)
      out += (out.size() > 1 ? "," : "") + std::string("\"s\":\"") + std::string(pick(3), 'a') +
             std::to_string(pick(6)) + "\"";
    if (pick(8) == 0) out += (out.size() > 1 ? "," : "") + std::string("\"x\":") + value();
    return out + "}";
  }
  std::string expect() {
    static const char* all[] = {"\"any\"", "\"any\"", "\"any\"", "\"absent\"", "\"present\"", "1", "2"};
    return all[pick(7)];
  }
  std::string write() {
    std::string out = R"({"operations":[)";
    for (unsigned n = 1 + pick(3); n > 0; --n) {
      static const char* ops[] = {"put", "put", "put", "delete"};
      out += R"({"op":")" + std::string(ops[pick(4)]) + R"(","collection":")" + collection() + R"(","id":")" + id() +
             R"(","doc":)" + document() + R"(,"expect":)" + expect() + (n > 1 ? "}," : "}");
    }
    out += "]";
    if (pick(6) == 0) out += R"(,"idempotency":{"key":"k)" + std::to_string(pick(3)) + "\"}";
    return out + "}";
  }
  std::string leaf() {
    static const char* ops[] = {"eq", "ne", "lt", "le", "gt", "ge"};
    if (pick(2) == 0)
      return R"({"op":")" + std::string(ops[pick(6)]) + R"(","field":"/n","type":"number","value":)" +
             std::to_string(static_cast<int>(pick(7)) - 3) + "}";
    if (pick(4) == 0) return R"({"op":"exists","field":"/s"})";
    if (pick(3) == 0) return R"({"op":"prefix","field":"/s","value":"a"})";
    return R"({"op":")" + std::string(ops[pick(6)]) + R"(","field":"/s","type":"string","value":"a)" +
           std::to_string(pick(6)) + "\"}";
  }
  std::string filter(unsigned depth) {
    if (depth == 0 || pick(2) == 0) return leaf();
    if (pick(5) == 0) return R"({"op":"not","args":[)" + filter(depth - 1) + "]}";
    return R"({"op":")" + std::string(pick(3) == 0 ? "or" : "and") + R"(","args":[)" + filter(depth - 1) + "," +
           filter(depth - 1) + "]}";
  }
  std::string query() {
    static const char* orders[] = {"[]", R"([{"field":"/n","type":"number"}])",
                                   R"([{"field":"/n","type":"number","desc":true}])",
                                   R"([{"field":"/s","type":"string","desc":true},{"field":"/n","type":"number"}])",
                                   R"([{"field":"/s","type":"string"},{"field":"id","desc":true}])"};
    return R"({"collection":")" + collection() + R"(","count":"exact","limit":)" + std::to_string(1 + pick(6)) +
           R"(,"order":)" + orders[pick(5)] + (pick(3) == 0 ? "" : R"(,"filter":)" + filter(2)) + "}";
  }
  std::mt19937 random_;
};

// What must agree: not cursors, positions, messages or generated times.
std::string essence(const Reply& reply) {
  if (!reply.ok) return "error " + reply.status + " " + reply.code + " " + reply.pointer;
  std::string out = reply.replayed ? "replayed" : "ok";
  for (const auto* list : {"items", "results"})
    for (const auto item : reply.root().find(list).elements()) {
      out += " " + std::string(item.find("id").as_string()) + "@" + std::string(item.find("version").number_text()) +
             "=" + socle::json::to_text(item.find("doc"));
    }
  out += socle::json::to_text(reply.root().find("doc"));
  for (const auto* name : {"count", "documents"})
    out += std::string(" ") + std::string(reply.root().find(name).number_text());
  if (const auto next = reply.root().find("next")) out += next.is_null() ? " end" : " more";
  return out;
}

}  // namespace

TEST_CASE("storage: random calls are answered as the model answers them", "[storage][random]") {
  const auto& all = adapters();
  for (std::size_t a = 1; a < all.size(); ++a) {
    DYNAMIC_SECTION(all[a].name) {
      for (unsigned seed = 1; seed <= 12; ++seed) {
        const auto model = all[0].make();
        const auto store = all[a].make();
        Calls calls(seed);
        for (const char* collection : {"c0", "c1"}) {
          declare(*model, collection);
          declare(*store, collection);
        }
        for (int n = 0; n < 250; ++n) {
          const auto [method, request] = calls.next();
          INFO("seed " << seed << " call " << n << ": " << method << " " << request);
          const Reply wanted = model->call(method, request);
          const Reply found = store->call(method, request);
          if (method == "declare") store->advance(std::chrono::milliseconds(0));
          if (method == "declare" && !wanted.ok) continue;
          if (method == "declare") {
            CHECK(found.ok);
            continue;
          }
          INFO(found.message);
          REQUIRE(essence(found) == essence(wanted));
          if (n % 97 == 96) store->reopen();
        }
      }
    }
  }
}
