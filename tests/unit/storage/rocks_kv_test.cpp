// rocks_kv_test.cpp: what Kv promises where RocksDB alone would not: a reading that stays within the cache says when it
// does not know.
#include <catch2/catch.hpp>
#include <string>

#include "support/rocks_folder.hpp"

using namespace socle::storage;

namespace {

constexpr int documents_kept = 3000;

std::string number_key(int n) { return "k" + std::to_string(100'000 + n); }
std::string long_value(int n) { return std::string(10'000, static_cast<char>('a' + n % 26)) + std::to_string(n); }

// A store of many small tables, of which few can be open at once.
struct ManyTables {
  ManyTables() {
    store.open();
    for (int n = 0; n < documents_kept; ++n)
      REQUIRE(store.kv().write({{Change::Kind::put, number_key(n), long_value(n)}}, false));
    store.reopen();
  }
  RocksKv& kv() { return store.kv(); }
  RocksFolder store{{.memtable_bytes = std::size_t{1} << 20, .max_open_files = 20, .compress = false}};
};

}  // namespace

TEST_CASE("store: a document in a table that is not open is unknown to the cache, never found empty", "[storage]") {
  ManyTables tables;
  int unknown = 0;
  for (int n = 0; n < documents_kept; n += 7) {
    INFO(n);
    std::string value;
    const auto cached = tables.kv().get(number_key(n), value, Reach::cached, nullptr);
    REQUIRE(cached);
    unknown += *cached == Read::not_cached ? 1 : 0;
    if (*cached != Read::not_cached) {
      CHECK(*cached == Read::found);
      CHECK((value == long_value(n)));
    }
    const auto read = tables.kv().get(number_key(n), value, Reach::any, nullptr);
    REQUIRE(read);
    CHECK(*read == Read::found);
    CHECK((value == long_value(n)));
  }
  CHECK(unknown > 0);  // else the tables were open
}

TEST_CASE("store: a walk over tables that are not open says so and skips nothing", "[storage]") {
  ManyTables tables;
  int unknown = 0;
  for (int from = 0; from < documents_kept; from += 100) {
    const auto cursor = tables.kv().cursor(number_key(from), number_key(from + 100), Reach::cached, nullptr, false);
    int n = from;
    for (cursor->seek(number_key(from)); cursor->valid(); cursor->next(), ++n) {
      REQUIRE(cursor->key() == number_key(n));
      REQUIRE((cursor->value() == long_value(n)));
    }
    unknown += cursor->not_cached() ? 1 : 0;
    CHECK((cursor->not_cached() || n == from + 100));
  }
  CHECK(unknown > 0);
}

// Each document is a block of its own here, and only the one that the walk starts from has been read before.
TEST_CASE("store: a walk to a table whose first block is not cached says so, in both directions", "[storage]") {
  ManyTables tables;
  for (const bool forward : {true, false}) {
    tables.store.reopen();
    int unknown = 0;
    for (int step = 0; step + 1 < documents_kept; ++step) {
      const int at = forward ? step : documents_kept - 1 - step;
      INFO((forward ? "forward from " : "back from ") << at);
      std::string value;
      REQUIRE(tables.kv().get(number_key(at), value, Reach::any, nullptr));
      const auto cursor = tables.kv().cursor("k", "l", Reach::cached, nullptr, false);
      forward ? cursor->seek(number_key(at)) : cursor->seek_for_prev(number_key(at));
      if (cursor->valid()) {
        REQUIRE(cursor->key() == number_key(at));
        forward ? cursor->next() : cursor->prev();
      }
      if (cursor->valid()) {
        REQUIRE(cursor->key() == number_key(forward ? at + 1 : at - 1));
      } else {
        REQUIRE(cursor->not_cached());
        ++unknown;
      }
    }
    CHECK(unknown > documents_kept / 2);
  }
}

TEST_CASE("store: what a range took is gone for get(), and a walk that still meets it finds it missing", "[storage]") {
  ManyTables tables;
  REQUIRE(tables.kv().write({{Change::Kind::remove_range, number_key(100), number_key(2000)}}, true));
  REQUIRE(tables.kv().write({{Change::Kind::put, number_key(150), "again"}}, true));
  int left = 0;
  const auto cursor = tables.kv().cursor("k", "l", Reach::any, nullptr, false);
  for (cursor->seek("k"); cursor->valid(); cursor->next()) {
    std::string value;
    const auto read = tables.kv().get(cursor->key(), value, Reach::any, nullptr);
    REQUIRE(read);
    left += *read == Read::found ? 1 : 0;
  }
  REQUIRE(cursor->status());
  CHECK(left == documents_kept - 1900 + 1);
}
