// format_test.cpp: string.format() by the letter of cel-spec's strings extension, and what it does with our decimals.
#include <catch2/catch.hpp>
#include <string>

#include "unit/cel/rows.hpp"

using cel_test::all_are;
using cel_test::all_fail;

TEST_CASE("cel: format makes text of bytes, whatever they are", "[cel]") {
  all_are({{R"('%s'.format([b'\xff']))", "\"\uFFFD\""},
           {R"('%s'.format([b'\xff\xfeabc\xff']))", "\"\uFFFDabc\uFFFD\""},
           {R"('%s'.format([b'a\xe2\x82b\xc3\xa9\x80']))", "\"a\uFFFDb\u00e9\uFFFD\""},
           {R"('%s'.format([b'\xed\xa0\x80\xf0\x9f\x90\xb1']))", "\"\uFFFD\U0001F431\""},
           {R"('%s'.format([[b'\xff', {'k': b'\xc0'}]]))", "\"[\uFFFD, {k: \uFFFD}]\""},
           {R"('%s|%x|%X'.format([b'', b'\xff\x00', 'é']))", "\"|ff00|C3A9\""},
           {R"('%s'.format([b'\xff']).size())", "1"}});
  all_fail({{R"(string(b'\xff'))", "not valid UTF-8"}});
}

TEST_CASE("cel: format writes doubles out in base 10", "[cel]") {
  all_are({{"'%s %s %s'.format([1.5, 2.0, -0.0])", "\"1.5 2 -0\""},
           {"'%s'.format([1e-5])", "\"0.00001\""},
           {"'%s'.format([-1.25e-7])", "\"-0.000000125\""},
           {"'%s'.format([1e21])", "\"1000000000000000000000\""},
           {"'%s'.format([1.7976931348623157e308])", "\"17976931348623157" + std::string(292, '0') + "\""},
           {"'%s'.format([5e-324])", "\"0." + std::string(323, '0') + "5\""},
           {"'%s'.format([[123456.789, {1: 0.1}]])", "\"[123456.789, {1: 0.1}]\""},
           {"'%d %d %d'.format([3.14, -7, 7u])", "\"3.14 -7 7\""},
           {"'%d %s'.format([double('NaN'), double('-inf')])", "\"NaN -Infinity\""},
           {"'%f %f %.1f %.0f'.format([1, 1u, 3.14, 2.5])", "\"1.000000 1.000000 3.1 2\""},
           {"'%e %.1e'.format([1u, -3.14])", "\"1.000000e+00 -3.1e+00\""},
           {"'%.3f %.3f'.format([123.4999, 123.4994])", "\"123.500 123.499\""},
           {"'%x %X %o %b %b'.format([-255, 255u, -8, -5, false])", "\"-ff FF -10 -101 0\""}});
  all_fail({{"'%d'.format([true])", "only be used on numbers, was given bool"},
            {"'%f'.format(['1'])", "only be used on numbers, was given string"},
            {"'%x'.format([1.5])", "was given double"},
            {"'%o'.format([true])", "was given bool"},
            {"'%s'.format([optional.of(1)])", "cannot show"},
            {"'%.f'.format([1.5])", "bad precision"},
            {"'%.101f'.format([1.5])", "bad precision"},
            {"'%'.format([1])", "without its letter"},
            {"'%s %s'.format([1])", "index 1 out of range"}});
}

TEST_CASE("cel: format shows a decimal's own digits", "[cel]") {
  all_are(
      {{"'%s %d'.format([decimal('19.90'), decimal('-0.10')])", "\"19.90 -0.10\""},
       {"'%.2f %.1f %.0f'.format([decimal('2'), decimal('2.25'), decimal('2.5')])", "\"2.00 2.2 2\""},
       {"'%f'.format([decimal('99999999999999999999999999999999.25')])", "\"99999999999999999999999999999999.250000\""},
       {"'%.40f'.format([decimal('0.1')])", "\"0.1" + std::string(39, '0') + "\""}});
  all_fail({{"'%e'.format([decimal('1')])", "was given decimal"}});
}
