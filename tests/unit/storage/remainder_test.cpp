// remainder_test.cpp: what a worker keeps of compiled remainders. What they mean is the adapter suite's.
#include "contract/remainder.hpp"

#include <catch2/catch.hpp>

#include "socle/json/document.hpp"

using namespace socle::storage;

namespace {

socle::json::Document parsed(const std::string& text) { return std::move(socle::json::Document::parse(text)).value(); }

}  // namespace

TEST_CASE("storage remainder: the same text, types and names are compiled once, whatever the values", "[storage]") {
  RemainderCache cache;
  const auto first = parsed(R"({"cel":"record.a == user.id","user":{"id":"ada"}})");
  const auto again = parsed(R"({"user":{"id":"bob","more":1},"cel":"record.a == user.id"})");
  const auto typed = parsed(R"({"cel":"record.a == user.id","user":{},"types":{"a":"string"}})");
  const auto one = cache.get(first.root());
  REQUIRE(one);
  CHECK(*cache.get(again.root()) == *one);
  CHECK(*cache.get(typed.root()) != *one);
  CHECK(cache.size() == 2);
}

TEST_CASE("storage remainder: the cache is bounded and keeps what is used", "[storage]") {
  RemainderCache cache;
  const auto kept = parsed(R"("record.kept == 1")");
  const auto first = *cache.get(kept.root());
  for (int i = 0; i < 1000; ++i) {
    const auto other = parsed("\"record.other == " + std::to_string(i) + "\"");
    REQUIRE(cache.get(other.root()));
    REQUIRE(*cache.get(kept.root()) == first);
  }
  CHECK(cache.size() == 128);
  // By bytes as well: a text of many constants compiles to many nodes.
  std::string large = "record.a in [record.b";
  while (large.size() < 15'000) large += ",record.b";
  for (int i = 0; i < 40; ++i) REQUIRE(cache.get(parsed("\"" + large + "," + std::to_string(i) + "]\"").root()));
  CHECK(cache.size() < 128);
}

TEST_CASE("storage remainder: one that is larger than the whole cache is used and not kept, and the others stay",
          "[storage]") {
  RemainderCache cache;
  const auto small = parsed(R"("record.a == 1")");
  const auto first = cache.get(small.root());
  REQUIRE(first);
  std::string types;
  for (int i = 0; i < 250; ++i)
    types.append(i == 0 ? "" : ",").append("\"") += std::to_string(i) + std::string(10'000, 'n') + R"(":"string")";
  REQUIRE(cache.get(parsed(R"({"cel":"record.a == 1","types":{)" + types + "}}").root()));
  CHECK(cache.size() == 1);
  CHECK(*cache.get(small.root()) == *first);
}

TEST_CASE("storage remainder: one that is refused is not kept", "[storage]") {
  RemainderCache cache;
  CHECK_FALSE(cache.get(parsed(R"("record.")").root()));
  CHECK(cache.size() == 0);
}
