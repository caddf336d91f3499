// analysis_test.cpp: what is told about a table at compile time, checked by example and, on random tables, against
// looking at every input there is.
#include <catch2/catch.hpp>
#include <random>

#include "unit/rules/table_rig.hpp"

namespace {

using rules_test::TableRig;

std::string told(const std::string& hit, const std::string& inputs, const std::string& rows,
                 const std::string& outputs = "[{}]") {
  return TableRig(R"({"table":"t","hit":")" + hit + R"(","inputs":)" + inputs + R"(,"outputs":)" + outputs +
                  R"(,"rows":)" + rows + "}")
      .text();
}
constexpr const char* age = R"([{"expr":"input.age","type":"integer"}])";
constexpr const char* two = R"([{"expr":"input.age","type":"integer"},{"expr":"input.kind","type":"string"}])";

}  // namespace

TEST_CASE("table analysis: a gap is told with an input that falls into it", "[rules]") {
  CHECK(told("F", age, R"([["< 18","1"],["> 20","2"]])") == "gap : no row answers input.age = 18\n");
  CHECK(told("U", age, R"([["< 18","1"],[">= 18","2"]])").empty());
  CHECK(told("U", age, R"([["<= 17","1"],[">= 18","2"]])").empty());  // no integer lies between
  CHECK(told("U", R"([{"expr":"input.x","type":"number"}])", R"([["<= 17","1"],[">= 18","2"]])") ==
        "gap : no row answers input.x = 17.5\n");
  CHECK(told("U", age, R"([["[0..120]","1"]])") == "gap : no row answers input.age = -1\n");
  CHECK(told("U", R"([{"expr":"input.age","type":"integer","values":"[0..120]"}])", R"([["[0..120]","1"]])").empty());
  CHECK(told("F", R"([{"expr":"input.ok","type":"boolean"}])", R"([["true","1"]])") ==
        "gap : no row answers input.ok = false\n");
  CHECK(told("F", R"([{"expr":"input.ok","type":"boolean"}])", R"([["true","1"],["false","2"]])").empty());
  CHECK(told("F", two, R"([["< 18","'a'","1"],[">= 18","-","2"]])").find("input.age = 17, input.kind = ") !=
        std::string::npos);
  CHECK(told("F", R"([{"expr":"input.kind","type":"string","values":"'a','b'"}])", R"([["'a'","1"]])") ==
        "gap : no row answers input.kind = \"b\"\n");
  // With a default, or where no hit is an answer, there is no gap.
  CHECK(told("F", age, R"([["< 18","1"]])", R"([{"default":"0"}])").empty());
  CHECK(told("C", age, R"([["< 18","1"]])").empty());
}

TEST_CASE("table analysis: overlapping rows are named with an input that hits both", "[rules]") {
  CHECK(told("U", two, R"([{"id":"young","in":["< 18","-"],"out":["1"]},{"id":"vip","in":["-","'vip'"],"out":["2"]},
                           [">= 18","!= 'vip'","3"]])") ==
        "rows_overlap /rows/1: young and vip are both hit by input.age = 17, input.kind = \"vip\"\n");
  CHECK(told("U", age, R"([["17","1"],["<= 17","2"],["> 17","3"]])") ==
        "rows_overlap /rows/1: row 1 and row 2 are both hit by input.age = 17\n");
  CHECK(told("A", age, R"([["<= 17","1"],[">= 17","1"]])").empty());
}

TEST_CASE("table analysis: a row that nothing can reach is told", "[rules]") {
  CHECK(told("F", age, R"([["< 18","1"],["-","2"],["> 60","3"]])") ==
        "unreachable_row /rows/2: row 3 can never be hit: the rows before it take all of its inputs\n");
  CHECK(told("F", age, R"([["< 18","1"],[">= 18","2"],["[10..20]","3"]])").find("row 3 can never be hit") !=
        std::string::npos);
  CHECK(told("C", age, R"([["> 10 && < 5","1"]])") ==
        "unreachable_row /rows/0: row 1 can never be hit: no value satisfies all of its cells\n");
  CHECK(told("C", age, R"([["> 10 && < 11","1"]])").find("no value satisfies") != std::string::npos);
  CHECK(told("F", two, R"([["-","'a'","1"],["-","!= 'a'","2"],["> 5","-","3"]])").find("row 3 can never") !=
        std::string::npos);
  // A condition covers nothing for sure.
  CHECK(told("F", age, R"([["value > 0","1"],["> 60","2"],["-","3"]])").empty());
}

namespace {

struct RandomTable {
  std::string source;
  std::vector<std::vector<std::string>> cells;
};

std::string random_cell(std::mt19937& random, int column) {
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  if (column == 2) {
    constexpr const char* texts[] = {"-", "'a'", "'b'", "'c'", "'a', 'b'", "not('a')", "!= 'c'", "in ['b', 'c']"};
    return texts[pick(8)];
  }
  const auto a = pick(8);
  const auto b = a + 1 + pick(4);
  const auto number = [](int n) { return std::to_string(n); };
  switch (pick(9)) {
    case 0: return "-";
    case 1: return "< " + number(a);
    case 2: return ">= " + number(a);
    case 3: return "[" + number(a) + ".." + number(b) + "]";
    case 4: return "(" + number(a) + ".." + number(b) + ")";
    case 5: return number(a) + ", " + number(b);
    case 6: return "not(" + number(a) + ")";
    case 7: return "<= " + number(a) + ", > " + number(b);
    default: return "> " + number(a) + " && != " + number(b);
  }
}

}  // namespace

TEST_CASE("table analysis and index: agree with trying every input, on random tables", "[rules]") {
  std::mt19937 random(7);
  const std::string inputs =
      R"([{"expr":"input.x","type":"integer","values":"[0..12]"},{"expr":"input.y","type":"integer","values":"[0..12]"},)"
      R"({"expr":"input.z","type":"string","values":"'a','b','c'"}])";
  int gaps = 0;
  int dead = 0;
  int clashes = 0;
  for (int round = 0; round < 150; ++round) {
    const auto count = 1 + random() % (round % 10 == 9 ? 60 : 14);
    std::string rows;
    for (unsigned r = 0; r < count; ++r) {
      rows += r == 0 ? "[" : ",[";
      for (int c = 0; c < 3; ++c) rows += "\"" + random_cell(random, c) + "\",";
      rows += "\"" + std::to_string(r) + "\"]";
    }
    const auto table = [&](const std::string& hit) {
      return R"({"table":"t","hit":")" + hit + R"(","inputs":)" + inputs + R"(,"outputs":[{}],"rows":[)" + rows + "]}";
    };
    INFO(table("F"));
    TableRig first(table("F"));
    TableRig all(table("C"));
    TableRig unique(table("U"));
    REQUIRE(first.table);
    std::vector<bool> hit(count);
    bool gap = false;
    bool clash = false;
    for (int x = 0; x <= 12; ++x)
      for (int y = 0; y <= 12; ++y)
        for (const char z : {'a', 'b', 'c'}) {
          const auto input = R"({"x":)" + std::to_string(x) + R"(,"y":)" + std::to_string(y) + R"(,"z":")" + z + "\"}";
          socle::rules::TableTrace trace;
          const auto list = all(input, &trace);
          // The index against looking at each row: the trace's misses are found row by row.
          REQUIRE(trace.hits.size() + trace.missed == count);
          for (const auto& miss : trace.misses) REQUIRE(miss.column < 3);
          const auto one = first(input);
          if (trace.hits.empty()) {
            gap = true;
            REQUIRE(one.starts_with("no_row_hit"));
          } else {
            REQUIRE(one == std::to_string(trace.hits.front()));
            hit[trace.hits.front()] = true;
          }
          clash = clash || trace.hits.size() > 1;
        }
    const auto text = first.text();
    REQUIRE((text.find("gap ") != std::string::npos) == gap);
    for (unsigned r = 0; r < count; ++r)
      REQUIRE((text.find("unreachable_row /rows/" + std::to_string(r) + ":") != std::string::npos) == !hit[r]);
    REQUIRE((unique.table == nullptr) == clash);
    gaps += gap ? 1 : 0;
    clashes += clash ? 1 : 0;
    dead += text.find("unreachable_row") != std::string::npos ? 1 : 0;
  }
  // Or nothing was compared.
  CHECK(gaps > 10);
  CHECK(gaps < 150);
  CHECK(dead > 10);
  CHECK(clashes > 10);
}

TEST_CASE("table: the index finds the same rows as comparing each, in large tables", "[rules]") {
  std::mt19937 random(11);
  std::string rows;
  std::vector<std::array<int, 3>> bands;
  for (int r = 0; r < 2000; ++r) {
    const int low = static_cast<int>(random() % 500);
    const int high = low + 1 + static_cast<int>(random() % 40);
    const int region = static_cast<int>(random() % 50);
    bands.push_back({low, high, region});
    rows += std::string(r == 0 ? "" : ",") + "[\"[" + std::to_string(low) + ".." + std::to_string(high) + ")\",\"" +
            (r % 10 == 0 ? std::string("-") : "'r" + std::to_string(region) + "'") + "\",\"" + std::to_string(r) +
            "\"]";
  }
  TableRig rig(
      R"({"table":"t","hit":"C","inputs":[{"expr":"input.x","type":"number"},{"expr":"input.r","type":"string"}],
          "outputs":[{}],"rows":[)" +
      rows + "]}");
  REQUIRE(rig.table);
  for (int round = 0; round < 500; ++round) {
    const int x = static_cast<int>(random() % 560);
    const int region = static_cast<int>(random() % 55);
    std::string wanted;
    for (std::size_t r = 0; r < bands.size(); ++r)
      if (x >= bands[r][0] && x < bands[r][1] && (r % 10 == 0 || bands[r][2] == region))
        wanted += (wanted.empty() ? "" : ",") + std::to_string(r);
    INFO(x << " " << region);
    CHECK(rig(R"({"x":)" + std::to_string(x) + R"(,"r":"r)" + std::to_string(region) + "\"}") == "[" + wanted + "]");
  }
  CHECK(rig.table->bytes() < 2000 * 1500);
}

TEST_CASE("table analysis: 10,000 rows of one column are analysed completely", "[rules]") {
  const auto rows = [](const std::string& before, int step, const std::string& after) {
    std::string out;
    for (int i = 0; i < 10'000; ++i)
      out += (i == 0 ? "[[\"" : ",[\"") + before + std::to_string(i * step) + after + "\",\"1\"]";
    return out + "]";
  };
  CHECK(told("F", age, rows("", 1, "")) == "gap : no row answers input.age = -1\n");
  CHECK(told("U", age, rows("", 3, "")) == "gap : no row answers input.age = -1\n");
  CHECK(told("U", R"([{"expr":"input.age","type":"integer","values":"[0..9999]"}])", rows("", 1, "")).empty());
  CHECK(told("A", age, rows("< ", 1, "")) == "gap : no row answers input.age = 9999\n");
  CHECK(told("F", R"([{"expr":"input.kind","type":"string"}])", rows("'k", 1, "'"), R"([{"default":"0"}])").empty());
  // Each row lies within the one before.
  CHECK(
      told("F", age, rows("> ", 1, "")).find("gap : no row answers input.age = -1\nunreachable_row /rows/1: row 2 ") ==
      0);
}

TEST_CASE("table analysis: a table that cannot be analysed completely is told so, and compiles", "[rules]") {
  std::string inputs;
  std::string row;
  for (int i = 0; i < 9; ++i) {
    inputs += (i == 0 ? "" : ",") + std::string(R"({"expr":"input.x)") + std::to_string(i) + R"(","type":"integer"})";
    row += "\"not(5)\",";
  }
  const TableRig rig(R"({"table":"t","hit":"F","inputs":[)" + inputs + R"(],"outputs":[{"default":"0"}],"rows":[[)" +
                     row + "\"1\"],[" + row + "\"2\"]]}");
  REQUIRE(rig.diagnostics.all().size() == 1);
  CHECK(rig.diagnostics.all()[0].code == "analysis_incomplete");
  CHECK(rig.diagnostics.all()[0].severity == socle::rules::Severity::warning);
  CHECK(rig.table);
}

TEST_CASE("table: a contradiction is found behind any number of rows that agree", "[rules]") {
  // 142 rows overlap each other more than 10,000 times; the two that contradict each other come last.
  std::string rows;
  for (int i = 0; i < 142; ++i) rows += R"([">= )" + std::to_string(i) + R"(", "'same'"],)";
  rows += R"([">= 1000", "'same'"], [">= 1001", "'other'"])";
  const rules_test::TableRig rig(R"({"table":"t","hit":"A","inputs":[{"expr":"input.x","type":"integer"}],)"
                                 R"("outputs":[{"name":"o","type":"string"}],"rows":[)" +
                                 rows + "]}");
  INFO(rig.text());
  CHECK(rig.table == nullptr);
  CHECK(rig.text().find("rows_contradict") != std::string::npos);

  const auto agreeing = rows.substr(0, rows.rfind(','));
  const rules_test::TableRig fine(R"({"table":"t","hit":"A","inputs":[{"expr":"input.x","type":"integer"}],)"
                                  R"("outputs":[{"name":"o","type":"string"}],"rows":[)" +
                                  agreeing.substr(0, agreeing.rfind(']') + 1) + "]}");
  INFO(fine.text());
  CHECK(fine.table != nullptr);
}
