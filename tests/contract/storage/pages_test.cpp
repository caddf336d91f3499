// The adapter suite: a page ends at 8 MiB of documents, whatever its limit, and says how to go on.
#include <catch2/catch.hpp>

#include <algorithm>

#include "adapter.hpp"

using namespace contract;

namespace {

constexpr std::size_t page_bytes = std::size_t{8} << 20;
constexpr std::size_t document_bytes = 900'000;  // nine fit into a page, and four into a write

// A document of about document_bytes; /back falls as n rises.
std::string large(int n) {
  return R"({"back":)" + std::to_string(100 - n) + R"(,"pad":")" + std::string(document_bytes, 'p') + "\"}";
}

std::string id_of(int n) { return "d" + std::to_string(100 + n); }

void fill(Adapter& store, int count, const char* indexes = "[]") {
  declare(store, "x", indexes);
  for (int n = 0; n < count; ++n) REQUIRE(put(store, "x", id_of(n), large(n)).ok);
}

// Words of `text`, the last of them first.
std::string backwards(const std::string& text) {
  std::string out;
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t space = text.rfind(' ', end - 1);
    const std::size_t begin = space == std::string::npos ? 0 : space + 1;
    out.append(out.empty() ? "" : " ").append(text, begin, end - begin);
    end = begin == 0 ? 0 : begin - 1;
  }
  return out;
}

std::string all_ids(int count) {
  std::string out;
  for (int n = 0; n < count; ++n) out.append(n == 0 ? "" : " ").append(id_of(n));
  return out;
}

struct Walked {
  std::string ids;    // of all pages
  std::string sizes;  // of each page
};

Walked walk(Adapter& store, const std::string& query) {
  Walked out;
  std::string cursor;
  for (int page = 0; page < 30; ++page) {
    const Reply part = store.call("query", query + (cursor.empty() ? "" : R"(,"cursor":")" + cursor + "\"") + "}");
    INFO(part.message);
    REQUIRE(part.ok);
    CHECK(part.text.size() < page_bytes + 100'000);
    out.ids.append(out.ids.empty() ? "" : " ").append(ids_of(part));
    out.sizes.append(out.sizes.empty() ? "" : " ").append(std::to_string(part.root().find("items").size()));
    if (part.root().find("next").is_null()) return out;
    cursor = part.root().find("next").as_string();
  }
  FAIL("the pages do not end");
  return out;
}

}  // namespace

CONTRACT_TEST("storage: a page of a query ends at 8 MiB with a cursor, and the next one goes on behind it",
              "[storage]") {
  constexpr int count = 20;
  fill(store, count, R"([{"name":"back","fields":[{"field":"/back","type":"integer"}]}])");
  const std::string query = R"({"collection":"x","limit":1000)";
  const Walked by_id = walk(store, query);
  CHECK(by_id.ids == all_ids(count));
  CHECK(by_id.sizes == "9 9 2");
  const Walked by_index = walk(store, query + R"(,"order":[{"field":"/back"}])");
  CHECK(by_index.ids == backwards(all_ids(count)));
  CHECK(by_index.sizes == "9 9 2");
  // What fields cut away counts: it was read.
  const Walked cut = walk(store, query + R"(,"fields":["/back"])");
  CHECK(cut.ids == all_ids(count));
  CHECK(cut.sizes == "9 9 2");
  // The limit still ends a page that is smaller.
  CHECK(walk(store, R"({"collection":"x","limit":7)").sizes == "7 7 6");
}

CONTRACT_TEST("storage: a page that is sorted in memory is the first 8 MiB of the order", "[storage]") {
  constexpr int count = 20;
  fill(store, count);
  for (const bool descending : {false, true}) {
    INFO((descending ? "descending" : "ascending"));
    const Walked sorted = walk(
        store, std::string(R"({"collection":"x","limit":1000,"order":[{"field":"/back","type":"integer","desc":)") +
                   (descending ? "true" : "false") + "}]");
    CHECK(sorted.ids == (descending ? all_ids(count) : backwards(all_ids(count))));
    CHECK(sorted.sizes == "9 9 2");
  }
}

CONTRACT_TEST("storage: small documents after large ones still come in their order", "[storage]") {
  declare(store, "x");
  // By /n: small and large in turn, so that what is kept for a page shrinks and grows.
  std::string wanted;
  for (int n = 0; n < 24; ++n) {
    const bool is_large = n % 2 == 1;
    const std::string doc = R"({"n":)" + std::to_string((n * 7) % 24) +
                            (is_large ? R"(,"pad":")" + std::string(document_bytes, 'p') + "\"}" : "}");
    REQUIRE(put(store, "x", id_of((n * 7) % 24), doc).ok);
  }
  const Walked sorted = walk(store, R"({"collection":"x","limit":1000,"order":[{"field":"/n","type":"integer"}])");
  CHECK(sorted.ids == all_ids(24));
  CHECK(sorted.sizes == "19 5");  // nine large ones and the small ones around them
}

CONTRACT_TEST("storage: get of many ids ends at 8 MiB and says how many it answered", "[storage]") {
  constexpr int count = 11;
  fill(store, count);
  std::string ids = R"("absent")";
  for (int n = 0; n < count; ++n) ids += ",\"" + id_of(n) + "\"";
  const Reply first = store.call("get", R"({"collection":"x","ids":[)" + ids + "]}");
  REQUIRE(first.ok);
  CHECK(ids_of(first) == "- " + all_ids(9));
  CHECK(first.root().find("next").as_uint64() == 10);
  CHECK(first.text.size() < page_bytes + 100'000);
  const Reply rest = store.call("get", R"({"collection":"x","ids":[")" + id_of(9) + R"(",")" + id_of(10) + "\"]}");
  REQUIRE(rest.ok);
  CHECK(ids_of(rest) == id_of(9) + " " + id_of(10));
  CHECK_FALSE(rest.root().find("next").exists());
}

CONTRACT_TEST("storage: a page of the outbox ends at 8 MiB, and an empty one is the outbox's end", "[storage]") {
  declare(store, "x");
  for (int n = 0; n < 10; ++n) {
    const std::string entry = R"({"n":)" + std::to_string(n) + R"(,"pad":")" + std::string(document_bytes, 'e') + "\"}";
    REQUIRE(store
                .call("write", R"({"operations":[{"op":"put","collection":"x","doc":{}}],"outbox":[{"topic":"audit",)"
                               R"("entry":)" +
                                   entry + "}]}")
                .ok);
  }
  std::string sizes, after;
  int expected = 0;
  for (int page = 0; page < 5; ++page) {
    const Reply part = store.call("outbox_read", R"({"topic":"audit","limit":1000)" +
                                                     (after.empty() ? "" : R"(,"after":")" + after + "\"") + "}");
    REQUIRE(part.ok);
    CHECK(part.text.size() < page_bytes + 100'000);
    const auto items = part.root().find("items");
    sizes.append(sizes.empty() ? "" : " ").append(std::to_string(items.size()));
    for (const auto item : items.elements()) {
      CHECK(item.find("entry").find("n").as_int64() == expected++);
      after = item.find("position").as_string();
    }
    if (items.size() == 0) break;
  }
  CHECK(expected == 10);
  CHECK(sizes == "9 1 0");
}

CONTRACT_TEST("storage: a page of changes with the longest names stays under 8 MiB", "[storage]") {
  const std::string collection(64, 'c');
  declare(store, collection);
  // Two commits; a page holds whole commits, so the second comes whole behind the last but one change of the limit.
  std::size_t written = 0;
  for (const std::size_t operations : {std::size_t{999}, std::size_t{1000}}) {
    std::string request = R"({"operations":[)";
    for (std::size_t n = 0; n < operations; ++n, ++written) {
      const std::string number = std::to_string(10'000 + written);
      std::string id;
      for (std::size_t i = number.size(); i < 255; ++i) id += "\\u0001";
      request.append(n == 0 ? "" : ",").append(R"({"op":"put","collection":")").append(collection);
      request.append(R"(","id":")").append(id + number).append(R"(","doc":{}})");
    }
    const Reply done = store.call("write", request + "]}");
    INFO(done.message);
    REQUIRE(done.ok);
  }
  const Reply page = store.call("changes", R"({"limit":1000})");
  REQUIRE(page.ok);
  CHECK(page.root().find("items").size() == 1999);
  CHECK(page.text.size() < page_bytes);
}
