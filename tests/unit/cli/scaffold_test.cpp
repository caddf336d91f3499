// scaffold_test.cpp: `socle plugin new` on disk.
#include "cli/scaffold.hpp"

#include <catch2/catch.hpp>

#include "manifest/plugin_manifest.hpp"
#include "temp_folder.hpp"

namespace socle::cli {
namespace fs = std::filesystem;

TEST_CASE("scaffold: makes every file with the plugin's names in it", "[cli]") {
  const TempFolder temp;
  const auto made = make_plugin(SOCLE_SCAFFOLD, "stock-keeper2", temp.path() / "a" / "b");
  REQUIRE(made);
  CHECK(made->files ==
        std::vector<std::string>{"CMakeLists.txt", "manifest.yaml", "stock_keeper2.cpp", "stock_keeper2_test.cpp"});
  for (const std::string& file : made->files) {
    INFO(file);
    const std::string text = text_of(made->folder / file);
    CHECK(text.find('@') == std::string::npos);
    CHECK(text.find("stock") != std::string::npos);
  }
  CHECK(text_of(made->folder / "stock_keeper2.cpp").find("class StockKeeper2 : public") != std::string::npos);
}

TEST_CASE("scaffold: its manifest is one that the kernel reads", "[cli]") {
  const TempFolder temp;
  REQUIRE(make_plugin(SOCLE_SCAFFOLD, "stock-keeper", temp.path()));
  const auto manifest = manifest::load_plugin_manifest(temp.path());
  INFO((manifest ? "" : manifest.error().message));
  REQUIRE(manifest);
  CHECK(manifest->plugin == "stock-keeper");
}

TEST_CASE("scaffold: refuses what is no plugin name", "[cli]") {
  const TempFolder temp;
  for (const std::string name : {"", "Stock", "a_b", "-a", "a-", "a--b", "1a", "../x", "a/b", "a b"}) {
    const auto made = make_plugin(SOCLE_SCAFFOLD, name, temp.path() / "new");
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::invalid);
    CHECK(made.error().message == "plugin name: found '" + name +
                                      "', wanted lower-case words joined by '-', at most 64 characters, such as "
                                      "stock-keeper");
    CHECK_FALSE(fs::exists(temp.path() / "new"));
  }
}

TEST_CASE("scaffold: refuses names that CMake keeps for targets of its own", "[cli]") {
  const TempFolder temp;
  for (const std::string name : {"all", "clean", "help", "install", "package", "preinstall", "test"}) {
    const auto made = make_plugin(SOCLE_SCAFFOLD, name, temp.path() / "new");
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::invalid);
    CHECK(made.error().message == "plugin name: '" + name +
                                      "' is a target of CMake itself, so no plugin's build can have it; wanted "
                                      "another, such as " +
                                      name + "-records");
    CHECK_FALSE(fs::exists(temp.path() / "new"));
  }
  CHECK(make_plugin(SOCLE_SCAFFOLD, "test-bench", temp.path() / "new"));
}

TEST_CASE("scaffold: overwrites nothing", "[cli]") {
  const TempFolder temp;
  const auto file = temp.write("there/mine.txt", "mine");
  const auto folder = temp.path() / "there";
  const auto made = make_plugin(SOCLE_SCAFFOLD, "a", folder);
  REQUIRE_FALSE(made);
  CHECK(made.error().message ==
        folder.string() + ": found files in it, wanted a new or empty folder; choose another --dir");
  const auto onto = make_plugin(SOCLE_SCAFFOLD, "a", file);
  REQUIRE_FALSE(onto);
  CHECK(onto.error().message == file.string() + ": found a file, wanted a new or empty folder; choose another --dir");
  CHECK(text_of(file) == "mine");
}

TEST_CASE("scaffold: leaves nothing behind when the template cannot be read", "[cli]") {
  const TempFolder temp;
  const auto scaffold = temp.path() / "template";
  fs::create_directories(scaffold / "folder.txt");  // no regular file
  const auto made = make_plugin(scaffold, "a", temp.path() / "new");
  REQUIRE_FALSE(made);
  CHECK(made.error().message.starts_with("read the template: "));
  CHECK_FALSE(fs::exists(temp.path() / "new"));
}

TEST_CASE("scaffold: the installed template goes before the source tree's", "[cli]") {
  const TempFolder temp;
  CHECK(*find_scaffold(temp.path() / "bin" / "socle") == fs::path(SOCLE_SCAFFOLD));
  static_cast<void>(temp.write("share/socle/scaffold/plugin.cpp", ""));
  CHECK(*find_scaffold(temp.path() / "bin" / "socle") == temp.path() / "share" / "socle" / "scaffold");
}

}  // namespace socle::cli
