// The adapter suite: documents, preconditions, atomicity, unique fields, idempotency.
#include <catch2/catch.hpp>

#include "adapter.hpp"

using namespace contract;

CONTRACT_TEST("storage: a document that was put is got with version and times", "[storage]") {
  declare(store, "notes");
  const Reply written = put(store, "notes", "a", R"({"title":"x","n":1e400,"big":12345678901234567890123})");
  REQUIRE(written.ok);
  CHECK(written.root().find("results").at(0).find("version").as_uint64() == 1);
  const Reply got = store.call("get", R"({"collection":"notes","id":"a"})");
  REQUIRE(got.ok);
  CHECK(got.etag == "\"1\"");
  CHECK(socle::json::to_text(got.root().find("doc")) == R"({"title":"x","n":1e400,"big":12345678901234567890123})");
  CHECK(got.root().find("created_at").as_string() == got.root().find("updated_at").as_string());
  CHECK(got.root().find("created_at").as_string().size() == 24);
}

CONTRACT_TEST("storage: an update counts the version up and keeps the creation time", "[storage]") {
  declare(store, "notes");
  REQUIRE(put(store, "notes", "a", "{}").ok);
  const std::string created(
      store.call("get", R"({"collection":"notes","id":"a"})").root().find("created_at").as_string());
  store.advance(std::chrono::seconds(5));
  REQUIRE(put(store, "notes", "a", R"({"x":1})").ok);
  const Reply got = store.call("get", R"({"collection":"notes","id":"a"})");
  CHECK(got.root().find("version").as_uint64() == 2);
  CHECK(got.root().find("created_at").as_string() == created);
  CHECK(got.root().find("updated_at").as_string() > created);
}

CONTRACT_TEST("storage: what is not there is not_found, undeclared collections by name", "[storage]") {
  declare(store, "notes");
  const Reply missing = store.call("get", R"({"collection":"notes","id":"zz"})");
  CHECK(missing.status == "not_found");
  CHECK(missing.code == "not_found");
  for (const auto* method : {"get", "query"}) {
    const Reply unknown = store.call(method, R"({"collection":"nix","id":"a"})");
    CHECK(unknown.status == "not_found");
    CHECK(unknown.code == "unknown_collection");
    CHECK(unknown.pointer == "/collection");
  }
  const Reply write = put(store, "nix", "a", "{}");
  CHECK(write.code == "unknown_collection");
  CHECK(write.pointer == "/operations/0/collection");
}

CONTRACT_TEST("storage: get of several ids keeps their order and says null for missing ones", "[storage]") {
  declare(store, "notes");
  REQUIRE(put(store, "notes", "a", "{}").ok);
  REQUIRE(put(store, "notes", "b", "{}").ok);
  CHECK(ids_of(store.call("get", R"({"collection":"notes","ids":["b","x","a"]})")) == "b - a");
}

CONTRACT_TEST("storage: each precondition holds or refuses with its own code", "[storage]") {
  declare(store, "notes");
  CHECK(put(store, "notes", "a", "{}", R"("present")").code == "not_found");
  CHECK(put(store, "notes", "a", "{}", "1").code == "not_found");
  CHECK(put(store, "notes", "a", "{}", R"("absent")").ok);
  const Reply exists = put(store, "notes", "a", "{}", R"("absent")");
  CHECK(exists.status == "conflict");
  CHECK(exists.code == "already_exists");
  CHECK(exists.pointer == "/operations/0");
  CHECK(put(store, "notes", "a", "{}", R"("present")").ok);
  CHECK(put(store, "notes", "a", "{}", "2").ok);
  const Reply stale = put(store, "notes", "a", "{}", "2");
  CHECK(stale.status == "precondition_failed");
  CHECK(stale.code == "version_mismatch");
  CHECK(put(store, "notes", "a", "{}").ok);
}

CONTRACT_TEST("storage: a write whose last operation fails leaves nothing of the others", "[storage]") {
  declare(store, "notes", R"([{"name":"k","fields":[{"field":"/k","type":"string"}],"unique":true}])");
  REQUIRE(put(store, "notes", "a", R"({"k":"1"})").ok);
  const Reply refused = store.call("write", R"({"operations":[
      {"op":"put","collection":"notes","id":"b","doc":{"k":"2"}},
      {"op":"delete","collection":"notes","id":"a"},
      {"op":"put","collection":"notes","id":"c","doc":{},"expect":7}],
      "outbox":[{"topic":"audit","entry":1}]})");
  CHECK(refused.code == "not_found");
  CHECK(refused.pointer == "/operations/2");
  CHECK(ids_of(store.call("query", R"({"collection":"notes"})")) == "a");
  CHECK(store.call("outbox_read", R"({"topic":"audit"})").root().find("items").empty());
  CHECK(store.call("changes", "{}").root().find("items").size() == 1);
  CHECK(put(store, "notes", "d", R"({"k":"2"})").ok);
  CHECK(put(store, "notes", "e", R"({"k":"1"})").code == "unique_violation");
}

CONTRACT_TEST("storage: operations of one write see those before them", "[storage]") {
  declare(store, "notes");
  const Reply reply = store.call("write", R"({"operations":[
      {"op":"put","collection":"notes","id":"a","doc":{"v":1},"expect":"absent"},
      {"op":"put","collection":"notes","id":"a","doc":{"v":2},"expect":1},
      {"op":"check","collection":"notes","id":"a","expect":2},
      {"op":"delete","collection":"notes","id":"a","expect":2},
      {"op":"check","collection":"notes","id":"a","expect":"absent"}]})");
  INFO(reply.message);
  REQUIRE(reply.ok);
  CHECK(reply.root().find("results").at(3).find("existed").as_bool());
  CHECK(store.call("get", R"({"collection":"notes","id":"a"})").code == "not_found");
}

CONTRACT_TEST("storage: a check writes nothing and refuses the whole write", "[storage]") {
  declare(store, "notes");
  REQUIRE(put(store, "notes", "a", "{}").ok);
  CHECK(store.call("write", R"({"operations":[{"op":"check","collection":"notes","id":"a","expect":1}]})").ok);
  CHECK(store.call("get", R"({"collection":"notes","id":"a"})").root().find("version").as_uint64() == 1);
  const Reply refused = store.call("write", R"({"operations":[{"op":"put","collection":"notes","id":"b","doc":{}},
      {"op":"check","collection":"notes","id":"a","expect":9}]})");
  CHECK(refused.code == "version_mismatch");
  CHECK(store.call("get", R"({"collection":"notes","id":"b"})").code == "not_found");
}

CONTRACT_TEST("storage: deleting what is not there succeeds and says so", "[storage]") {
  declare(store, "notes");
  const Reply reply = store.call("write", R"({"operations":[{"op":"delete","collection":"notes","id":"a"}]})");
  REQUIRE(reply.ok);
  CHECK_FALSE(reply.root().find("results").at(0).find("existed").as_bool());
  CHECK(store.call("changes", "{}").root().find("items").empty());
}

CONTRACT_TEST("storage: a put without id makes one that sorts after earlier ones", "[storage]") {
  declare(store, "notes");
  std::string last;
  for (int i = 0; i < 20; ++i) {
    const Reply reply = store.call("write", R"({"operations":[{"op":"put","collection":"notes","doc":{}}]})");
    REQUIRE(reply.ok);
    const std::string id(reply.root().find("results").at(0).find("id").as_string());
    CHECK(id.size() == 36);
    CHECK(id[14] == '7');
    CHECK(id > last);
    last = id;
  }
}

CONTRACT_TEST("storage: a unique field refuses a second document and is free again after change or delete",
              "[storage]") {
  declare(store, "users", R"([{"name":"mail","fields":[{"field":"/mail","type":"string"}],"unique":true}])");
  REQUIRE(put(store, "users", "a", R"({"mail":"x"})").ok);
  const Reply taken = put(store, "users", "b", R"({"mail":"x"})");
  CHECK(taken.status == "conflict");
  CHECK(taken.code == "unique_violation");
  CHECK(taken.pointer == "/operations/0/doc/mail");
  CHECK(put(store, "users", "a", R"({"mail":"x","again":true})").ok);
  CHECK(put(store, "users", "a", R"({"mail":"y"})").ok);
  CHECK(put(store, "users", "b", R"({"mail":"x"})").ok);
  CHECK(store.call("write", R"({"operations":[{"op":"delete","collection":"users","id":"b"}]})").ok);
  CHECK(put(store, "users", "c", R"({"mail":"x"})").ok);
}

CONTRACT_TEST("storage: missing fields never clash under a unique index", "[storage]") {
  declare(store, "users", R"([{"name":"two","fields":[{"field":"/a","type":"string"},{"field":"/b","type":"integer"}],
                              "unique":true}])");
  CHECK(put(store, "users", "1", R"({"a":"x"})").ok);
  CHECK(put(store, "users", "2", R"({"a":"x"})").ok);
  CHECK(put(store, "users", "3", R"({"a":"x","b":null})").ok);
  CHECK(put(store, "users", "4", R"({"a":"x","b":1})").ok);
  CHECK(put(store, "users", "5", R"({"a":"x","b":1.0})").code == "unique_violation");
}

CONTRACT_TEST("storage: two documents of one write may not share a unique value", "[storage]") {
  declare(store, "users", R"([{"name":"m","fields":[{"field":"/m","type":"string"}],"unique":true}])");
  CHECK(store
            .call("write", R"({"operations":[{"op":"put","collection":"users","id":"a","doc":{"m":"x"}},
      {"op":"put","collection":"users","id":"b","doc":{"m":"x"}}]})")
            .code == "unique_violation");
  CHECK(ids_of(store.call("query", R"({"collection":"users"})")).empty());
}

CONTRACT_TEST("storage: an indexed field of another type is refused with its place", "[storage]") {
  declare(store, "x", R"([{"name":"d","fields":[{"field":"/at/day","type":"date"}]}])");
  CHECK(put(store, "x", "a", R"({"at":{"day":"2026-02-28"}})").ok);
  CHECK(put(store, "x", "b", R"({"at":7})").ok);  // no such field: missing
  const Reply wrong = put(store, "x", "c", R"({"at":{"day":"2026-02-30"}})");
  CHECK(wrong.status == "invalid");
  CHECK(wrong.code == "index_type");
  CHECK(wrong.pointer == "/operations/0/doc/at/day");
}

CONTRACT_TEST("storage: an indexed string has at most 1,024 bytes", "[storage]") {
  declare(store, "x", R"([{"name":"s","fields":[{"field":"/s","type":"string"}]}])");
  CHECK(put(store, "x", "a", "{\"s\":\"" + std::string(1024, 'a') + "\"}").ok);
  CHECK(put(store, "x", "b", "{\"s\":\"" + std::string(1025, 'a') + "\"}").code == "index_value_too_long");
}

CONTRACT_TEST("storage: an idempotency key replays the first answer and refuses another body", "[storage]") {
  declare(store, "notes");
  const std::string request =
      R"({"operations":[{"op":"put","collection":"notes","doc":{"a":1}}],"idempotency":{"key":"k1"}})";
  const Reply first = store.call("write", request);
  REQUIRE(first.ok);
  CHECK_FALSE(first.replayed);
  const Reply again = store.call("write", request);
  REQUIRE(again.ok);
  CHECK(again.replayed);
  CHECK(again.text == first.text);
  CHECK(store.call("query", R"({"collection":"notes"})").root().find("items").size() == 1);
  const Reply other = store.call(
      "write", R"({"operations":[{"op":"put","collection":"notes","doc":{"a":2}}],"idempotency":{"key":"k1"}})");
  CHECK(other.status == "conflict");
  CHECK(other.code == "idempotency_key_reused");
}

CONTRACT_TEST("storage: the caller's fingerprint and the context's key stand in when asked for", "[storage]") {
  declare(store, "notes");
  const auto request = [](const char* doc, const char* print) {
    return std::string(R"({"operations":[{"op":"put","collection":"notes","doc":)") + doc +
           R"(}],"idempotency":{"fingerprint":")" + print + "\"}}";
  };
  REQUIRE(store.call("write", request(R"({"a":1})", "f"), "acme", "ctx").ok);
  CHECK(store.call("write", request(R"({"a":2})", "f"), "acme", "ctx").replayed);
  CHECK(store.call("write", request(R"({"a":2})", "g"), "acme", "ctx").code == "idempotency_key_reused");
  CHECK(store.call("write", request(R"({"a":2})", "g"), "acme", "").code == "bad_idempotency_key");
}

CONTRACT_TEST("storage: a failed write does not use up its idempotency key, a day does", "[storage]") {
  declare(store, "notes");
  const std::string request =
      R"({"operations":[{"op":"put","collection":"notes","id":"a","doc":{},"expect":"absent"}],"idempotency":{"key":"k"}})";
  REQUIRE(put(store, "notes", "a", "{}").ok);
  CHECK(store.call("write", request).code == "already_exists");
  REQUIRE(store.call("write", R"({"operations":[{"op":"delete","collection":"notes","id":"a"}]})").ok);
  CHECK(store.call("write", request).ok);
  CHECK(store.call("write", request).replayed);
  store.advance(std::chrono::hours(25));
  CHECK(store.call("write", request).code == "already_exists");
}

CONTRACT_TEST("storage: tenants share nothing", "[storage]") {
  declare(store, "notes", R"([{"name":"u","fields":[{"field":"/u","type":"string"}],"unique":true}])");
  REQUIRE(put(store, "notes", "a", R"({"u":"1"})").ok);
  CHECK(store.call("get", R"({"collection":"notes","id":"a"})", "other").code == "unknown_collection");
  REQUIRE(store
              .call("declare", R"({"collection":"notes","indexes":[{"name":"u","unique":true,
      "fields":[{"field":"/u","type":"string"}]}]})",
                    "other")
              .ok);
  CHECK(store.call("get", R"({"collection":"notes","id":"a"})", "other").code == "not_found");
  CHECK(store
            .call("write",
                  R"({"operations":[{"op":"put","collection":"notes","id":"a","doc":{"u":"1"},"expect":"absent"}]})",
                  "other")
            .ok);
  CHECK(store.call("changes", "{}", "other").root().find("items").size() == 1);
  CHECK(store.call("erase", "{}", "other").ok);
  CHECK(store.call("get", R"({"collection":"notes","id":"a"})", "other").code == "unknown_collection");
  CHECK(store.call("get", R"({"collection":"notes","id":"a"})").ok);
}

CONTRACT_TEST("storage: an erased tenant starts from nothing", "[storage]") {
  declare(store, "notes", R"([{"name":"u","fields":[{"field":"/u","type":"string"}],"unique":true}])");
  REQUIRE(put(store, "notes", "a", R"({"u":"1"})").ok);
  REQUIRE(store.call("erase", "{}").ok);
  declare(store, "notes", R"([{"name":"u","fields":[{"field":"/u","type":"string"}],"unique":true}])");
  CHECK(ids_of(store.call("query", R"({"collection":"notes"})")).empty());
  CHECK(put(store, "notes", "b", R"({"u":"1"})").ok);
}

CONTRACT_TEST("storage: outbox entries come with their write, in order, and go when removed", "[storage]") {
  declare(store, "notes");
  for (const auto* id : {"a", "b"}) {
    REQUIRE(store
                .call("write", R"({"operations":[{"op":"put","collection":"notes","id":")" + std::string(id) +
                                   R"(","doc":{}}],"outbox":[{"topic":"audit","entry":{"of":")" + id +
                                   R"("}},{"topic":"mail","entry":1}]})")
                .ok);
  }
  const Reply read = store.call("outbox_read", R"({"topic":"audit"})");
  REQUIRE(read.root().find("items").size() == 2);
  CHECK(read.root().find("items").at(0).find("entry").find("of").as_string() == "a");
  const std::string first(read.root().find("items").at(0).find("position").as_string());
  REQUIRE(store.call("outbox_remove", R"({"topic":"audit","through":")" + first + "\"}").ok);
  const Reply rest = store.call("outbox_read", R"({"topic":"audit"})");
  REQUIRE(rest.root().find("items").size() == 1);
  CHECK(rest.root().find("items").at(0).find("entry").find("of").as_string() == "b");
  CHECK(store.call("outbox_read", R"({"topic":"mail"})").root().find("items").size() == 2);
}

CONTRACT_TEST("storage: an outbox goes on behind what was removed, whatever position a reader or a remover names",
              "[storage]") {
  declare(store, "notes");
  const auto leave = [&](const std::string& entry, const std::string& topic = "t") {
    REQUIRE(store
                .call("write", R"({"operations":[{"op":"put","collection":"notes","id":"a","doc":{}}],)"
                               R"("outbox":[{"topic":")" +
                                   topic + R"(","entry":")" + entry + "\"}]}")
                .ok);
  };
  const auto entries = [&](const std::string& after) {
    const Reply read = store.call("outbox_read", R"({"topic":"t")" + after + "}");
    std::string out;
    for (const auto item : read.root().find("items").elements()) out += item.find("entry").as_string();
    return out;
  };
  const auto position = [&](std::size_t n, const std::string& topic = "t") {
    const Reply read = store.call("outbox_read", R"({"topic":")" + topic + "\"}");
    return std::string(read.root().find("items").at(n).find("position").as_string());
  };
  const auto remove = [&](const std::string& through) {
    return store.call("outbox_remove", R"({"topic":"t","through":")" + through + "\"}").ok;
  };
  for (const char* entry : {"1", "2", "3"}) leave(entry);
  leave("other", "u");
  const std::string far = position(0, "u");  // behind all of them
  REQUIRE(store.call("outbox_remove", R"({"topic":"none","through":")" + far + "\"}").ok);
  const std::string first = position(0), second = position(1);
  REQUIRE(remove(second));
  CHECK(entries("") == "3");
  CHECK(entries(R"(,"after":")" + first + "\"") == "3");
  REQUIRE(remove(first));  // long gone
  CHECK(entries("") == "3");
  REQUIRE(remove(far));
  CHECK(entries("").empty());
  leave("4");
  CHECK(entries("") == "4");
  CHECK(entries(R"(,"after":")" + second + "\"") == "4");
}

CONTRACT_TEST("storage: what is wrong in a request is refused with its place", "[storage]") {
  declare(store, "notes");
  struct Wrong {
    const char *method, *request, *code, *pointer;
  };
  const Wrong all[] = {
      {"write", R"({})", "bad_operations", "/operations"},
      {"write", R"({"operations":[]})", "bad_operations", "/operations"},
      {"write", R"({"operations":[{"op":"burn","collection":"notes"}]})", "bad_operation", "/operations/0/op"},
      {"write", R"({"operations":[{"op":"put","collection":"n o"}]})", "bad_name", "/operations/0/collection"},
      {"write", R"({"operations":[{"op":"put","collection":"notes","doc":3}]})", "bad_document", "/operations/0/doc"},
      {"write", R"({"operations":[{"op":"put","collection":"notes","id":"","doc":{}}]})", "bad_id", "/operations/0/id"},
      {"write", R"({"operations":[{"op":"put","collection":"notes","id":"a\u0000","doc":{}}]})", "bad_id",
       "/operations/0/id"},
      {"write", R"({"operations":[{"op":"put","collection":"notes","id":"a","doc":{},"expect":0}]})", "bad_expect",
       "/operations/0/expect"},
      {"write", R"({"operations":[{"op":"check","collection":"notes","id":"a"}]})", "bad_expect",
       "/operations/0/expect"},
      {"write", R"({"operations":[{"op":"put","collection":"notes","doc":{}}],"durability":"maybe"})", "bad_durability",
       "/durability"},
      {"write", R"({"operations":[{"op":"put","collection":"notes","doc":{}}],"outbox":[{"topic":"x"}]})", "bad_outbox",
       "/outbox/0/entry"},
      {"query", R"({"collection":"notes","limit":0})", "bad_limit", "/limit"},
      {"query", R"({"collection":"notes","limit":1001})", "bad_limit", "/limit"},
      {"query", R"({"collection":"notes","count":"all"})", "bad_count", "/count"},
      {"query", R"({"collection":"notes","cursor":"!"})", "bad_cursor", "/cursor"},
      {"query", R"({"collection":"notes","order":[{"field":"/x"}]})", "bad_order", "/order/0/type"},
      {"query", R"({"collection":"notes","order":[{"field":"x","type":"string"}]})", "bad_field", "/order/0/field"},
      {"query", R"({"collection":"notes","filter":{"op":"like"}})", "bad_filter", "/filter/op"},
      {"query",
       R"({"collection":"notes","filter":{"op":"and","args":[{"op":"eq","field":"/a","type":"date","value":"x"}]}})",
       "bad_constant", "/filter/args/0/value"},
      {"query", R"({"collection":"notes","filter":{"op":"not","args":[]}})", "bad_filter", "/filter/args"},
      {"query", R"({"collection":"notes","remainder":"a > b"})", "bad_remainder", "/remainder"},
      {"declare", R"({"collection":"x","indexes":[{"name":"i","fields":[]}]})", "bad_index", "/indexes/0/fields"},
      {"declare", R"({"collection":"x","indexes":[{"name":"i","fields":[{"field":"/a","type":"int"}]}]})", "bad_type",
       "/indexes/0/fields/0/type"},
      {"migrate", R"({"collection":"notes","steps":[]})", "bad_steps", "/steps"},
  };
  for (const auto& wrong : all) {
    INFO(wrong.request);
    const Reply reply = store.call(wrong.method, wrong.request);
    CHECK_FALSE(reply.ok);
    CHECK(reply.code == wrong.code);
    CHECK(reply.pointer == wrong.pointer);
    CHECK_FALSE(reply.message.empty());
  }
}

CONTRACT_TEST("storage: a document over the limit is too large", "[storage]") {
  declare(store, "notes");
  const Reply reply = put(store, "notes", "a", "{\"x\":\"" + std::string(std::size_t{1} << 20, 'x') + "\"}");
  CHECK(reply.status == "too_large");
  CHECK(reply.code == "document_too_large");
}

CONTRACT_TEST("storage: everything is there again after a restart", "[storage]") {
  declare(store, "notes", R"([{"name":"u","fields":[{"field":"/u","type":"string"}],"unique":true}])");
  REQUIRE(put(store, "notes", "a", R"({"u":"1"})").ok);
  const std::string position(store.call("changes", "{}").root().find("position").as_string());
  if (!store.reopen()) {
    SUCCEED("nothing to reopen");
    return;
  }
  CHECK(ids_of(store.call("query", R"({"collection":"notes"})")) == "a");
  CHECK(put(store, "notes", "b", R"({"u":"1"})").code == "unique_violation");
  REQUIRE(put(store, "notes", "a", R"({"u":"2"})").ok);
  const Reply changes = store.call("changes", R"({"position":")" + position + "\"}");
  REQUIRE(changes.root().find("items").size() == 1);
  CHECK(changes.root().find("items").at(0).find("version").as_uint64() == 2);
}
