// feel_test.cpp: cells and expressions of FEEL as they decide: what lets which value of the input through.
#include <catch2/catch.hpp>

#include "dmn_rig.hpp"

namespace {

using dmn_test::first_hit;
using dmn_test::output;
using dmn_test::Sheet;
using Cells = std::vector<std::string>;

}  // namespace

TEST_CASE("feel: cells of dates meet the texts of a record", "[rules]") {
  const Cells cells{"null", "< date(\"2024-01-01\")", "[date(\"2024-01-01\")..@\"2024-12-31\"]",
                    "@\"2025-06-01\", date(\"2025-07-01\")", "not(<= date(\"2030-01-01\"))"};
  CHECK(first_hit("date", cells, "null") == "1");
  CHECK(first_hit("date", cells, R"("2023-05-05")") == "2");
  CHECK(first_hit("date", cells, R"("2024-12-31")") == "3");
  CHECK(first_hit("date", cells, R"("2025-07-01")") == "4");
  CHECK(first_hit("date", cells, R"("2030-01-02")") == "5");
  CHECK(first_hit("date", cells, R"("2026-01-01")") == "null");
  CHECK(first_hit("date", cells, R"("soon")") == "null");
  CHECK(first_hit("date", cells, "20240101") == "null");
  CHECK(first_hit("feel:date", cells, R"("2023-05-05")") == "2");
}

TEST_CASE("feel: dates with a time are read with an offset, in UTC without one", "[rules]") {
  const Cells cells{"date and time(\"2024-01-01T10:00:00\")", "< @\"2024-01-01T00:00:00\"",
                    ">= date and time(\"2025-01-01T00:00:00+01:00\")"};
  CHECK(first_hit("date and time", cells, R"("2024-01-01T10:00:00")") == "1");
  CHECK(first_hit("date and time", cells, R"("2024-01-01T11:00:00+01:00")") == "1");
  CHECK(first_hit("date and time", cells, R"("2023-12-31")") == "2");
  CHECK(first_hit("dateTime", cells, R"("2024-12-31T23:00:00Z")") == "3");
  CHECK(first_hit("date and time", cells, R"("2024-12-31T22:59:59.999Z")") == "null");
}

TEST_CASE("feel: times of day meet the texts of a record", "[rules]") {
  const Cells cells{"time(\"10:00:00\")", "< time(\"08:00:00\")", "[@\"12:00:00\"..time(13, 0, 0)["};
  CHECK(first_hit("time", cells, R"("10:00:00")") == "1");
  CHECK(first_hit("time", cells, R"("11:00:00+01:00")") == "1");
  CHECK(first_hit("time", cells, R"("07:59:59.5")") == "2");
  CHECK(first_hit("time", cells, R"("12:59:59Z")") == "3");
  CHECK(first_hit("time", cells, R"("13:00:00")") == "null");
}

TEST_CASE("feel: durations are compared by their length, not by their text", "[rules]") {
  const Cells cells{"duration(\"P1D\")", "< @\"PT12H\"", "[duration(\"P2D\")..duration(\"P5D\")[",
                    ">= duration(\"P5D\")"};
  for (const auto* type : {"days and time duration", "dayTimeDuration", ""}) {
    INFO(type);
    CHECK(first_hit(type, cells, R"("PT24H")") == "1");
    CHECK(first_hit(type, cells, R"("PT1H30M0.5S")") == "2");
    CHECK(first_hit(type, cells, R"("-P1D")") == "2");
    CHECK(first_hit(type, cells, R"("P2DT1M")") == "3");
    CHECK(first_hit(type, cells, R"("P5D")") == "4");
    CHECK(first_hit(type, cells, R"("PT13H")") == "null");
    for (const auto* wrong : {R"("P")", R"("PT")", R"("P1DT")", R"("P1Y")", R"("1D")", "5", "null"})
      CHECK(first_hit(type, cells, wrong) == "null");
  }
}

TEST_CASE("feel: durations of years and months are compared by their months", "[rules]") {
  const Cells cells{"duration(\"P1Y\")", "< duration(\"P6M\")", ">= duration(\"P1Y6M\")"};
  for (const auto* type : {"years and months duration", "yearMonthDuration", ""}) {
    INFO(type);
    CHECK(first_hit(type, cells, R"("P12M")") == "1");
    CHECK(first_hit(type, cells, R"("P5M")") == "2");
    CHECK(first_hit(type, cells, R"("-P1Y")") == "2");
    CHECK(first_hit(type, cells, R"("P18M")") == "3");
    CHECK(first_hit(type, cells, R"("P11M")") == "null");
    for (const auto* wrong : {R"("P")", R"("P1D")", R"("P1M1Y")", "12", "null"})
      CHECK(first_hit(type, cells, wrong) == "null");
  }
}

TEST_CASE("feel: a moment is compared with another of the record", "[rules]") {
  Sheet sheet("FIRST", "date");
  sheet.table.variables.emplace_back("Start", "date");
  sheet.table.variables.emplace_back("Notice", "days and time duration");
  sheet.row("< Start", "1").row("[Start..Start + Notice]", "2").row("? > Start + duration(\"P1Y\")", "3");
  const auto at = [&](const std::string& x) {
    return sheet(R"({"Start":"2024-02-28","Notice":"P2D","x":")" + x + "\"}");
  };
  CHECK(at("2024-02-27") == "1");
  CHECK(at("2024-03-01") == "2");
  CHECK(at("2024-03-02") == "null");
  CHECK(at("2025-03-01") == "3");
}

TEST_CASE("feel: numbers, texts and booleans in cells", "[rules]") {
  const Cells numbers{"-5", "]-1..0.5[", "1.5, 2.5, [10..20[", "1e3", "not(null)", "-"};
  CHECK(first_hit("number", numbers, "-5") == "1");
  CHECK(first_hit("number", numbers, "0") == "2");
  CHECK(first_hit("number", numbers, "0.5") == "5");
  CHECK(first_hit("number", numbers, "2.5") == "3");
  CHECK(first_hit("number", numbers, "10") == "3");
  CHECK(first_hit("number", numbers, "20") == "5");
  CHECK(first_hit("number", numbers, "1000") == "4");
  CHECK(first_hit("number", numbers, "null") == "6");
  const Cells texts{R"("a \"b\"\\\n")", R"("\u00e9", "z")", R"(not("m", "n"))", R"(["m", "o"])", R"(> "a")", "null"};
  CHECK(first_hit("string", texts, R"("a \"b\"\\\n")") == "1");
  CHECK(first_hit("string", texts, R"("é")") == "2");
  CHECK(first_hit("string", texts, R"("m")") == "4");
  CHECK(first_hit("string", texts, R"("n")") == "5");
  CHECK(first_hit("string", texts, "null") == "3");
  CHECK(first_hit("boolean", {"true", "not(true)"}, "true") == "1");
  CHECK(first_hit("boolean", {"true", "not(true)"}, "false") == "2");
  CHECK(first_hit("boolean", {"false", "null"}, "null") == "2");
}

TEST_CASE("feel: what has no order passes neither a comparison nor its negation", "[rules]") {
  for (const auto* cell : {"> 5", "not(> 5)", "not([1..5])", "not(> 5, 3)", "not(> Limit)"}) {
    INFO(cell);
    Sheet sheet("FIRST", "number");
    sheet.table.variables.emplace_back("Limit", "number");
    CHECK(sheet.row(cell, "1")(R"({"x":null,"Limit":5})") == "null");
  }
  CHECK(first_hit("number", {"not([1..5[)"}, "5") == "1");
  CHECK(first_hit("number", {"not([1..5[)"}, "1") == "null");
  CHECK(first_hit("number", {"not(< 1, 3)"}, "2") == "1");
  CHECK(first_hit("number", {"not(< 1, 3)"}, "3") == "null");
}

TEST_CASE("feel: a cell that is an expression equals, holds or is true of the value", "[rules]") {
  Sheet sheet("FIRST", "");
  sheet.table.variables = {"x", "Home", "Allowed", "Open"};
  sheet.row("Home", "1").row("Allowed", "2").row("Open", "3").row("string length(?) > 5", "4");
  const auto at = [&](const std::string& x) {
    return sheet(R"({"Home":"de","Allowed":["fr",7],"Open":false,"x":)" + x + "}");
  };
  CHECK(at(R"("de")") == "1");
  CHECK(at(R"("fr")") == "2");
  CHECK(at("7") == "2");
  CHECK(at("false") == "3");
  CHECK(at(R"("ééééé")") == "null");
  CHECK(at(R"("Germany")") == "4");
  CHECK(sheet(R"({"Open":true,"x":1})") == "3");
}

TEST_CASE("feel: decimals of the record and of a product meet as numbers", "[rules]") {
  Sheet sheet("FIRST", "number");
  sheet.table.variables.emplace_back("Limit", "number");
  sheet.row("= Limit * 3, 9.9", "1").row("> Limit * 2", "2");
  CHECK(sheet(R"({"x":0.3,"Limit":0.1})") == "1");
  CHECK(sheet(R"({"x":9.9,"Limit":0.1})") == "1");
  CHECK(sheet(R"({"x":0.25,"Limit":0.1})") == "2");
  CHECK(sheet(R"({"x":0.2,"Limit":0.1})") == "null");
}

TEST_CASE("feel: functions found in tables", "[rules]") {
  const Cells cells{R"(contains(?, "ob"))",      R"(starts with(?, "f"))",      R"(ends with(?, "r"))",
                    R"(matches(?, "^[0-9]+$"))", R"(substring(?, 2, 1) = "x")", R"(lower case(?) = "yes")"};
  CHECK(first_hit("string", cells, R"("bobby")") == "1");
  CHECK(first_hit("string", cells, R"("fish")") == "2");
  CHECK(first_hit("string", cells, R"("bar")") == "3");
  CHECK(first_hit("string", cells, R"("42")") == "4");
  CHECK(first_hit("string", cells, R"("éxy")") == "5");
  CHECK(first_hit("string", cells, R"("YES")") == "6");
  CHECK(first_hit("string", cells, "null") == "null");
  CHECK(output(R"(substring("foobar", -2))") == "\"ar\"");
  CHECK(output(R"(substring before("foobar", "bar") + substring after("foobar", "foo"))") == "\"foobar\"");
  CHECK(output("modulo(-12, 5)") == "3");
  CHECK(output("decimal(2.5, 0) + decimal(1.5, 0)") == "4");
  CHECK(output("if odd(x) and not(even(x)) then max(1, x) else min([1, x])") == "5");
  CHECK(output("x in (1, 2) or x between 5 and 6") == "true");
  CHECK(output("x in (< 3, > 7)") == "false");
  CHECK(output("x in [1..5[ or x in [5, 6] and true") == "true");
  CHECK(output("-2 ** 2 + 10 / 4 - .5") == "6");
}

TEST_CASE("feel: dates are computed with, and their parts are read", "[rules]") {
  const socle::rules::dmn::Names names{{"d", "date"}, {"t", "date and time"}, {"n", "days and time duration"}, "free"};
  const auto given = R"({"d":"2024-01-31","t":"2024-01-31T10:30:00","n":"P1DT2H","free":"2024-01-31"})";
  const auto value = [&](const std::string& expression) { return output(expression, given, names); };
  CHECK(value("d + duration(\"P1M\")") == "\"2024-02-29\"");
  CHECK(value("d - duration(\"P1D\")") == "\"2024-01-30\"");
  CHECK(value("t + n") == "\"2024-02-01T12:30:00Z\"");
  CHECK(value("t - duration(\"P1Y\")") == "\"2023-01-31T10:30:00Z\"");
  CHECK(value("d - date(\"2024-01-01\") = duration(\"P30D\")") == "true");
  CHECK(value("years and months duration(date(\"2020-03-01\"), d) = duration(\"P3Y10M\")") == "true");
  CHECK(value("d.year * 10000 + d.month * 100 + d.day") == "20240131");
  CHECK(value("d.weekday * 100 + t.hour") == "310");
  CHECK(value("n.days * 100 + n.hours") == "102");
  CHECK(value("date(free) = date(t)") == "true");
  CHECK(value("date and time(d, time(\"10:30:00\")) = t") == "true");
  CHECK(value("date(2024, 1, 31) = d") == "true");
  CHECK(value("free + n").find("import_unsupported") != std::string::npos);
}

TEST_CASE("feel: what a table gives of a moment is its ISO text", "[rules]") {
  CHECK(output("date(\"2024-01-01\")") == "\"2024-01-01\"");
  CHECK(output("date and time(\"2024-01-01T10:00:00\")") == "\"2024-01-01T10:00:00\"");
  CHECK(output("@\"10:00:00\"") == "\"10:00:00\"");
  CHECK(output("duration(\"PT26H\")") == "\"P1DT2H\"");
  CHECK(output("duration(\"P14M\")") == "\"P1Y2M\"");
  CHECK(output("if x > 1 then duration(\"P1D\") else null") == "\"P1D\"");
  CHECK(output("[duration(\"P1D\"), 2]") == R"(["P1D",2])");
  CHECK(output("x", R"({"x":"PT26H"})", {{"x", "days and time duration"}}) == "\"PT26H\"");
  CHECK(output("x + x", R"({"x":"PT26H"})", {{"x", "days and time duration"}}) ==
        "error import_unsupported /line 1: a days and time duration that is computed cannot be given; only compared\n");
}

TEST_CASE("feel: names hold blanks, and the longest one that is there counts", "[rules]") {
  using socle::rules::dmn::Name;
  const socle::rules::dmn::Names names{
      "Score",
      "Score - Base",
      {"Applicant Data", "", {"Marital", "Marital Status", {"Home Address", "", {{"Moved In", "date"}}}}}};
  const auto given = R"({"Score":1,"Score - Base":2,"Applicant Data":{"Marital":"no","Marital Status":"S",
                         "Home Address":{"Moved In":"2020-05-01","Post Code":"1010"}}})";
  const auto value = [&](const std::string& expression) { return output(expression, given, names); };
  CHECK(value("Score - Base") == "2");
  CHECK(value("Score   -\n Base") == "2");
  CHECK(value("Score - 1") == "0");
  CHECK(value("Applicant Data.Marital Status = \"S\"") == "true");
  CHECK(value("Applicant  Data.Marital") == "\"no\"");
  CHECK(value("Applicant Data.Home Address.Moved In.year") == "2020");
  CHECK(value("Applicant Data.Home Address.Post Code = \"1010\" and true") == "true");
  CHECK(value("Applicant.Age") ==
        "error import_unsupported /line 1: 'Applicant' is no input of the table and no function that can be "
        "translated\n");
}

TEST_CASE("feel: what does not belong together is refused, not left to never match", "[rules]") {
  const auto refusal = [](const std::string& type, const std::string& cell) {
    Sheet sheet("FIRST", type);
    sheet.row(cell, "1");
    CHECK(sheet.imported().empty());
    return dmn_test::told(sheet.diagnostics);
  };
  CHECK(refusal("date", "> 5") == "error import_unsupported /line 1: a number stands where a date is wanted\n");
  CHECK(refusal("date", "\"2024-01-01\"") ==
        "error import_unsupported /line 1: a string stands where a date is wanted\n");
  CHECK(refusal("number", "date(\"2024-01-01\")") ==
        "error import_unsupported /line 1: a date stands in a column of type number\n");
  CHECK(refusal("", "? > duration(\"P1D\") * 2") ==
        "error import_unsupported /line 1: a days and time duration is multiplied, divided or raised to a power; that "
        "has no translation\n");
  CHECK(refusal("string", "contains(string: ?, match: \"a\")") ==
        "error import_unsupported /line 1: arguments by name have no translation; write those of contains() in their "
        "order\n");
  CHECK(refusal("string", "some y in x satisfies y = 1").find("'some' is no input") != std::string::npos);
}

TEST_CASE("feel: a constant condition passes everything or nothing, whatever the column holds", "[rules]") {
  for (const auto* type : {"string", "number", "date", ""}) {
    INFO(type);
    for (const auto* x : {R"("2024-01-01")", "5", "null"}) {
      CHECK(first_hit(type, {"count([\"a\"]) = 1"}, x) == "1");
      CHECK(first_hit(type, {"count([\"a\"]) = 2"}, x) == "null");
      CHECK(first_hit(type, {"not(1 = 1)", "not(1 = 2)"}, x) == "2");
      CHECK(first_hit(type, {"\"a\" < 5", "not(\"a\" < 5)"}, x) == "null");
    }
  }
  CHECK(first_hit("string", {R"(1 = 2, "b")", R"(1 = 1, "b")"}, "\"b\"") == "1");
  CHECK(first_hit("string", {R"(1 = 2, "b")", R"(1 = 1, "b")"}, "\"c\"") == "2");
  CHECK(first_hit("boolean", {"true", "false"}, "false") == "2");
  CHECK(first_hit("boolean", {"1 = 1"}, "true") == "1");
}

TEST_CASE("feel: nesting has an end", "[rules]") {
  std::string deep = "x";
  for (int i = 0; i < 200; ++i) deep = "(1 in (" + deep + "))";
  CHECK_FALSE(socle::rules::dmn::feel_cell(deep, {"x", "y"}));
  CHECK_FALSE(socle::rules::dmn::feel_expression(std::string(5000, '['), {"x", "y"}));
}
