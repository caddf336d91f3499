// language_test.cpp: what the language means, by example: every row is an expression and its value.
#include <catch2/catch.hpp>
#include <string>

#include "socle/json/document.hpp"
#include "unit/cel/rows.hpp"

using cel_test::all_are;
using cel_test::all_fail;

TEST_CASE("cel: numbers of different kinds compare by value", "[cel]") {
  all_are({{"dyn(1) == 1.0", "true"},
           {"dyn(1u) == 1", "true"},
           {"dyn(9223372036854775807) < 9223372036854775808.0", "false"},
           {"dyn(9223372036854775807) < 9223372036854777857.0", "true"},
           {"string(0.00001) + string(1e21)", "\"1e-051e+21\""},
           {"dyn(18446744073709551615u) > 18446744073709549568.0", "true"},
           {"dyn(-1) < 0u", "true"},
           {"0.0/0.0 == 0.0/0.0", "false"},
           {"dyn(0.0/0.0) < 1", "false"},
           {"[1, 2.0, 3u] == [1.0, 2, 3]", "true"},
           {"{'a': 1} == {'a': dyn(1.0)}", "true"},
           {"dyn('1') == 1", "false"}});
}

TEST_CASE("cel: timestamps and durations keep CEL's ranges and texts", "[cel]") {
  all_are({{"string(timestamp('2009-02-13T23:31:30Z'))", "\"2009-02-13T23:31:30Z\""},
           {"string(timestamp('2009-02-13T23:31:30.5+01:00'))", "\"2009-02-13T22:31:30.5Z\""},
           {"string(timestamp('2023-10-01T03:00:00.021-08:00'))", "\"2023-10-01T11:00:00.021Z\""},
           {"string(duration('1h30m') + duration('1.5s'))", "\"5401.5s\""},
           {"string(duration('-2ms'))", "\"-0.002s\""},
           {"timestamp('2009-02-13T23:31:30Z').getFullYear('Australia/Sydney')", "2009"},
           {"timestamp('2009-02-13T23:31:20.123456789Z').getHours('02:00')", "1"},
           {"timestamp('2009-02-13T23:31:20.123456789Z').getMinutes('Asia/Kathmandu')", "16"},
           {"timestamp('2009-02-13T23:31:20.123456789Z').getDayOfMonth('America/St_Johns')", "12"},
           {"timestamp('2009-02-13T23:31:20.123456789Z').getMilliseconds()", "123"},
           {"timestamp('2030-07-01T12:00:00Z').getHours('Europe/Paris')", "14"},
           {"timestamp('2060-07-01T12:00:00Z').getHours('America/New_York')", "8"},
           {"timestamp('2060-01-01T12:00:00Z').getHours('America/New_York')", "7"},
           {"timestamp('2009-02-13T23:31:30Z') - timestamp('2009-02-13T23:31:00Z') == duration('30s')", "true"},
           {"duration('10000s').getHours()", "2"},
           {"duration('3730s').getMinutes()", "62"},
           {"timestamp(0) == timestamp('1970-01-01T00:00:00Z')", "true"},
           {"type(timestamp(0))", "google.protobuf.Timestamp"},
           {"type(duration('1s')) == google.protobuf.Duration", "true"}});
  all_fail({{"timestamp('0000-01-01T00:00:00Z')", "no timestamp"},
            {"timestamp('9999-12-31T23:59:59Z') + duration('10s')", "outside the years"},
            {"duration('320000000000s')", "no duration within 292 years"},
            {"timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')", "292 years"},
            {"timestamp('0001-01-01T00:00:00Z') - timestamp('9999-12-31T23:59:59Z')", "292 years"},
            {"timestamp(0).getHours('Mars/Olympus')", "unknown time zone"},
            {"timestamp(0).getHours('../etc/passwd')", "unknown time zone"}});
}

TEST_CASE("cel: strings count code points", "[cel]") {
  all_are({{"'tacocat'.charAt(3)", "\"o\""},
           {"'tacocat'.charAt(7)", "\"\""},
           {"'©αT'.charAt(1)", "\"α\""},
           {"'ta©o©αT'.indexOf('©αT')", "4"},
           {"'tacocat'.indexOf('', 3)", "3"},
           {"'tacocat'.lastIndexOf('at')", "5"},
           {"'ta©o©αT'.lastIndexOf('©', 3)", "2"},
           {"'tacocat'.substring(0, 4)", "\"taco\""},
           {"'ta©o©αT'.substring(2, 6)", "\"©o©α\""},
           {"'12 days 12 hours'.replace('{0}', '2')", "\"12 days 12 hours\""},
           {"'{0} days {0} hours'.replace('{0}', '2', 1)", "\"2 days {0} hours\""},
           {"'ab'.replace('', '-')", "\"-a-b-\""},
           {"'hello world'.split('')", "[\"h\", \"e\", \"l\", \"l\", \"o\", \" \", \"w\", \"o\", \"r\", \"l\", \"d\"]"},
           {"'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"},
           {"'a'.split(',', 0)", "[]"},
           {"['a', 'b'].join('-')", "\"a-b\""},
           {"' \\u2028text\\t '.trim()", "\"text\""},
           {"'TacoCÆt'.lowerAscii()", "\"tacocÆt\""},
           {"'gums'.reverse()", "\"smug\""},
           {"strings.quote('a\"b\\n')", "\"\\\"a\\\\\\\"b\\\\n\\\"\""},
           {"size('πέντε')", "5"}});
  all_fail({{"'tacocat'.charAt(30)", "out of range: 30"},
            {"'tacocat'.indexOf('a', -1)", "out of range: -1"},
            {"'tacocat'.indexOf('a', 30)", "out of range: 30"},
            {"'tacocat'.substring(40)", "out of range: 40"}});
}

TEST_CASE("cel: format shows values as the strings extension says", "[cel]") {
  all_are({{"'%s %s'.format(['a', 1])", "\"a 1\""},
           {"'%.3f'.format([1.2345])", "\"1.234\""},
           {"'%e'.format([1052.032911275])", "\"1.052033e+03\""},
           {"'%b %o %x %X'.format([5, 8, 255, 255])", "\"101 10 ff FF\""},
           {"'%b'.format([true])", "\"1\""},
           {"'%x'.format(['Hello'])", "\"48656c6c6f\""},
           {"'%d %s'.format([double('NaN'), -1.0/0.0])", "\"NaN -Infinity\""},
           {"'%s'.format([['a', 3.14, null, [9, 8], duration('2h')]])", "\"[a, 3.14, null, [9, 8], 7200s]\""},
           {"'%s'.format([{'k2': b'xyz', 'k1': true}])", "\"{k1: true, k2: xyz}\""},
           {"'%s'.format([type('')])", "\"string\""},
           {"'%% %d'.format([1])", "\"% 1\""}});
  all_fail({{"'%a'.format([1])", "unrecognized formatting clause"},
            {"'%d %d'.format([1])", "out of range"},
            {"'%d'.format(['x'])", "only be used on numbers"}});
}

TEST_CASE("cel: optionals chain and absorb what is missing", "[cel]") {
  all_are({{"{'a': {'b': 1}}.?a.b", "optional.of(1)"},
           {"{'a': {'b': 1}}.?x.b", "optional.none()"},
           {"{}.?c.orValue(7)", "7"},
           {"optional.of(1).or(optional.of(2)).value()", "1"},
           {"optional.none().orValue(1/0 == 0 ? 1 : 2) == 3 || true", "true"},
           {"optional.of(5).orValue(1/0)", "5"},
           {"[1, 2][?5].hasValue()", "false"},
           {"[1, 2][?1]", "optional.of(2)"},
           {"{?'a': optional.none(), 'b': 2}", "{\"b\": 2}"},
           {"[?optional.of(1), 2]", "[1, 2]"},
           {"optional.of(3).optMap(x, x * 2)", "optional.of(6)"},
           {"optional.of([1]).optFlatMap(x, x[?0])", "optional.of(1)"},
           {"optional.ofNonZeroValue('').hasValue()", "false"},
           {"has({'a': optional.of({'b': 1})}.a.b)", "true"},
           {"optional.unwrap([optional.of(1), optional.none()])", "[1]"},
           {"type(optional.none()) == optional_type", "true"}});
  all_fail({{"optional.none().value()", "has no value"}, {"[?1]", "optional_type"}});
}

TEST_CASE("cel: macros with two variables, bind and block", "[cel]") {
  all_are({{"[4, 5].all(i, v, v == i + 4)", "true"},
           {"{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"},
           {"[1, 2, 3].existsOne(i, v, v > 2)", "true"},
           {"[1, 2, 3].transformList(i, v, i > 0, v * i)", "[2, 6]"},
           {"{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v + 1)", "{\"b\": 3}"},
           {"['x', 'y'].transformMapEntry(i, v, {v: i})", "{\"x\": 0, \"y\": 1}"},
           {"cel.bind(a, 2, a + a)", "4"},
           {"cel.block([1, cel.index(0) + 1], cel.index(1) * 2)", "4"},
           {"[1, 2].map(cel.iterVar(0, 0), cel.iterVar(0, 0) + 1)", "[2, 3]"},
           {"[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"},
           {"[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"}});
  all_fail({{"['a', 'a'].transformMapEntry(i, v, {v: i})", "has the key \"a\" already"},
            {"[1].all(__result__, true)", "overwrites accumulator"},
            {"[1].map(a.b, 1)", "plain variable name"}});
}

TEST_CASE("cel: lists, sets, math, encoders, regex and network", "[cel]") {
  all_are({{"[3, 1, 2].sort()", "[1, 2, 3]"},
           {"lists.range(3)", "[0, 1, 2]"},
           {"[1, 2, 2, 1.0].distinct()", "[1, 2]"},
           {"[[1], [2, 3]].flatten()", "[1, 2, 3]"},
           {"dyn([1, [2, [3]]]).flatten(2)", "[1, 2, 3]"},
           {"[1, 2, 3, 4].slice(1, 3)", "[2, 3]"},
           {"[1, 2, 3].sum()", "6"},
           {"[1, 2].first().value()", "1"},
           {"[].last().hasValue()", "false"},
           {"sets.contains([1, 2, 3], [2, 1.0])", "true"},
           {"sets.equivalent([1, 1], [1])", "true"},
           {"sets.intersects([1], [2])", "false"},
           {"math.greatest(1, 2.5, 2u)", "2.5"},
           {"math.least([3, 1, 2])", "1"},
           {"math.sqrt(9)", "3.0"},
           {"base64.decode(base64.encode(b'a')) == b'a'", "true"},
           {"regex.extract('item-42', '(\\\\d+)').value()", "\"42\""},
           {"regex.extractAll('id:1, id:2', 'id:(\\\\d)')", "[\"1\", \"2\"]"},
           {"regex.replace('foo bar', 'o', '0', 1)", "\"f0o bar\""},
           {"regex.replace('hello', '(l+)', '<\\\\1>')", "\"he<ll>o\""},
           {"ip('192.168.0.1').family()", "4"},
           {"isIP('::1') && !isIP('1.2.3')", "true"},
           {"cidr('10.0.0.0/8').containsIP(ip('10.1.2.3'))", "true"},
           {"cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"},
           {"string(cidr('192.168.1.5/24').masked())", "\"192.168.1.0/24\""},
           {"ip.isCanonical('2001:DB8::1')", "false"},
           {"string(ip('2001:DB8::1'))", "\"2001:db8::1\""},
           {"ip('fe80::1').isLinkLocalUnicast()", "true"},
           {"string(ip('::ffff:a00:1'))", "\"10.0.0.1\""}});
  all_fail({{"'a'.matches('(')", "bad regular expression"},
            {"ip('1.2.3.4.5')", "no IP address"},
            {"ip('::ffff:10.0.0.1')", "no IP address"},
            {"cidr('::ffff:a00:1/104')", "no CIDR range"}});
}

TEST_CASE("cel: decimals are exact and dates are days", "[cel]") {
  all_are({{"string(decimal('0.1') + decimal('0.2'))", "\"0.3\""},
           {"decimal('1.10') == decimal('1.1')", "true"},
           {"string(decimal('10') / 3)", "\"3.3333333333333333\""},
           {"string(decimal('2.345').round(2))", "\"2.34\""},
           {"string(decimal('2.345').round(2, 'half_up'))", "\"2.35\""},
           {"string(decimal('19.99') * 3)", "\"59.97\""},
           {"decimal('5.00') > 4", "true"},
           {"dyn(decimal('5.00')) == 5", "true"},
           {"int(decimal('-1.9'))", "-1"},
           {"duration_days('2024-02-27', '2024-03-01')", "4"},
           {"days_between(date('2024-01-01'), date('2024-12-31'))", "365"},
           {"string(date('2024-01-31').addMonths(1))", "\"2024-02-29\""},
           {"string(date(timestamp('2024-03-01T23:30:00Z'), 'Europe/Paris'))", "\"2024-03-02\""},
           {"date('2024-02-29').getDayOfWeek()", "4"}});
  all_fail(
      {{"date('2023-02-29')", "no date"}, {"decimal('1e50')", "38 digits"}, {"decimal('1') / 0", "divide by zero"}});
}

TEST_CASE("cel: errors name place, path and expression", "[cel]") {
  socle::cel::Environment env;
  REQUIRE(env.declare_variable("record", *socle::cel::Type::parse("map(string, dyn)")));
  const auto ast = env.compile("1 == 1 &&\n  record.address.city == 'Paris'");
  const auto program = socle::cel::Program::compile(env, *ast);
  const auto document = socle::json::Document::parse(R"({"address":{}})");
  socle::cel::Activation activation(env);
  activation.set(env.variable("record")->slot, document->root());
  socle::cel::Arena arena;
  const auto value = program->evaluate(activation, arena);
  REQUIRE(value.is_error());
  CHECK(program->describe(value) ==
        "2:17: no such key: 'city' (reading record.address.city)\n |   record.address.city == 'Paris'\n | "
        "................^");
}

TEST_CASE("cel: what the grammar allows is parsed, whatever the checker thinks of it", "[cel]") {
  const socle::cel::Environment env;
  for (const auto* source : {"!-1", "!!-1.5", ".a.b{x: 1}", ".a{}", "a.b.c{x: 1,}", "M{?f: v}", "1 - -1"}) {
    INFO(source);
    CHECK(env.parse(source));
  }
  for (const auto* source : {"!-a", "!-true", "-!true", ".{}", "..a", "a.{}"}) {
    INFO(source);
    CHECK_FALSE(env.parse(source));
  }
}

TEST_CASE("cel: numbers mix only where the environment says so", "[cel]") {
  socle::cel::Options options;
  options.mixed_numbers = true;
  socle::cel::Environment mixed(options);
  REQUIRE(mixed.declare_variable("price", *socle::cel::Type::parse("double")));
  for (const auto& [source, value] : {std::pair{"1 + 1.5", "2.5"},
                                      {"2.5 * 2", "5.0"},
                                      {"3 / 2.0", "1.5"},
                                      {"true ? 1.5 : 0", "1.5"},
                                      {"(false ? 1.5 : 1) + 1", "2.0"},
                                      {"(false ? 1.5 : 1) / 2", "0.5"},
                                      {"[1, 2].map(x, x > 1 ? x : 0.5)", "[0.5, 2.0]"},
                                      {"1 == 1.0 && 2 in [2.0] && 1 < 1.5", "true"},
                                      {"7 / 2", "3"}}) {
    INFO(source);
    CHECK(cel_test::evaluate(mixed, source).text == value);
    CHECK(cel_test::evaluate(mixed, source, true, {}, false).text == value);
  }
  const auto type = mixed.compile("price > 2 ? price * 2 : 0");
  REQUIRE(type);
  CHECK(type->type().text() == "double");
  const socle::cel::Environment strict;
  CHECK(cel_test::evaluate(strict, "1 + 1.5").refusal.find("found no matching overload for '_+_'") !=
        std::string::npos);
  CHECK_FALSE(strict.compile("true ? 1.5 : 0"));
}

TEST_CASE("cel: decimals meet whole numbers of either kind, and doubles only beside them", "[cel]") {
  all_are({{"decimal('1.5') < 2u && 2u > decimal('1.5')", "true"},
           {"[decimal('1.5')].all(d, d < 2u && d <= 2 && d != dyn(1.5))", "true"},
           {"[decimal('2')].all(d, d in [2.0, 2] && d in [2, 2.0] && !(d in dyn([2.0, 3.0])))", "true"},
           {"[2.0].all(d, d in [decimal('2'), 2] && !(d in dyn([decimal('2'), decimal('3')])))", "true"}});
}
