// decimal_test.cpp: decimals among other numbers: with int and uint they work exactly, with double they are refused, by
// the checker where it knows the kinds.
#include <catch2/catch.hpp>
#include <string>

#include "unit/cel/rows.hpp"

using cel_test::all_are;
using cel_test::all_fail;

namespace {
const std::string mix = "a decimal and a double do not mix: convert one with decimal() or double()";
}

TEST_CASE("cel: math takes decimals, exactly", "[cel]") {
  all_are({{"math.greatest(decimal('1.5'))", "decimal(\"1.5\")"},
           {"math.greatest(decimal('1.5'), decimal('1.50000000000000000000000000000001'))",
            "decimal(\"1.50000000000000000000000000000001\")"},
           {"math.greatest(decimal('1.5'), 2)", "decimal(\"2\")"},
           {"math.least(decimal('1.5'), 2u)", "decimal(\"1.5\")"},
           {"math.least(9223372036854775807, decimal('9223372036854775807.5'))", "decimal(\"9223372036854775807\")"},
           {"math.greatest(1, decimal('0.5'), 18446744073709551615u)", "decimal(\"18446744073709551615\")"},
           {"math.least([decimal('19.99'), decimal('-0.10')])", "decimal(\"-0.10\")"},
           {"math.greatest([decimal('2'), decimal('2.0')])", "decimal(\"2\")"},
           {"math.least(2, decimal('2.0'))", "decimal(\"2\")"},
           {"math.abs(decimal('-1.50'))", "decimal(\"1.50\")"},
           {"math.sign(decimal('-0.01')) + math.sign(decimal('0.00')) + math.sign(decimal('7'))", "decimal(\"0\")"},
           {"math.greatest(dyn(decimal('1')), dyn(2)).scale()", "0"}});
  CHECK(socle::cel::Environment().compile("math.greatest(decimal('1'), 2)")->type().text() == "decimal");
  CHECK(socle::cel::Environment().compile("math.least([decimal('1')])")->type().text() == "decimal");
}

TEST_CASE("cel: a decimal beside a double is refused in plain words", "[cel]") {
  all_fail({{"math.greatest(decimal('1'), 1.5)", "'math.greatest' applied to '(decimal, double)'; " + mix},
            {"math.least(1, decimal('1'), 1.5)", "'math.least' applied to '(int, decimal, double)'; " + mix},
            {"math.least([decimal('1'), 1.5])", "'math.least' applied to '(decimal, double)'; " + mix},
            {"math.greatest(dyn([1, decimal('1'), 2, 1.5]))", mix},
            {"math.greatest(dyn([1.5, 1, decimal('1')]))", mix},
            {"decimal('1') + 1.5", mix},
            {"1.5 * decimal('1')", mix},
            {"decimal('1') < 1.5", mix},
            {"decimal('1') == 1.5", mix},
            {"decimal('1') in [1.5]", mix},
            {"dyn(decimal('1')) + 1.5", "no such overload: _+_ applied to (decimal, double)"},
            {"[decimal('1'), 1.5].sum()", mix},
            {"[1.5, decimal('1')].sum()", mix},
            {"math.ceil(decimal('1.5'))", "no matching overload for 'math.ceil' applied to '(decimal)'"}});
  CHECK(cel_test::evaluate("math.greatest('a', decimal('1'))").refusal.find(mix) == std::string::npos);
}

TEST_CASE("cel: decimals reckon with whole numbers of either kind", "[cel]") {
  all_are({{"decimal('1.5') + 2u == decimal('3.5') && 2u + decimal('1.5') == decimal('3.5')", "true"},
           {"2u - decimal('0.5')", "decimal(\"1.5\")"},
           {"decimal('0.1') * 18446744073709551615u", "decimal(\"1844674407370955161.5\")"},
           {"1u / decimal('8')", "decimal(\"0.125\")"},
           {"[decimal('1.5'), 2, 3u].sum()", "decimal(\"6.5\")"},
           {"[1, decimal('0.25'), 1].sum()", "decimal(\"2.25\")"},
           {"[decimal('2.50'), decimal('10'), decimal('-1')].sort().map(d, string(d))", "[\"-1\", \"2.50\", \"10\"]"},
           {"[decimal('1'), 1, 1u, decimal('1.00'), 2].distinct()", "[decimal(\"1\"), 2]"},
           {"[3, 1, 2].sortBy(i, decimal(i))", "[1, 2, 3]"}});
  all_fail({{"decimal('1') / 0u", "divide by zero"},
            {"[decimal('1'), 2].sort()", "same comparable type"},
            {"[1, 2u].sum()", "sum wants values of one kind"},
            {"[decimal('1'), duration('1s')].sum()", "sum wants values of one kind"}});
}

TEST_CASE("cel: the sum of nothing has the kind that was to be added", "[cel]") {
  all_are({{"[1.5].filter(x, x > 2.0).sum()", "0.0"},
           {"[1.5].filter(x, x > 2.0).sum() + 1.5", "1.5"},
           {"[2u].filter(x, false).sum()", "0u"},
           {"string([decimal('1')].filter(x, false).sum().round(2))", "\"0.00\""},
           {"[duration('1s')].filter(x, false).sum()", "duration(\"0s\")"},
           {"[7].filter(x, false).sum()", "0"},
           {"[].sum()", "0"},
           {"dyn([1.5]).filter(x, false).sum()", "0"},
           {"[1.5, 2.5].sum()", "4.0"}});
  const socle::cel::Environment env;
  CHECK(cel_test::evaluate(env, "[1.5].filter(x, false).sum()", true, {}, false).text == "0.0");
  CHECK(cel_test::evaluate(env, "[1.5].filter(x, false).sum()", false).text == "0");
}
