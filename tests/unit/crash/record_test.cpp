#include "crash/record.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

using socle::crash::Record;

TEST_CASE("record: crashes are counted by plugin and version and survive a restart", "[crash]") {
  const socle::testing::TempDir dir;
  Record record = Record::open(dir.path());
  CHECK(record.crashes("a", "1.0.0") == 0);
  CHECK(record.count("a", "1.0.0") == 1);
  CHECK(record.count("a", "1.0.0") == 2);
  CHECK(record.count("b", "2.1.0") == 1);
  REQUIRE(record.keep());
  const Record again = Record::open(dir.path());
  CHECK(again.crashes("a", "1.0.0") == 2);
  CHECK(again.crashes("b", "2.1.0") == 1);
  CHECK(again.crashes("a", "1.0.1") == 0);
}

TEST_CASE("record: another version starts from nothing", "[crash]") {
  const socle::testing::TempDir dir;
  Record record = Record::open(dir.path());
  record.count("a", "1.0.0");
  record.count("a", "1.0.0");
  CHECK(record.count("a", "1.1.0") == 1);
  CHECK(record.crashes("a", "1.0.0") == 0);
}

TEST_CASE("record: what is forgotten is gone", "[crash]") {
  const socle::testing::TempDir dir;
  Record record = Record::open(dir.path());
  record.count("a", "1.0.0");
  CHECK(record.forget("a"));
  CHECK_FALSE(record.forget("a"));
  CHECK(record.crashes("a", "1.0.0") == 0);
}

TEST_CASE("record: a damaged file is read as far as it makes sense", "[crash]") {
  const socle::testing::TempDir dir;
  std::ofstream(std::filesystem::path(dir.path()) / "crash-record") << "a 1.0.0 2\nb 1.0.0 many\nc 1.0.0 1\n";
  const Record record = Record::open(dir.path());
  CHECK(record.crashes("a", "1.0.0") == 2);
  CHECK(record.crashes("b", "1.0.0") == 0);
}
