#include <catch2/catch.hpp>
#include <string>

#include "socle/json/moment.hpp"

namespace moment = socle::json::moment;

TEST_CASE("json: days are counted from 1970, in the calendar of today", "[json]") {
  CHECK(moment::days("1970-01-01") == 0);
  CHECK(moment::days("2026-11-21") == 20'778);
  CHECK(moment::days("0000-01-01") == -719'528);
  for (const char* text : {"", "2026-02-30", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T", "2026/01/01"})
    CHECK_FALSE(moment::days(text));
}

TEST_CASE("json: moments are instants to the nanosecond, of the years 1677 to 2262", "[json]") {
  CHECK(moment::nanoseconds("1970-01-01T00:00:00Z") == 0);
  CHECK(moment::nanoseconds("1970-01-01T01:00:00.5+01:00") == 500'000'000);
  CHECK(moment::nanoseconds("1969-12-31t23:59:59z") == -1'000'000'000);
  CHECK(moment::nanoseconds("1970-01-01T00:00:00.123456789Z") == 123'456'789);
  for (const char* text : {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1600-01-01T00:00:00Z",
                           "2300-01-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z",
                           "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-02-30T00:00:00Z", ""})
    CHECK_FALSE(moment::nanoseconds(text));
}
