// What becomes of plugins that have crashed the kernel's process: the supervisor's record is written by hand.
#include "crash/record.hpp"
#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

void crashed(System& s, const std::string& plugin, const std::string& version, int times) {
  std::filesystem::create_directories(s.at("data"));
  crash::Record record = crash::Record::open(s.at("data"));
  for (int i = 0; i < times; ++i) record.count(plugin, version);
  REQUIRE(record.keep());
}

// `swap`, what needs it, and what does not; this process starts no cells.
void make_three(System& s) {
  s.package("a", "good_a", "swap");
  s.package("needy", "null_payload", "null-payload", "requires: [{service: swap/1}]");
  s.package("free", "completes_twice", "completes-twice");
}

const std::map<std::string, std::string> three = {{"a", ""}, {"needy", ", grants: [\"call:swap/1\"]"}, {"free", ""}};

}  // namespace

TEST_CASE("lifecycle: a plugin that crashed the kernel once starts as ever", "[lifecycle]") {
  System s;
  s.package("a", "good_a", "swap");
  crashed(s, "swap", "1.0.0", 1);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: one that crashed it twice is kept out where there are no cells", "[lifecycle]") {
  System s;
  s.package("a", "good_a", "swap");
  s.package("free", "completes_twice", "completes-twice");
  crashed(s, "swap", "1.0.0", 2);
  REQUIRE(s.boot(s.system({{"a", ""}, {"free", ""}})));
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: another version of it has not crashed", "[lifecycle]") {
  System s;
  s.package("a", "good_a", "swap", "", "1.0.1");
  crashed(s, "swap", "1.0.0", 2);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: what is kept out is forgotten when the operator loads it", "[lifecycle]") {
  System s;
  s.package("a", "good_a", "swap");
  crashed(s, "swap", "1.0.0", 2);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  REQUIRE(s.life->load(s.at("a"), manifest::Home::kernel));
  CHECK(crash::Record::open(s.at("data")).crashes("swap", "1.0.0") == 0);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: what requires a plugin that is kept out is kept out too, and nothing else", "[lifecycle]") {
  System s;
  make_three(s);
  crashed(s, "swap", "1.0.0", 2);
  REQUIRE(s.boot(s.system(three)));
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: the last good set leaves it out as well", "[lifecycle]") {
  System s;
  make_three(s);
  REQUIRE(s.boot(s.system(three)));
  REQUIRE(s.life->plugin_count() == 3);
  s.life.reset();
  crashed(s, "swap", "1.0.0", 2);
  std::filesystem::remove_all(s.at("free"));
  REQUIRE(s.boot(s.system(three)));
  CHECK(s.life->plugin_count() == 1);
}

}  // namespace socle::lifecycle::test
