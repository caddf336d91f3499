// ranges_test.cpp: what is beyond a kind's range is an error, at its very end and in conversions from text too; and
// what an error says of a text is text itself.
#include <catch2/catch.hpp>
#include <string>

#include "unit/cel/rows.hpp"
#include "utf8.hpp"

using cel_test::all_are;
using cel_test::all_fail;

TEST_CASE("cel: a duration is what 64 bits of nanoseconds hold", "[cel]") {
  all_are({{"string(duration('2562047h47m16.854775807s'))", "\"9223372036.854775807s\""},
           {"string(duration('-2562047h47m16.854775808s'))", "\"-9223372036.854775808s\""},
           {"duration('9223372036s') + duration('854775807ns') == duration('9223372036.854775807s')", "true"},
           {"string(duration(-9223372036))", "\"-9223372036s\""}});
  all_fail({{"duration('2562047h47m16.854775808s')", "no duration within 292 years"},
            {"duration('-2562047h47m16.854775809s')", "no duration within 292 years"},
            {"duration('315576000000s')", "no duration within 292 years"},
            {"duration('99999999999999999999999999999999999999999h')", "no duration within 292 years"},
            {"duration('9223372036.854775807s') + duration('1ns')", "longer than 292 years"},
            {"duration('-9223372036.854775808s') - duration('1ns')", "longer than 292 years"},
            {"duration('9223372036s') - duration('-9223372036s')", "longer than 292 years"},
            {"duration(9223372037)", "longer than 292 years"},
            {"duration(-9223372036854775808)", "longer than 292 years"},
            {"[duration('9223372036s'), duration('1s')].sum()", "longer than 292 years"}});
}

TEST_CASE("cel: timestamps are of the years 1 to 9999, and differences of what a duration holds", "[cel]") {
  const std::string first = "timestamp('0001-01-01T00:00:00Z')";
  const std::string last = "timestamp('9999-12-31T23:59:59.999999999Z')";
  all_are({{first + " + duration('0s') == " + first, "true"},
           {last + " - duration('1ns') < " + last, "true"},
           {"string(timestamp(0) + duration('-2562047h47m16.854775808s'))", "\"1677-09-21T00:12:43.145224192Z\""},
           {"string(timestamp('2262-04-11T23:47:16.854775807Z') - timestamp(0))", "\"9223372036.854775807s\""},
           {"int(" + last + ")", "253402300799"},
           {"timestamp(-62135596800) == " + first, "true"}});
  all_fail({{first + " - duration('1ns')", "outside the years 1 to 9999"},
            {last + " + duration('1ns')", "outside the years 1 to 9999"},
            {last + " - " + first, "more than 292 years apart"},
            {first + " - " + last, "more than 292 years apart"},
            {"timestamp('2262-04-11T23:47:16.854775808Z') - timestamp(0)", "more than 292 years apart"},
            {"timestamp(253402300800)", "outside the years 1 to 9999"},
            {"timestamp('0001-01-01T00:00:00+00:01')", "no timestamp of the years 1 to 9999"},
            {"timestamp('9999-12-31T23:59:59-00:01')", "no timestamp of the years 1 to 9999"},
            {"timestamp('10000-01-01T00:00:00Z')", "no timestamp of the years 1 to 9999"}});
}

TEST_CASE("cel: a timestamp may be written finer than nanoseconds", "[cel]") {
  all_are({{"string(timestamp('2024-01-01T00:00:00.1234567891234Z'))", "\"2024-01-01T00:00:00.123456789Z\""},
           {"timestamp('2024-01-01T00:00:00.0000000009Z') == timestamp('2024-01-01T00:00:00Z')", "true"}});
  all_fail({{"timestamp('2024-01-01T00:00:00.Z')", "no timestamp"}});
}

TEST_CASE("cel: a text beyond double's range is no double, one too small is zero", "[cel]") {
  all_are({{"double('1e-400')", "0.0"},
           {"1.0 / double('-0." + std::string(400, '0') + "1')", "double(\"-Infinity\")"},
           {"double('1" + std::string(300, '0') + "e-300')", "1.0"},
           {"double('Infinity') > 1e308 && double('-inf') < -1e308", "true"}});
  all_fail({{"double('1e400')", "'1e400' is no double"},
            {"double('-1e400')", "'-1e400' is no double"},
            {"double('1" + std::string(400, '0') + "e-10')", "is no double"},
            {"double('1e99999999999999999999')", "is no double"}});
}

TEST_CASE("cel: an error never cuts a character of the text it names", "[cel]") {
  std::string text = "x";
  for (int i = 0; i < 60; ++i) text += "\u00e9";
  for (const auto* call : {"int(%)", "double(%)", "bool(%)", "base64.decode(%)", "timestamp(%)", "duration(%)",
                           "date(%)", "decimal(%)", "ip(%)", "cidr(%)", "timestamp(0).getHours(%)",
                           "date(timestamp(0), %)", "'a'.matches(% + '(')", "'%\u00e9'.format([1])"}) {
    std::string source = call;
    if (!source.starts_with("'%")) source.replace(source.find('%'), 1, "'" + text + "'");
    const auto out = cel_test::evaluate(source);
    INFO(source);
    CHECK_FALSE((out.error + out.refusal).empty());
    CHECK(socle::cel::is_utf8(out.error + out.refusal));
  }
}
