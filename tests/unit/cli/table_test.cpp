// table_test.cpp: widths, columns, colours and units.
#include "cli/table.hpp"

#include <catch2/catch.hpp>

#include "cli/units.hpp"
#include "cli/width.hpp"

namespace socle::cli {

TEST_CASE("table: columns are as wide as their widest cell, numbers stand right", "[cli]") {
  Table table({{"NAME"}, {"CALLS", Align::right}, {"STATE"}});
  table.row({"a", "1,000,000", "active"});
  table.row({"gateway", "7", ""});
  CHECK(table.print(false) ==
        "NAME         CALLS  STATE\n"
        "a        1,000,000  active\n"
        "gateway          7\n");
}

TEST_CASE("table: wide and combining characters are counted as a terminal shows them", "[cli]") {
  Table table({{"NAME"}, {"N"}});
  table.row({"底座", "1"});
  table.row({"e\u0301clair", "2"});
  table.row({"Zoë", "3"});
  CHECK(table.print(false) ==
        "NAME    N\n"
        "底座    1\n"
        "e\u0301clair  2\n"
        "Zoë     3\n");
}

TEST_CASE("table: colours wrap the text and never its padding", "[cli]") {
  Table table({{"A"}, {"B"}});
  table.row({{"x", Tint::bad}, "y"});
  CHECK(table.print(true) == "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
  CHECK(table.print(false).find('\x1b') == std::string::npos);
}

TEST_CASE("table: control characters of others do not reach the terminal", "[cli]") {
  Table table({{"A"}});
  table.row({"\x1b[2Jx\ny"});
  CHECK(table.print(false) == "A\n\\x1b[2Jx\\x0ay\n");
}

TEST_CASE("table: facts line up, an empty one shows a dash", "[cli]") {
  Facts facts;
  facts.add("pid", "12");
  facts.add("status", {"ok", Tint::good});
  facts.add("file", "");
  CHECK(facts.print(false) == "pid     12\nstatus  ok\nfile    -\n");
}

TEST_CASE("width: broken UTF-8 is one column a byte and prints as the replacement character", "[cli]") {
  CHECK(display_width("\xE5\xBA") == 2);
  CHECK(display_width("\xFFx") == 2);
  CHECK(printable("a\xC3") == "a\uFFFD");
  CHECK(printable("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
  CHECK(display_width("\xF0\x9F\x98\x80") == 2);
}

TEST_CASE("width: C1 controls are escaped, line ends only kept when asked", "[cli]") {
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\x9b31m");
  CHECK(printable("a\nb", true) == "a\nb");
  CHECK(printable("a\x7F") == "a\\x7f");
}

TEST_CASE("units: counts have thousands apart", "[cli]") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(count_text(-1000) == "-1,000");
}

TEST_CASE("units: times have three digits and the unit that fits", "[cli]") {
  CHECK(time_text(0) == "0 ms");
  CHECK(time_text(0.063475) == "63.5 µs");
  CHECK(time_text(0.9996) == "1 ms");
  CHECK(time_text(2.87) == "2.87 ms");
  CHECK(time_text(139.637) == "140 ms");
  CHECK(time_text(999.6) == "1 s");
  CHECK(time_text(61'500) == "61.5 s");
}

TEST_CASE("units: sizes are binary", "[cli]") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(28'594'176) == "27.3 MiB");
  CHECK(bytes_text((1U << 20) - 1) == "1 MiB");
}

}  // namespace socle::cli
