// Watched folders: what is dropped in, replaced, removed, half written, and what is said of it.
#include <sys/stat.h>

#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* at_home = "home: kernel";

struct Watched : System {
  Watched() {
    fs::create_directories(at("drop"));
    watch = "drop/";
  }
  void boot_watching() { REQUIRE(boot(system({}))); }
  fs::path drop(const std::string& folder, const std::string& fixture, const std::string& plugin,
                const std::string& more = "", const std::string& version = "1.0.0", const std::string& provides = "") {
    return package("drop/" + folder, fixture, plugin, at_home + std::string("\n") + more, version, provides);
  }
  // As the watcher does: again and again while something is unfinished. False: it never was finished.
  bool settle() {
    for (int i = 0; i < 8; ++i) {
      if (!life->follow_directories()) return true;
    }
    return false;
  }
};

}  // namespace

TEST_CASE("lifecycle: a package dropped into a watched folder is loaded, and that is one log line", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 0);
  s.drop("a", "good_a", "swap");
  const Logged log;
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
  CHECK(s.settle());
  REQUIRE(log.lines("watched directory").size() == 1);
  CHECK_THAT(log.lines("watched directory").front(),
             Contains(R"("msg":"watched directory: loaded","plugin":"swap","path":")" + s.at("drop/a").string()));
}

TEST_CASE("lifecycle: a replaced package is swapped under calls, one merely touched is not", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("x", "good_a", "swap");
  CHECK(s.settle());
  Caller caller(s);
  fs::remove_all(s.at("drop/x"));
  s.package("drop/x", "good_b", "swap", at_home, "2.0.0");
  const Logged log;
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "B");
  CHECK(log.lines("watched directory: swapped").size() == 1);
  s.package("drop/x", "good_b", "swap", at_home, "2.0.0");
  CHECK(s.settle());
  CHECK(log.lines("watched directory").size() == 1);
}

TEST_CASE("lifecycle: a removed package is unloaded, and refused with the names while somebody needs it",
          "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("a", "good_a", "swap");
  s.drop("user", "null_payload", "null-payload", "requires: [swap/1]");
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 2);
  const Logged log;
  fs::remove_all(s.at("drop/a"));
  CHECK(s.settle());
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
  REQUIRE(log.lines("watched directory").size() == 1);
  CHECK_THAT(log.lines("watched directory").front(),
             Contains("refused: plugin 'swap' is required by 'null-payload' (needs swap/1); it serves on although its "
                      "folder was removed; remove them first") &&
                 Contains("\"plugin\":\"swap\"") && Contains("\"code\":\"conflict\""));
  fs::remove_all(s.at("drop/user"));
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 0);
  CHECK(log.lines("watched directory: unloaded").size() == 2);
}

TEST_CASE("lifecycle: a package is left alone while one of its files is being written", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  const auto folder = s.drop("a", "good_a", "swap");
  for (const char* name : {"libgood_a.so", "manifest.yaml"}) {
    const base::Fd writer(::open((folder / name).c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(writer.valid());
    const Logged log;
    CHECK_FALSE(s.settle());
    CHECK(s.life->plugin_count() == 0);
    CHECK(log.lines("watched directory").empty());
  }
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: a package that changes between two looks is not loaded before it rests", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  const auto folder = s.drop("a", "good_a", "swap");
  for (int i = 0; i < 5; ++i) {
    CHECK(s.life->follow_directories());
    REQUIRE(base::write_file_atomic(folder / "notes.txt", std::string(static_cast<size_t>(i), 'x')));
    CHECK(s.life->plugin_count() == 0);
  }
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 1);
}

TEST_CASE("lifecycle: a library cut off in a watched folder is refused once and loaded when whole", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  const auto folder = s.drop("a", "good_a", "swap");
  fs::resize_file(folder / "libgood_a.so", 2000);
  const Logged log;
  CHECK(s.settle());
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 0);
  REQUIRE(log.lines("watched directory").size() == 1);
  CHECK_THAT(log.lines("watched directory").front(),
             Contains("refused: verify plugin 'swap': ") && Contains("cut off") && Contains("\"code\":\"invalid\""));
  fs::remove(folder / "libgood_a.so");
  CHECK(s.settle());
  CHECK_THAT(log.lines("watched directory").back(), Contains("[unreadable]") && Contains("No such file"));
  s.drop("a", "good_a", "swap");
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: packages that need one another are loaded as one set, one that fits with nobody is left out",
          "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("1", "null_payload", "null-payload", "requires: [swap/1]");
  s.drop("2", "good_a", "swap");
  s.drop("3", "completes_twice", "completes-twice", "requires: [nowhere/1]");
  const Logged log;
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 2);
  REQUIRE(log.lines("refused").size() == 1);
  CHECK_THAT(log.lines("refused").front(),
             Contains("requires service nowhere/1, which no plugin provides") && Contains(s.at("drop/3").string()));
  s.drop("4", "leaves_timer", "leaves-timer", "", "1.0.0", "[{service: nowhere/1, methods: {}}]");
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 4);
}

TEST_CASE("lifecycle: a dropped set whose one plugin does not start changes nothing", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("good", "good_a", "swap");
  s.drop("bad", "fails_in_start", "fails-in-start");
  const Logged log;
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 0);
  REQUIRE(log.lines("change set refused").size() == 1);
  CHECK_THAT(log.lines("change set refused").front(),
             Contains("nothing was changed: plugin 'fails-in-start' 1.0.0: start failed: conflict") &&
                 Contains("\"plugins\":\"fails-in-start, swap\"") && Contains("\"code\":\"invalid\""));
  fs::remove_all(s.at("drop/bad"));
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: two folders with one plugin are refused with both names", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("a", "good_a", "swap");
  CHECK(s.settle());
  s.drop("b", "good_b", "swap");
  const Logged log;
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
  REQUIRE(log.lines("refused").size() == 1);
  CHECK_THAT(log.lines("refused").front(), Contains("plugin 'swap' lies in both " + s.at("drop/a").string() + " and " +
                                                    s.at("drop/b").string() + "; keep one of the two folders"));
  fs::remove_all(s.at("drop/a"));
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("lifecycle: a rollback stands until the watched folder changes again", "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("x", "good_a", "swap");
  CHECK(s.settle());
  s.drop("x", "good_b", "swap");
  fs::remove(s.at("drop/x/libgood_a.so"));
  CHECK(s.settle());
  REQUIRE(s.life->rollback("swap"));
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
  s.drop("x", "good_b", "swap", "describe: newer");
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("lifecycle: apply leaves dropped plugins, boot loads them and one that fails does not stop it",
          "[lifecycle]") {
  Watched s;
  s.package("a", "good_a", "swap");
  s.boot_watching();
  s.drop("n", "null_payload", "null-payload");
  CHECK(s.settle());
  REQUIRE(s.life->apply(s.system({{"a", ""}}), false));
  CHECK(s.life->plugin_count() == 2);
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 2);
  s.drop("bad", "fails_in_start", "fails-in-start");
  REQUIRE(s.boot(s.system({{"a", ""}})));
  CHECK(s.call("swap/1") == "A");
}

TEST_CASE("lifecycle: an entry of the system manifest gives a dropped plugin its terms", "[lifecycle]") {
  Watched s;
  s.drop("a", "good_a", "swap");
  REQUIRE(s.boot(s.system({{"drop/a", ""}})));
  CHECK(s.settle());
  s.drop("a", "good_b", "swap", "permissions: [catalog]");
  const Logged log;
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "A");
  CHECK_THAT(log.lines("refused").front(), Contains(R"(asks for permission \"catalog\")"));
  s.drop("a", "good_b", "swap");
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "B");
  fs::remove_all(s.at("drop/a"));
  CHECK(s.settle());
  CHECK(s.call("swap/1") == "B");
}

TEST_CASE("lifecycle: a watched folder that everybody may write or that is not there is refused with what to do",
          "[lifecycle]") {
  Watched s;
  s.boot_watching();
  s.drop("a", "good_a", "swap");
  REQUIRE(chmod(s.at("drop").c_str(), 0777) == 0);
  const Logged log;
  CHECK(s.settle());
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 0);
  REQUIRE(log.lines("chmod o-w").size() == 1);
  REQUIRE(chmod(s.at("drop").c_str(), 0755) == 0);
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 1);
  fs::rename(s.at("drop"), s.at("elsewhere"));  // as an unmounted disk: nothing is known, so nothing is unloaded
  CHECK(s.settle());
  CHECK(s.life->plugin_count() == 1);
  CHECK(log.lines("No such file or directory").size() == 1);
}

}  // namespace socle::lifecycle::test
