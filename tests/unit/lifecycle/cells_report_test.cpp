// What the cells of a generation hold together, as `plugin list` tells it.
#include "lifecycle/cells_report.hpp"

#include <catch2/catch.hpp>

namespace socle::lifecycle::test {
namespace {

cell::CellFacts running_as(pid_t pid) {
  cell::CellFacts facts;
  facts.pid = pid;
  return facts;
}

}  // namespace

TEST_CASE("cells report: a plugin has the sum of its cells, and none when one that runs could not be read",
          "[lifecycle]") {
  const Processes processes{{7, {4096, 2048, 1024}}, {8, {100, 50, 25}}, {9, {1, 1, 1}}};
  const cell::CellFacts down;  // has no process, so nothing of it is missing
  const auto sum = total_use({running_as(7), down, running_as(8)}, processes);
  REQUIRE(sum);
  CHECK(sum->mapped == 4196);
  CHECK(sum->resident == 2098);
  CHECK(sum->share == 1049);
  CHECK_FALSE(total_use({running_as(7), running_as(70), running_as(8)}, processes));
  CHECK_FALSE(total_use({running_as(7), running_as(70)}, processes));
  CHECK_FALSE(total_use({down}, processes));
  CHECK_FALSE(total_use({}, processes));
}

}  // namespace socle::lifecycle::test
