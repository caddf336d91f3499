// format_test.cpp: formats that the open part of the suite holds no file for, and edges beside it.
#include "format.hpp"

#include <catch2/catch.hpp>

using socle::schema::Format;
using socle::schema::matches_format;

namespace {
void judge(Format format, std::initializer_list<const char*> good, std::initializer_list<const char*> bad) {
  for (const auto* text : good) {
    INFO(socle::schema::to_string(format) << ": " << text);
    CHECK(matches_format(format, text));
  }
  for (const auto* text : bad) {
    INFO(socle::schema::to_string(format) << ": " << text);
    CHECK_FALSE(matches_format(format, text));
  }
}
}  // namespace

TEST_CASE("format: dates follow the calendar", "[schema]") {
  judge(Format::date, {"2024-02-29", "2000-02-29", "1999-12-31", "0000-01-01"},
        {"2023-02-29", "1900-02-29", "2024-00-10", "2024-13-01", "2024-04-31", "2024-1-01", "2024-01-32", "24-01-01",
         "2024-01-1", "2024/01/01", "1963-06-1\xE0\xA7\xAA"});
}

TEST_CASE("format: times take leap seconds at the end of a UTC day only", "[schema]") {
  judge(Format::time,
        {"23:59:60Z", "15:59:60-08:00", "00:29:60+00:30", "01:29:60+01:30", "08:30:06.283185z", "08:30:06+00:00",
         "23:29:60.5-00:30"},
        {"22:59:60Z", "23:59:61Z", "24:00:00Z", "08:30:06", "08:30Z", "08:30:06 PST", "08:30:06+24:00",
         "08:30:06+01:60", "08:30:06.Z", "8:30:06Z", "23:59:60+01:00"});
}

TEST_CASE("format: durations follow the ABNF of RFC 3339", "[schema]") {
  judge(Format::duration,
        {"P4DT12H30M5S", "P4Y", "PT0S", "P0D", "P1M", "PT1M", "PT36H", "P1DT12H", "P2W", "P1Y2M3D", "PT1H2M"},
        {"PT1D", "P", "P1YT", "PT", "P2D1Y", "P1D2H", "P2S", "4DT12H30M5S", "P1Y2W", "P1", "P1Y2D", "PT1H2S", "P1.5D",
         "P\xE0\xA7\xAAY", "", "P1W2D"});
}

TEST_CASE("format: uuids are 32 hexadecimal digits in five groups", "[schema]") {
  judge(
      Format::uuid, {"2EB8AA08-aa98-11ea-B4Aa-73B441D16380", "00000000-0000-0000-0000-000000000000"},
      {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-73b441d16380", "2eb8aa08-aa98-11ea-b4ga-73b441d16380",
       "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08aa98-11ea-b4aa73b441d16380----"});
}

TEST_CASE("format: regex is ECMA-262 with the u flag", "[schema]") {
  judge(Format::regex, {"([abc])+\\s+$", "", "(?<a>b)\\k<a>", "\\p{Script=Latin}", "a{1,2}"},
        {"^(abc]", "\\Z", "\\-", "a**", "{", "\\p{Unknown=Name}", "(?<a>.)(?<a>.)"});
}

TEST_CASE("format: A-labels of host names are checked", "[schema]") {
  judge(Format::hostname, {"xn--4gbwdl.xn--wgbh1c", "xn--nxasmm1c.com"}, {"xn--X", "XN--aa---o47jg78q", "xn--7a"});
}

TEST_CASE("format: mail addresses may be quoted, hosts may be addresses", "[schema]") {
  judge(Format::email, {"\"a\\\"b\"@example.com", "a@[IPv6:2001:db8::1]", "a+b@x.y"},
        {"a@@b.com", "\"a\"b@example.com", "a@[1.2.3]", "a@-x.com", "a b@c.d", "(comment)a@b.c"});
}
