// What a plan says of a plugin that is to run elsewhere or under other limits, and the report of the change says again.
#include "fixture.hpp"
#include "unit/cell/spawned.hpp"

namespace socle::lifecycle::test {
namespace {

// Plugin `swap` (answering A) in the kernel's process of a system that can start cells.
struct Movable : System {
  Movable() {
    boot_good();
    life->cells = [](const Package&) { return cell::test::Spawned::with(""); };
  }
};

std::vector<std::string> in_lines(const SwapReport& report) {
  std::vector<std::string> out;
  for (const TermChange& t : report.terms) out.push_back(t.key + ": " + t.before + " > " + t.after);
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("plan: a plugin that was moved by hand moves back, from where to where", "[lifecycle]") {
  Movable s;
  const auto moved = s.life->move("swap", manifest::Home::cell);
  REQUIRE(moved);
  CHECK(in_lines(*moved) == Lines{"home: kernel > cell"});
  const auto planned = s.life->apply(s.system({{"a", ""}}), true);
  REQUIRE(planned);
  REQUIRE(planned->size() == 1);
  CHECK(planned->front().outcome == "move");
  CHECK(in_lines(planned->front()) == Lines{"home: cell > kernel"});
}

TEST_CASE("plan: a file that moves a plugin to cells of other kind and size says each, and so does apply",
          "[lifecycle]") {
  Movable s;
  auto next = s.system({{"a", ""}});
  manifest::PluginEntry& entry = next.plugins.front();
  entry.home = manifest::Home::cell;
  entry.cell = manifest::CellSharing::per_tenant;
  entry.limits.memory = {uint64_t{64} << 20U};
  entry.limits.cpu = 0.5;
  const Lines wanted{"home: kernel > cell", "cell: shared > per-tenant", "limits.memory: 512MiB > 64MiB",
                     "limits.cpu: not limited > 0.5"};
  const auto planned = s.life->apply(next, true);
  REQUIRE(planned);
  REQUIRE(planned->size() == 1);
  CHECK(planned->front().outcome == "move");
  CHECK(in_lines(planned->front()) == wanted);
  const auto done = s.life->apply(next, false);
  REQUIRE(done);
  REQUIRE(done->size() == 1);
  CHECK(done->front().outcome == "active");
  CHECK(in_lines(done->front()) == wanted);

  entry.limits.idle = std::chrono::minutes(1);  // the same home: not a move
  const auto again = s.life->apply(next, true);
  REQUIRE(again);
  REQUIRE(again->size() == 1);
  CHECK(again->front().outcome == "swap");
  CHECK(in_lines(again->front()) == Lines{"limits.idle: 5min > 1min"});
}

TEST_CASE("plan: what a plugin may reach counts, and another version is a swap wherever it runs", "[lifecycle]") {
  Movable s;
  auto next = s.system({{"b", ", grants: [\"call:some/1\"]"}});
  next.plugins.front().home = manifest::Home::cell;
  const auto planned = s.life->apply(next, true);
  REQUIRE(planned);
  REQUIRE(planned->size() == 1);
  CHECK(planned->front().outcome == "swap");
  CHECK(in_lines(planned->front()) == Lines{"home: kernel > cell", "grants: none > call:some/1"});
}

}  // namespace socle::lifecycle::test
