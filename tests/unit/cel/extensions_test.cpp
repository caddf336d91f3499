// extensions_test.cpp: the edges of the extensions as their published definitions have them (cel-go's ext, Kubernetes'
// network library): what is easily another way.
#include <catch2/catch.hpp>
#include <string>

#include "unit/cel/rows.hpp"

using cel_test::all_are;
using cel_test::all_fail;

TEST_CASE("cel: regex takes no match of nothing where another has just ended", "[cel]") {
  all_are({{"regex.replace('baaac', 'a*', 'x')", "\"xbxcx\""},
           {"regex.extractAll('baaac', 'a*')", "[\"\", \"aaa\", \"\"]"},
           {"regex.replace('abc', 'x*', '-')", "\"-a-b-c-\""},
           {"regex.replace('\u00e9\u00e9', '', '-')", "\"-\u00e9-\u00e9-\""},
           {"regex.replace('baaac', 'a*', 'x', 2)", "\"xbxc\""},
           {R"(regex.replace('a-b', r'\b', '|'))", "\"|a|-|b|\""},
           {"regex.replace('abc', '^', 'start_') + regex.replace('abc', '$', '_end')", "\"start_abcabc_end\""},
           {"regex.replace('', 'a*', 'x')", "\"x\""}});
}

TEST_CASE("cel: regex leaves out a group that caught nothing", "[cel]") {
  all_are({{"regex.extractAll('val=a, val=, val=c', 'val=([^,]*)')", "[\"a\", \"c\"]"},
           {"regex.extractAll('key=, key=', 'key=([^,]*)')", "[]"},
           {R"(regex.extractAll('a b c', r'(\S*)\s*'))", "[\"a\", \"b\", \"c\"]"},
           {"regex.extract('brand', 'brand(.*)')", "optional.none()"},
           {"regex.extract('ac', 'a(b)?c')", "optional.none()"},
           {"regex.extract('brand', 'x*')", "optional.of(\"\")"},
           {R"(regex.replace('ac', 'a(b)?c', r'[\1]'))", "\"[]\""}});
  all_fail({{"regex.extract('ab', '(a)(b)')", "more than one capturing group"},
            {"regex.extractAll('ab', '(a)(b)')", "more than one capturing group"},
            {R"(regex.replace('test', '(.)', r'\2'))", "bad replacement"},
            {R"(regex.replace('id', 'id', r'value: \values'))", "bad replacement"}});
}

TEST_CASE("cel: no pattern cuts characters into bytes", "[cel]") {
  all_fail({{R"(regex.extract('é', r'\C'))", R"(\C would cut characters)"},
            {R"(regex.replace('é', r'(a|\\\C)', 'x'))", R"(\C would cut characters)"},
            {R"('é'.matches(r'\Qa\E\C'))", R"(\C would cut characters)"},
            {R"(dyn('é').matches(dyn(r'\C')))", R"(\C would cut characters)"}});
  all_are({{R"('\\C'.matches(r'^\\C$'))", "true"},
           {R"('\\C'.matches(r'^\Q\C\E$'))", "true"},
           {R"('a'.matches(r'^\PC$') && !'a'.matches(r'\pC') && 'C'.matches('C'))", "true"}});
}

TEST_CASE("cel: NaN has no place among the greatest and the least", "[cel]") {
  all_fail({{"math.greatest(double('NaN'), 1.0)", "NaN is neither"},
            {"math.greatest(1, double('NaN'))", "NaN is neither"},
            {"math.least([1.0, 2.0, double('NaN')])", "NaN is neither"},
            {"math.least(double('NaN'), 1, 2u)", "NaN is neither"},
            {"math.greatest(dyn('a'))", "no such overload: math.greatest applied to (string)"}});
  all_are({{"math.greatest(double('NaN'))", "double(\"NaN\")"},
           {"math.greatest(1, 1.0)", "1"},
           {"math.least(1.0, 1)", "1.0"},
           {"math.greatest(-0.0, double('-inf'), 2u)", "2u"}});
}

TEST_CASE("cel: a network address may end in a dotted one", "[cel]") {
  all_are({{"ip('64:ff9b::192.0.2.33') == ip('64:ff9b::c000:221')", "true"},
           {"string(ip('64:ff9b::192.0.2.33')) + ' ' + string(ip('64:ff9b::192.0.2.33').family())",
            "\"64:ff9b::c000:221 6\""},
           {"ip('::1.2.3.4') == ip('::102:304')", "true"},
           {"string(ip('::1.2.3.4')) + ' ' + string(ip('::1:0'))", "\"::102:304 ::1:0\""},
           {"ip.isCanonical('::1:0') && ip.isCanonical('::ffff') && ip.isCanonical('::1')", "true"},
           {"cidr('64:ff9b::/96').containsIP('64:ff9b::192.0.2.33')", "true"},
           {"isIP('1:2:3:4:5:6:1.2.3.4') && !isIP('1:2:3:4:5:6:7:1.2.3.4') && !isIP('::1.2.3.04')", "true"}});
  all_fail({{"ip('::ffff:1.2.3.4')", "no IP address"},
            {"ip('0:0:0:0:0:FFFF:1.2.3.4')", "no IP address"},
            {"cidr('::ffff:1.2.3.4/120')", "no CIDR range"},
            {"ip('fe80::1%eth0')", "no IP address"},
            {"ip('01.2.3.4')", "no IP address"}});
}

TEST_CASE("cel: a range is a mask when nothing stands behind its prefix", "[cel]") {
  all_are({{"cidr('10.0.0.0/8').isMask() && cidr('2001:db8::/32').isMask() && cidr('0.0.0.0/0').isMask()", "true"},
           {"cidr('10.0.0.1/8').isMask() || cidr('2001:db8::1/32').isMask() || cidr('1.2.3.4/31').masked() != "
            "cidr('1.2.3.4/31')",
            "false"},
           {"cidr('10.0.0.1/32').isMask()", "true"},
           {"cidr('192.168.1.5/24').ip() == ip('192.168.1.5')", "true"},
           {"cidr('10.0.0.0/8').containsCIDR(cidr('0.0.0.0/4'))", "false"},
           {"cidr('::/0').containsIP('1.2.3.4')", "false"}});
}
