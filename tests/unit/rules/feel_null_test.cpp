// feel_null_test.cpp: what FEEL answers with null: literals and dates that the calendar has not, kinds that do not
// meet.
#include <catch2/catch.hpp>

#include "dmn_rig.hpp"

namespace {

using dmn_test::first_hit;
using dmn_test::output;
using Cells = std::vector<std::string>;

}  // namespace

TEST_CASE("feel: a literal that is no date, time or duration is null, and a cell with one matches nothing", "[rules]") {
  for (const auto* wrong : {"date(\"2020-02-30\")",
                            "@\"2020-02-30\"",
                            "date(\"2020-1-1\")",
                            "date(2020, 2, 30)",
                            "time(\"25:00:00\")",
                            "time(\"10:00\")",
                            "date and time(\"2020-02-30T10:00:00\")",
                            "date and time(\"2020-02-01T24:00:00\")",
                            "duration(\"bogus\")",
                            "duration(\"P1Y2D\")",
                            "date(\"2020-02-30\") + duration(\"P1D\")",
                            "date and time(date(\"2020-02-30\"), time(\"10:00:00\"))",
                            "date and time(\"2020-01-01\", time(\"25:00:00\"))",
                            "date(\"2020-13-01\")",
                            "date(\"2020-01-32\")",
                            "date(2020, 13, 1)",
                            "date(2020, 0, 1)",
                            "date(2020, 1, 32)",
                            "date(2021, 2, 29)",
                            "date(2020, -1, 1)",
                            "date(10000, 1, 1)",
                            "date(2020 + 1, 2, 29)",
                            "date(\"5\", 1, 1)",
                            "time(25, 0, 0)",
                            "time(24, 0, 0)",
                            "time(10, 60, 0)",
                            "time(10, 0, 60)",
                            "time(10, 0, -1)",
                            "time(24 + 1, 0, 0)",
                            "time(\"10:60:00\")",
                            "time(\"10:00:00+14:01\")",
                            "time(10, 0, 0, duration(\"PT15H\"))",
                            "time(25, 0, 0, duration(\"PT1H\"))",
                            "date and time(\"2020-01-01T25:00:00\")",
                            "date and time(\"2020-01-01T10:00:00-15:00\")",
                            "date and time(date(2020, 2, 30), time(10, 0, 0))",
                            "date and time(date(2020, 1, 1), time(25, 0, 0))",
                            "duration(\"P1D2H\")",
                            "duration(\"PT\")",
                            "duration(\"P1M1Y\")",
                            "duration(\"1D\")"}) {
    INFO(wrong);
    const std::string literal(wrong);
    CHECK(output(literal) == "null");
    CHECK(output("if x = " + literal + " then 1 else 2") == "2");
    const Cells cells{literal, "< " + literal, "not(" + literal + ")", "[" + literal + "..date(\"2030-01-01\")]",
                      "not(> " + literal + ")"};
    for (const auto* x : {R"("2020-02-30")", R"("2020-03-01")", "null"}) CHECK(first_hit("date", cells, x) == "null");
  }
  const Cells among{R"(date("2020-02-30"), date("2020-03-01"))", R"([date("2020-02-30"), date("2020-03-02")])", "null"};
  CHECK(first_hit("date", among, R"("2020-03-01")") == "1");
  CHECK(first_hit("date", among, R"("2020-03-02")") == "2");
  CHECK(first_hit("date", among, "null") == "3");
  CHECK(output("time(\"23:59:00z\")") == "\"23:59:00z\"");
  CHECK(output("date(\"2020-02-29\")") == "\"2020-02-29\"");
  CHECK(output("date(2020, 2, 29)") == "\"2020-02-29\"");
  CHECK(output("time(9, 5, 0)") == "\"09:05:00\"");
  CHECK(output("time(\"10:00:00+14:00\") = time(10, 0, 0, duration(\"PT14H\"))") == "true");
  CHECK(output("time(10, 0, 0, null) = time(\"10:00:00\")") == "true");
  CHECK(output("time(10, 0, 0.5) = time(\"10:00:00.5\")") == "true");
}

TEST_CASE("feel: a date or time made of the record's numbers is null where the calendar has none", "[rules]") {
  const socle::rules::dmn::Names names{
      {"y", "number"}, {"m", "number"}, {"d", "number"}, {"n", "days and time duration"}};
  const auto value = [&](const std::string& expression, const std::string& numbers) {
    return output(expression, "{" + numbers + "}", names);
  };
  CHECK(value("date(y, m, d)", R"("y":2024,"m":2,"d":29)") == "\"2024-02-29\"");
  CHECK(value("date(y, m, d)", R"("y":9999,"m":12,"d":31)") == "\"9999-12-31\"");
  for (const auto* numbers : {R"("y":2023,"m":2,"d":29)", R"("y":2023,"m":13,"d":1)", R"("y":2023,"m":0,"d":1)",
                              R"("y":2023,"m":4,"d":31)", R"("y":2023,"m":1,"d":0)", R"("y":0,"m":1,"d":1)",
                              R"("y":10000,"m":1,"d":1)", R"("y":2023,"m":1,"d":"1")", R"("y":2023,"m":1)"}) {
    INFO(numbers);
    CHECK(value("date(y, m, d)", numbers) == "null");
    CHECK(value("if date(y, m, d) < date(\"2030-01-01\") then 1 else 2", numbers) == "2");
    CHECK(value("if not(date(y, m, d) < date(\"2030-01-01\")) then 1 else 2", numbers) == "2");
  }
  CHECK(value("time(y, m, d) < time(\"12:00:00\")", R"("y":11,"m":59,"d":59.5)") == "true");
  for (const auto* numbers : {R"("y":24,"m":0,"d":0)", R"("y":25,"m":0,"d":0)", R"("y":10,"m":60,"d":0)",
                              R"("y":10,"m":0,"d":60)", R"("y":-1,"m":0,"d":0)", R"("y":null,"m":0,"d":0)"}) {
    INFO(numbers);
    CHECK(value("time(y, m, d) < time(\"12:00:00\")", numbers) == "null");
    CHECK(value("date and time(date(\"2024-01-01\"), time(y, m, d))", numbers) == "null");
  }
  const std::string ten = R"("y":10,"m":0,"d":0)";
  CHECK(value("time(y, m, d, n) = time(\"08:00:00\")", ten + R"(,"n":"PT2H")") == "true");
  CHECK(value("time(y, m, d, n) = time(\"10:00:00\")", ten) == "true");
  CHECK(value("time(y, m, d, n) < time(\"12:00:00\")", ten + R"(,"n":"PT15H")") == "null");
  CHECK(first_hit("time", {"> time(25, 0, 0)", "< time(25, 0, 0)", "-"}, R"("10:00:00")") == "3");
}

TEST_CASE("feel: values of different kinds are neither equal nor different nor in order, but null", "[rules]") {
  const auto value = [](const std::string& expression, const std::string& y) {
    return output(expression, "{\"y\":" + y + "}", {"y"});
  };
  CHECK(value("\"5\" = y", "5") == "null");
  CHECK(value("\"5\" != y", "5") == "null");
  CHECK(value("\"5\" = y", "\"5\"") == "true");
  CHECK(value("\"5\" = y", "null") == "false");
  CHECK(value("\"5\" != y", "null") == "true");
  CHECK(value("null = y", "null") == "true");
  CHECK(value("5 = y", "5.0") == "true");
  CHECK(value("[1, 2] = y", "[1,2]") == "true");
  CHECK(value("y < 5", "\"a\"") == "null");
  CHECK(value("y < 5", "null") == "null");
  CHECK(value("y < 5", "4") == "true");
  CHECK(value("y < \"b\"", "\"a\"") == "true");
  CHECK(value("not(\"5\" = y)", "5") == "null");
  CHECK(value("not(\"5\" = y)", "\"6\"") == "true");
  CHECK(value("\"5\" = y and true", "5") == "null");
  CHECK(value("\"5\" = y and false", "5") == "false");
  CHECK(value("\"5\" = y or true", "5") == "true");
  CHECK(value("true and \"5\" = y", "5") == "null");
  CHECK(value("if \"5\" = y then 1 else 2", "5") == "2");
  CHECK(value("if not(\"5\" = y) then 1 else 2", "5") == "2");
  CHECK(output("d < date(\"2024-01-01\")", "{}", {{"d", "date"}}) == "null");
  CHECK(output("d = date(\"2024-01-01\")", "{}", {{"d", "date"}}) == "false");
  for (const auto* constant : {"\"a\" < 5", "\"5\" = 5", "1 - \"a\"", "null > 1", "number(\"a\")"}) {
    INFO(constant);
    CHECK(output(constant) == "null");
  }
  for (const auto* cell : {"? = \"5\"", "? != \"5\"", "not(? = \"5\")", "\"5\"", "> \"5\""}) {
    INFO(cell);
    CHECK(first_hit("", {cell}, "5") == "null");
  }
}
