#include <catch2/catch.hpp>

#include "manifest/text.hpp"

using namespace socle::manifest;
using namespace std::chrono_literals;

TEST_CASE("quantities: durations have a whole number and a unit", "[manifest]") {
  CHECK(parse_duration("250ns") == 250ns);
  CHECK(parse_duration("10us") == 10us);
  CHECK(parse_duration("100ms") == 100ms);
  CHECK(parse_duration("5s") == 5s);
  CHECK(parse_duration("10min") == 10min);
  CHECK(parse_duration("24h") == 24h);
  CHECK(parse_duration("0s") == 0s);
  for (const char* text :
       {"", "5", "s", "5 s", "-5s", "+5s", "1.5s", "05s", "5m", "5S", "99999999999999999999h", "876001h"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("quantities: durations print in their largest whole unit", "[manifest]") {
  CHECK(to_string(Duration(90s)) == "90s");
  CHECK(to_string(Duration(120s)) == "2min");
  CHECK(to_string(Duration(1500ms)) == "1500ms");
  CHECK(to_string(Duration(0)) == "0s");
  CHECK(to_string(Duration(-5ms)) == "-5ms");
}

TEST_CASE("quantities: a range of durations goes up", "[manifest]") {
  CHECK(parse_duration_range("100ms..10s") == DurationRange{100ms, 10s});
  CHECK(to_string(DurationRange{100ms, 10s}) == "100ms..10s");
  for (const char* text : {"10s..100ms", "100ms", "100ms-10s", "..10s", "1s..", "1s...2s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration_range(text));
  }
}

TEST_CASE("quantities: sizes have binary units", "[manifest]") {
  CHECK(parse_size("512B") == ByteSize{512});
  CHECK(parse_size("64KiB") == ByteSize{65'536});
  CHECK(parse_size("1MiB") == ByteSize{1'048'576});
  CHECK(parse_size("2GiB") == ByteSize{std::uint64_t{1} << 31U});
  CHECK(parse_size("1TiB") == ByteSize{std::uint64_t{1} << 40U});
  CHECK(to_string(ByteSize{1'536}) == "1536B");
  CHECK(to_string(ByteSize{1 << 20}) == "1MiB");
  CHECK(to_string(ByteSize{0}) == "0B");
  for (const char* text : {"64", "64KB", "64kib", "1 MiB", "-1B", "4194305TiB"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("quantities: a rate counts per duration", "[manifest]") {
  CHECK(parse_rate("5 per 60s") == Rate{5, 60s});
  CHECK(to_string(Rate{5, 60s}) == "5 per 1min");
  for (const char* text : {"5", "5/60s", "5 per 0s", "per 1s", "5 per", "5  per 1s"}) {
    INFO(text);
    CHECK_FALSE(parse_rate(text));
  }
}

TEST_CASE("quantities: a percentage lies between 0 and 100", "[manifest]") {
  CHECK(parse_percentage("5%") == Percentage{5});
  CHECK(parse_percentage("0.5%") == Percentage{0.5});
  CHECK(to_string(Percentage{0.5}) == "0.5%");
  for (const char* text : {"5", "101%", "-1%", "%", "5 %"}) {
    INFO(text);
    CHECK_FALSE(parse_percentage(text));
  }
}

TEST_CASE("quantities: numbers are decimal", "[manifest]") {
  CHECK(parse_unsigned("18446744073709551615") == UINT64_MAX);
  CHECK(parse_integer("-9223372036854775808") == INT64_MIN);
  CHECK(parse_number("-1.5e3") == -1500.0);
  for (const char* text : {"", "-", "+1", "0x10", "01", "1_000", "1.", ".5", "1e", "nan", "inf", "1e999"}) {
    INFO(text);
    CHECK_FALSE(parse_unsigned(text));
    CHECK_FALSE(parse_integer(text));
    CHECK_FALSE(parse_number(text));
  }
  CHECK_FALSE(parse_integer("1.0"));
  CHECK_FALSE(parse_unsigned("18446744073709551616"));
}

TEST_CASE("quantities: a value outside a manifest says what was wanted and found", "[manifest]") {
  CHECK(parse_value<Duration>("60s").value() == 60s);
  CHECK(parse_value<Duration>("fast").error().message ==
        "expected a duration such as 100ms, 5s or 10min, found 'fast'");
  CHECK(parse_value<Percentage>("5").error().message == "expected a percentage from 0% to 100% such as 5%, found '5'");
}
